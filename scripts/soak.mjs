// `npm run soak`: reads a million objects, types and programs that are wrong in some way. Each must be read or refused by a
// typed error, in time and memory.
//
//   npm run soak -- [--count 1000000] [--seed N] [--from 0] [--jobs 1] [--seconds N]
//
// The same seed and number are the same input each time, as long as the fixtures are the same. With --seconds it ends early.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { install, main, root, StepError } from "./steps.mjs";

/** Inputs of one process, after which a new one starts: so that one that leaks is told from one that takes much. */
const BATCH = 5000;
/** Inputs of which a process tells at once. */
const GROUP = 50;
/** What a group may take by the clock, when others want the processor too, before its process is ended. */
const STUCK_SECONDS = 120;
/** After so many failures, one knows. */
const MOST_FAILURES = 25;
/** Young objects are collected early, so that memory is what is used. Old ones have room for one input too many. */
const NODE_FLAGS = ["--expose-gc", "--max-semi-space-size=1", "--max-old-space-size=256"];

const source = (path) => join(root, path);

/** Puts the sources and the readers into one file. @returns its path */
async function bundle() {
  const { build } = await import("rolldown");
  const folder = source("node_modules/.cache/soak");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "soak-worker.mjs");
  const parts = ["asm", "btf", "codec", "elf", "errors", "link-objects", "spec", "uapi"];
  await build({
    input: source("test/fuzz/soak-worker.ts"),
    platform: "node",
    resolve: {
      alias: {
        ...Object.fromEntries(
          parts.map((part) => [`bpf-loader/${part}`, source(`packages/loader/src/${part}/index.ts`)]),
        ),
        "bpf-codegen": source("packages/codegen/src/index.ts"),
      },
    },
    logLevel: "warn",
    output: { file, codeSplitting: false, sourcemap: "inline" },
  });
  return file;
}

function options() {
  const number = { type: "string" };
  const { values } = parseArgs({
    options: { count: number, seed: number, from: number, jobs: number, seconds: number },
  });
  const read = (name, otherwise) => {
    const value = Number(values[name] ?? otherwise);
    if (Number.isNaN(value) || value < 0) throw new StepError(`--${name} takes a number, not ${values[name]}`);
    return value;
  };
  return {
    count: read("count", 1_000_000),
    seed: read("seed", Math.floor(Math.random() * 2 ** 32)),
    from: read("from", 0),
    jobs: Math.max(1, read("jobs", 1)),
    seconds: read("seconds", Infinity),
  };
}

/** What a run has come to. */
class Run {
  read = 0;
  refused = 0;
  started = 0;
  mostMilliseconds = 0;
  slowest = 0;
  mostBytes = 0;
  /** The first of the inputs that took it together. */
  largest = 0;
  failures = [];
  #since = performance.now();
  #shown = 0;

  constructor(count) {
    this.count = count;
  }

  get seconds() {
    return (performance.now() - this.#since) / 1000;
  }

  /** Some more inputs were begun: shown on a terminal. */
  begin(inputs) {
    this.started += inputs;
    if (!process.stderr.isTTY || performance.now() - this.#shown < 200) return;
    this.#shown = performance.now();
    const percent = ((this.started / this.count) * 100).toFixed(1);
    const rate = Math.round(this.started / this.seconds);
    process.stderr.write(
      `\r\u001b[K${this.started} of ${this.count} (${percent} %), ${rate}/s, ${this.failures.length} failed`,
    );
  }

  fail(failure) {
    this.failures.push(failure);
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    process.stderr.write(
      `input ${failure.failed}, ${failure.description}: ${failure.problem}\n  saved as ${failure.saved}\n`,
    );
  }
}

/** Reads inputs in a process of their own. @returns the number of the first input of the group at which it ended early, or nothing */
function readBatch(run, worker, args, [from, to], group, deadline) {
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, "--enable-source-maps", ...worker, ...args, ...[from, to, group].map(String)],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let current = from;
  let done = false;
  let stuck = false;
  let trouble = "";
  let last = performance.now();
  child.stderr.on("data", (chunk) => {
    trouble = (trouble + chunk).slice(-2000);
  });
  const watch = setInterval(() => {
    stuck = performance.now() - last > STUCK_SECONDS * 1000;
    if (stuck || performance.now() > deadline) child.kill("SIGKILL");
  }, 500);
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = performance.now();
    if (/^\d+$/.test(line)) {
      current = Number(line);
      run.begin(Math.min(group, to - current));
      return;
    }
    const message = JSON.parse(line);
    if (message.failed !== undefined) {
      run.fail(message);
      return;
    }
    done = true;
    run.read += message.read;
    run.refused += message.refused;
    const { mostMilliseconds, slowest, mostBytes, largest } = message;
    if (mostMilliseconds > run.mostMilliseconds) Object.assign(run, { mostMilliseconds, slowest });
    if (mostBytes > run.mostBytes) Object.assign(run, { mostBytes, largest });
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      if (done || (!stuck && performance.now() > deadline)) resolve(undefined);
      else
        resolve({ number: current, problem: stuck ? `no end in ${STUCK_SECONDS} s` : `${code ?? signal}: ${trouble}` });
    });
  });
}

/** Has an input that its process did not survive saved, by another process. */
function saveInput(worker, args, number) {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...worker, ...args, ...[number, number + 1, 1].map(String), "save"],
    { encoding: "utf8" },
  );
  const message = stdout.trim().split("\n").at(-1);
  // Not even made: the objects of the repository can't be read, or the worker can't.
  if (!message.startsWith("{")) throw new StepError(`input ${number} can't be made: ${stderr}`);
  return JSON.parse(message);
}

async function soak({ count, seed, from, jobs, seconds }) {
  const worker = [await bundle()];
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const args = [root, folder, String(seed)];
  const run = new Run(count);
  const deadline = performance.now() + seconds * 1000;
  let next = from;
  const work = async () => {
    while (next < from + count && run.failures.length < MOST_FAILURES && performance.now() < deadline) {
      let at = next;
      const end = Math.min(at + BATCH, from + count);
      next = end;
      while (at < end) {
        let ended = await readBatch(run, worker, args, [at, end], GROUP, deadline);
        if (ended === undefined) break;
        // Which one of the group it was shows when they are told of one by one.
        const groupEnd = Math.min(end, ended.number + GROUP);
        const group = ended;
        ended = await readBatch(run, worker, args, [ended.number, groupEnd], 1, deadline);
        const { number, problem } = ended ?? group;
        run.fail({ failed: number, problem, ...saveInput(worker, args, number) });
        at = ended === undefined ? groupEnd : number + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (run.failures.length === 0) rmSync(folder, { recursive: true });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  return run;
}

await main(async () => {
  install();
  const given = options();
  const run = await soak(given);
  console.log(
    `seed ${given.seed}, from ${given.from}: ${run.started} inputs in ${Math.round(run.seconds)} s; of whole batches ${run.read} were read and ${run.refused} refused`,
  );
  console.log(
    `longest ${run.mostMilliseconds.toFixed(0)} ms, input ${run.slowest}; most memory ${(run.mostBytes / 2 ** 20).toFixed(0)} MB, inputs from ${run.largest}`,
  );
  if (run.failures.length === 0) return 0;
  console.log(`${run.failures.length} failed: ${run.failures.map(({ failed }) => failed).join(", ")}`);
  console.log(`again: npm run soak -- --seed ${given.seed} --from ${run.failures[0].failed} --count 1`);
  return 1;
});

// `npm run test:vm`: runs the kernel tests on other kernels, old and new, in machines of QEMU.
//
//   npm run test:vm -- [--kernel 5.10,newest] [--match TEXT,TEXT] [--jobs 2] [--refresh] [--times] [--log] [--if-possible]
//
// `--kernel` takes those with these names: all but `next`, when it is not given. `--match` takes the test files with one of the texts in their path, `--refresh` downloads the newest kernels of their series again, `--times`
// tells what each file took, `--log` shows what the tests print. With `--if-possible` it is no failure that machines can't be made here. Needs Debian or Ubuntu on x86-64, and root or the packages that it
// names; kernels are kept in the cache (~/.cache). With gcc, make and pahole a module is built for one of them. Uses KVM where it works, and is ten times slower where it doesn't.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../test/vm/bundle.mjs";
import { KERNELS, prepareKernel } from "../test/vm/kernels.mjs";
import { accelerates, installMachine, runMachine } from "../test/vm/machine.mjs";
import { buildModule } from "../test/vm/module.mjs";
import { printResults, printTimes, Results } from "../test/vm/report.mjs";
import { build } from "./build.mjs";
import { main, root, StepError } from "./steps.mjs";

const SECONDS = 1800;
/** It takes ten on an idle host. */
const START_SECONDS = 240;
const MEMORY = 1536;

/**
 * Tests that another kernel does not change, and that make so many calls, or start so many processes, that an emulated machine takes
 * minutes for them.
 */
const SAME_EVERYWHERE = [
  "test/fault/",
  "test/soak/",
  "test/workers/",
  "packages/loader/src/collection/decorator.",
  "packages/loader/src/command/objects.",
  "packages/loader/src/maps/garbage.",
];

/** Tests that leave the kernel in a state that others can't run in. */
const LAST = ["test/vm/lockdown."];

const isLast = (file) => LAST.some((name) => file.startsWith(name));
const say = (text) => process.stderr.write(`${text}\n`);

function options() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const { values } = parseArgs({
    options: { kernel: text, match: text, jobs: text, refresh: flag, times: flag, log: flag, "if-possible": flag },
  });
  const wanted = values.kernel?.split(",");
  for (const name of wanted ?? []) {
    if (KERNELS.every((kernel) => kernel.name !== name)) {
      throw new StepError(`there is no kernel ${name}: ${KERNELS.map((kernel) => kernel.name).join(", ")}`);
    }
  }
  const jobs = Number(values.jobs ?? Math.min(2, availableParallelism()));
  if (!(jobs >= 1)) throw new StepError(`--jobs takes a number, not ${values.jobs}`);
  return {
    ...values,
    jobs,
    kernels: KERNELS.filter(({ name, isOptional = false }) => wanted?.includes(name) ?? !isOptional),
  };
}

/** The kernel tests, those included that are new. */
function testFiles(match = "") {
  const git = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.kernel.test.ts"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = git.stdout
    .split("\n")
    .filter((file) => file.endsWith(".kernel.test.ts") && match.split(",").some((text) => file.includes(text)))
    .filter((file) => !SAME_EVERYWHERE.some((folder) => file.startsWith(folder)));
  if (files.length === 0) throw new StepError(`there is no kernel test with ${JSON.stringify(match)} in its path`);
  return files.sort((left, right) => isLast(left) - isLast(right) || (left < right ? -1 : 1));
}

/** On a busy host an emulated machine sometimes hangs while it starts: it is given a second chance before anything ran. */
async function testOn(kernel, folder, program, options) {
  const first = await runTests(kernel, folder, program, options);
  if (first.results.started || options.signal.aborted) return first;
  say(`Linux ${kernel.release}: the machine did not start; trying again`);
  return runTests(kernel, `${folder}-again`, program, options);
}

async function runTests(kernel, folder, program, { kvm, log, signal }) {
  const results = new Results();
  const started = performance.now();
  const list = join(program, "../list.json");
  const printed = [];
  const problem = await runMachine(
    kernel,
    folder,
    // The report goes where the host reads along.
    `cd ${quote(root)} && ${variables(kernel)} ${quote(process.execPath)} ${quote(program)} ${quote(list)} "$(port report)"`,
    {
      kvm,
      cpus: 2,
      memory: MEMORY,
      seconds: SECONDS,
      startSeconds: START_SECONDS,
      signal,
      onReport: (line) => {
        results.add(line);
        if (process.stderr.isTTY && results.current !== undefined) say(`${kernel.release}: ${results.current}`);
      },
      onLog: (line) => {
        printed.push(line);
        if (log) say(`${kernel.release}: ${line}`);
      },
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (!results.done) results.stop([problem ?? "the tests ended early", printed.slice(-20).join("\n")]);
  say(`Linux ${kernel.release}: ${results.passed} passed, ${results.failed} failed in ${seconds.toFixed(0)} s`);
  return { kernel, results, seconds };
}

/** What tests are told of the machine: in a shell's words. */
function variables({ module }) {
  const values = {
    NO_COLOR: "1",
    KERNEL_IS_DISPOSABLE: "1",
    TEST_MODULE: module.path ?? "",
    WHY_NO_TEST_MODULE: module.reason ?? "",
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(" ");
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Does some work for each item, `jobs` at once. */
async function parallel(items, jobs, work) {
  const results = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

await main(async () => {
  const given = options();
  build();
  const files = testFiles(given.match);
  let kernels;
  try {
    installMachine(say);
    kernels = given.kernels.map((kernel) => {
      const prepared = prepareKernel(kernel, say, given.refresh);
      return { ...prepared, module: buildModule(prepared, say) };
    });
  } catch (error) {
    const problem = `NO OTHER KERNEL WAS TESTED: machines can't be made here: ${error.message}`;
    if (!given["if-possible"]) throw new StepError(problem);
    say(problem);
    return 0;
  }
  const modules = join(root, ".cache/vm", String(process.pid)); // where the packages that they import are found
  const program = await bundle(files, modules);
  const kvm = accelerates(kernels[0]);
  say(
    `${files.length} files on ${kernels.length} kernels, ${kvm ? "with KVM" : "emulated: there is no KVM that works"}`,
  );
  const folder = mkdtempSync(join(tmpdir(), "vm-"));
  // When it is interrupted, what is known is told.
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupt.abort());
  process.once("exit", () => {
    for (const path of [folder, modules]) rmSync(path, { recursive: true, force: true });
  });
  const machines = await parallel(kernels, given.jobs, (kernel) =>
    testOn(kernel, join(folder, kernel.name), program, { kvm, log: given.log, signal: interrupt.signal }),
  );
  if (given.times) for (const machine of machines) printTimes(machine);
  printResults(machines);
  return machines.every(({ results }) => results.failed === 0 && results.passed > 0) ? 0 : 1;
});

/**
 * Four workers that load, attach and read at once, and are terminated amid it, again and again. Prints what was left behind, as JSON.
 *
 *   node child.mjs <object> <name> <rounds> <seed>
 *
 * `name` is what the kernel knows the programs and maps by; nobody else uses it.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { u32, u64 } from "../../packages/loader/src/codec/index.ts";
import { loadCollection } from "../../packages/loader/src/collection/index.ts";
import { maps, programs } from "../../packages/loader/src/info/index.ts";
import { HashMap, RingBuf } from "../../packages/loader/src/maps/index.ts";
import { CollectionSpec } from "../../packages/loader/src/spec/index.ts";
import { openKernelObjects } from "../open-descriptors.ts";

const WORKERS = 4;
/** Within these, a worker is anywhere in a turn. */
const LONGEST_MILLISECONDS = 80;

interface Work {
  readonly object: string;
  readonly name: string;
}

/** Loads, attaches, reads and writes without end; some of it is never closed. */
async function work({ object, name }: Work): Promise<never> {
  const bytes = readFileSync(object);
  const kept: unknown[] = [];
  for (let turn = 0; ; turn++) {
    const spec = CollectionSpec.parse(bytes, name);
    const program = spec.programs.get("on_raw_tp");
    if (program === undefined) throw new Error("the object has no on_raw_tp");
    program.name = name;
    const collection = await loadCollection(spec, { programs: ["on_raw_tp"] });
    const link = collection.programs.get("on_raw_tp")?.attach();
    const map = HashMap.create({ name, key: u32, value: u64, maxEntries: 64 });
    for (let key = 0; key < 64; key++) map.set(key, BigInt(key));
    const sum = [...map.values()].reduce((total, value) => total + value);
    const runs = collection.variables.get("raw_tp_runs")?.get();
    const ring = RingBuf.create({ name, size: 4096 });
    const waiting = ring.readable({ signal: AbortSignal.timeout(2) }).catch(() => false);
    if (turn % 2 === 0) await waiting;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(sum === 2016n && typeof runs === "bigint");
    if (turn % 3 === 0) {
      kept.push(ring, map, link, collection);
      continue;
    }
    ring.close();
    map.close();
    link?.close();
    collection.close();
  }
}

/** Starts one. @returns once it has been through a turn */
function start(data: Work): Promise<Worker> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (right: unknown) => {
      if (right === true) resolve(worker);
      else reject(new Error("a worker read what it did not write"));
    });
  });
}

function mappings(): number {
  return readFileSync("/proc/self/maps", "utf8").split("anon_inode:").length - 1;
}

/** Programs and maps of this name that the kernel still has: it takes them away a moment after their last descriptor. */
async function inKernel(name: string): Promise<readonly string[]> {
  const named = (): string[] => [
    ...Array.from(programs()).flatMap((info) => (info.name === name ? [`program ${info.id}`] : [])),
    ...Array.from(maps()).flatMap((info) => (info.name === name ? [`map ${info.id}`] : [])),
  ];
  for (let tries = 0; tries < 100 && named().length > 0; tries++) await sleep(100);
  return named();
}

/** The same numbers for the same seed: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function main([object = "", name = "", rounds = "1", seed = "1"]: readonly string[]): Promise<void> {
  const next = random(Number(seed));
  const before = openKernelObjects();
  let seen = 0;
  for (let round = 0; round < Number(rounds); round++) {
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => start({ object, name })));
    seen += Array.from(programs()).filter((info) => info.name === name).length;
    await Promise.all(
      workers.map(async (worker) => {
        await sleep(next() * LONGEST_MILLISECONDS);
        await worker.terminate();
      }),
    );
  }
  const left = { open: openKernelObjects(), mappings: mappings(), inKernel: await inKernel(name) };
  console.log(JSON.stringify({ before, left, seen }));
}

if (isMainThread) await main(process.argv.slice(2));
else await work(workerData as Work); // what start() gave

/**
 * Loads, attaches, runs and closes, again and again, and tells what the process holds meanwhile, as lines of JSON.
 *
 *   node cycles.mjs <object> <cycles> <every>
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { loadCollection, loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import { CollectionSpec } from "../../packages/loader/src/spec/index.ts";
import { collectGarbage } from "../collect-garbage.ts";

const PROGRAMS = ["on_raw_tp", "on_xdp"];

const [object = "", cycles = "1000", every = "100"] = process.argv.slice(2);
const bytes = readFileSync(object);
const packet = new Uint8Array(64);

async function cycle(number: number): Promise<void> {
  const spec = CollectionSpec.parse(bytes);
  const options = { programs: PROGRAMS };
  using collection = number % 2 === 0 ? loadCollectionSync(spec, options) : await loadCollection(spec, options);
  using _link = collection.programs.get("on_raw_tp")?.attach();
  const { returnValue } = collection.programs.get("on_xdp")?.run({ data: packet }) ?? {};
  const runs = collection.variables.get("xdp_runs")?.get();
  const calls = collection.variables.get("raw_tp_runs")?.get();
  if (returnValue !== 2 || runs !== 1n || typeof calls !== "bigint" || calls === 0n) {
    throw new Error(
      `cycle ${number}: the program gave ${returnValue}, and counted ${String(runs)} and ${String(calls)}`,
    );
  }
}

/** All but those of /dev/null, which Node opens when it likes. */
function countDescriptors(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) !== "/dev/null";
    } catch {
      return false; // the descriptor of the directory itself
    }
  }).length;
}

function measure(number: number): void {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  const mappings = readFileSync("/proc/self/maps", "utf8").split("anon_inode:").length - 1;
  console.log(JSON.stringify({ cycle: number, rss, heapUsed, descriptors: countDescriptors(), mappings }));
}

for (let number = 1; number <= Number(cycles); number++) {
  await cycle(number);
  if (number % Number(every) !== 0) continue;
  // What waits for the collector's callbacks gets its turn.
  await new Promise((resolve) => setImmediate(resolve));
  measure(number);
}

// Rows of the benchmark: maps, beside the system calls from C, cilium/ebpf and the npm package `bpf`.
import { fileURLToPath } from "node:url";
import { mapsProgram } from "./peers.mjs";
import { Server, summary } from "./turns.mjs";

const COUNTERS = 16_384;
const RECORDS = 100_000;
const OPERATIONS = 5000;
const ROUNDS = 30;
/** The first rounds are the compilers'. */
const WARMING = 10;

const script = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));

/** Label, our task, the task of C to compare with, target; and the others' task where they have one. */
const ROWS = [
  ["look up in a hash map, decoded; C", "lookup", "lookup", "ratio", 1.1, "lookup"],
  ["… of 32 bytes, decoded to an object", "record", "record", "ratio", 1.1, "record"],
  ["… into memory that is there: getInto", "getInto", "lookup", "ratio", 1.1],
  ["… the addon's share", "slot", "lookup", "difference", 100],
  ["update", "update", "update", "ratio", 1.1, "update"],
  ["delete", "delete", "delete", "ratio", 1.1, "delete"],
  ["look up 100,000 entries of 32 bytes in batches, raw; C", "batch", "batch", "ratio", 1.05, "batch"],
  ["… decoded to objects", "batchDecoded", "batch", "ratio", 1.4, "batchDecoded"],
  ["… by an iterator, decoded; C's get_next_key + look-up", "iterate", "iterate", "ratio", 0.3, "iterate"],
  ["read of a mapped array", "array", undefined, "none", 10],
  ["read of a mapped variable", "variable", undefined, "none", 10],
];

/** Tasks of the others that go by another name there: in Go, what is raw is decoded. */
const GO_TASKS = new Map([["batchDecoded", "batch"]]);
/** Tasks that the others do not have. */
const NPM_LACKS = new Set(["record"]);

/**
 * @param {{ cilium?: { maps: string }, npm?: { folder: string } }} peers those that there are
 */
export async function mapRows({ cilium, npm }) {
  const reference = mapsProgram();
  const ours = new Server([process.execPath, script("maps"), String(COUNTERS), String(RECORDS), String(OPERATIONS)]);
  const [countersId, recordsId, garbage] = (await ours.line()).split(" ");
  const ids = [countersId, recordsId, String(OPERATIONS)];
  const servers = {
    c: new Server([reference, ...ids]),
    ours,
    "cilium/ebpf": cilium && new Server([cilium.maps, ...ids]),
    "npm bpf": npm && new Server([process.execPath, script("npm-bpf"), npm.folder, ...ids]),
  };
  const rows = [];
  for (const [label, task, referenceTask, compare, target, theirs] of ROWS) {
    const times = await inRounds(servers, {
      c: referenceTask,
      ours: task,
      "cilium/ebpf": GO_TASKS.get(theirs) ?? theirs,
      "npm bpf": NPM_LACKS.has(theirs) ? undefined : theirs,
    });
    const { c, ours: own, ...others } = times;
    rows.push({ label, reference: c, ours: own, compare, target, others });
  }
  for (const server of Object.values(servers)) server?.close();
  const bytes = Number(garbage);
  rows.push({
    label: "memory that getInto leaves to the collector",
    ours: { median: bytes, best: bytes },
    compare: "none",
    unit: "bytes",
    target: 0,
  });
  return rows;
}

/** Asks each server for its task, in turns. @returns the times of those that have one */
async function inRounds(servers, tasks) {
  const asked = Object.entries(tasks).filter(([name, task]) => task !== undefined && servers[name] !== undefined);
  const times = new Map(asked.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, task] of asked) {
      const time = Number.parseFloat(await servers[name].ask(task));
      if (round >= WARMING) times.get(name).push(time);
    }
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, summary(all)]));
}

// Rows of the benchmark: reading objects and the kernel's types, beside libbpf and cilium/ebpf.
import { fileURLToPath } from "node:url";
import { coreObjects } from "./objects.mjs";
import { inTurns } from "./turns.mjs";

const script = (task) => fileURLToPath(new URL(`${task}.mjs`, import.meta.url));

/** Processes to start, and rounds in each. */
const FRESH = { processes: 9, rounds: 1 };
const REPEATED = { processes: 3, rounds: 40 };
/** All CO-RE work of the object, in ns. */
const MOST_RELOCATING = 3e6;
/** To cilium/ebpf's time: ours is to be less; where there is debug information, of the same order. */
const FASTER = 1;
const SAME_ORDER = 2;

/**
 * @param {{ libbpf?: { program: string }, cilium?: { program: string } }} peers those that there are
 */
export function readingRows(peers) {
  const { shipped, debug } = coreObjects();
  const tasks = [
    ["find task_struct in the kernel's BTF", "find", "task_struct", { cilium: peers.cilium }, FASTER],
    ["read an object of 142 KB with 352 CO-RE relocations", "open", shipped, peers, FASTER],
    ["read it with its debug information, 3.6 MB", "open", debug, peers, SAME_ORDER],
    ["its CO-RE relocations, when BTF is open", "relocate", shipped, { cilium: peers.cilium }, FASTER],
  ];
  const rows = tasks.flatMap(([label, task, argument, beside, target]) =>
    rowsOf(`${label}: first in a process`, task, argument, beside, target, FRESH).concat(
      rowsOf("… again", task, argument, beside, target, REPEATED),
    ),
  );
  const [relocating] = inTurns(REPEATED.processes, [ours("relocate", shipped, REPEATED.rounds)]);
  return [...rows, { label: "… alone", ours: relocating, compare: "none", target: MOST_RELOCATING }];
}

/** A row for each peer that does the same. */
function rowsOf(label, task, argument, peers, target, { processes, rounds }) {
  const beside = Object.entries(peers).filter(([, peer]) => peer !== undefined);
  const [times, ...references] = inTurns(processes, [
    ours(task, argument, rounds),
    ...beside.map(([, { program }]) => [program, task, argument, String(rounds)]),
  ]);
  return beside.map(([name], index) => ({
    label: index === 0 ? `${label}; ${NAMES[name]}` : `  ${NAMES[name]}`,
    reference: references[index],
    ours: times,
    compare: "ratio",
    target: name === "cilium" ? target : undefined,
  }));
}

const NAMES = { libbpf: "libbpf", cilium: "cilium/ebpf" };

function ours(task, argument, rounds) {
  return [process.execPath, script(task), argument, String(rounds)];
}

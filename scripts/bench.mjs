// `npm run bench`: our times beside those of C, libbpf and cilium/ebpf, measured in turns in the same run. `--json` for programs.
// A slow result never fails the run: machines differ.
import { cpus, release } from "node:os";
import { generatingRows } from "../test/bench/generating.mjs";
import { mapRows } from "../test/bench/map-rows.mjs";
import { ciliumProgram, libbpfProgram, npmBpf, PeerError } from "../test/bench/peers.mjs";
import { readingRows } from "../test/bench/reading.mjs";
import { inTurns, processesInTurns } from "../test/bench/turns.mjs";
import { build } from "./build.mjs";
import { main, root } from "./steps.mjs";

const object = `${root}examples/execsnoop/execsnoop.bpf.o`;
const bench = (name) => [process.execPath, `${root}test/bench/${name}.mjs`];

/** Runs one of our programs and libbpf's for the same task, in turns. */
function besideLibbpf(libbpf, label, { task, argument, processes, rounds, flags = [], target }) {
  const [node, script] = bench(task);
  const [reference, ours] = inTurns(processes, [
    [libbpf.program, task, argument, String(rounds)],
    [node, ...flags, script, argument, String(rounds)],
  ]);
  return { label, reference, ours, compare: "ratio", target };
}

function loads(libbpf) {
  const load = { task: "load", argument: object, target: 2 };
  const find = { task: "find", argument: "task_struct" };
  const fresh = { processes: 11, rounds: 1 };
  const repeated = { processes: 3, rounds: 15 };
  const row = (label, options) => besideLibbpf(libbpf, label, options);
  return [
    row("open and load the example: first in a process", { ...load, ...fresh }),
    row("… again, the kernel's types read anew", { ...load, ...repeated, flags: ["--expose-gc"] }),
    row("… again, the kernel's types kept", { ...load, ...repeated }),
    row("find task_struct in the kernel's BTF: first in a process", { ...find, ...fresh }),
    row("… again", { ...find, ...repeated }),
  ];
}

function starts() {
  const [bare, codegen, loader] = processesInTurns(21, [
    [process.execPath, "-e", "0"],
    [process.execPath, `${root}packages/codegen/bin/bpf-codegen.cjs`, object],
    bench("import"),
  ]);
  const row = (label, ours, target) => ({
    label: `${label}; a bare start of Node`,
    reference: bare,
    ours,
    compare: "difference",
    target,
  });
  return [row("bpf-codegen execsnoop.bpf.o", codegen, 60e6), row("import of bpf-loader", loader, undefined)];
}

/** Rows, and reasons why some are left out. */
async function measure(machine) {
  const skipped = [];
  /** Runs something that takes a peer which may not be there. */
  const unlessLeftOut = async (what, run) => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      skipped.push(`${what} (${error.message})`);
      return undefined;
    }
  };
  const libbpf = await unlessLeftOut("beside libbpf: it can't be had", libbpfProgram);
  const cilium = await unlessLeftOut("beside cilium/ebpf: it can't be had", ciliumProgram);
  machine.libbpf = libbpf?.version;
  machine.cilium = cilium?.version;
  const npm = await unlessLeftOut("beside the npm package bpf: it can't be had", npmBpf);
  machine.npmBpf = npm?.version;
  const rows = [
    libbpf === undefined ? [] : loads(libbpf),
    await unlessLeftOut("reading: the objects can't be made", () => readingRows({ libbpf, cilium })),
    await unlessLeftOut("bindings: the objects can't be made", () => generatingRows({ cilium })),
    await unlessLeftOut("maps: the reference can't be built", () => mapRows({ cilium, npm })),
    starts(),
  ];
  return { rows: rows.flatMap((some) => some ?? []), skipped };
}

function amount(value, { unit }) {
  return unit === undefined ? time(value) : `${value.toFixed(0)} ${unit}`;
}

function time(nanoseconds) {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(1)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(2)} µs`;
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

/** Ours beside the reference, by a measure such as the median: a quotient, a difference, or ours alone. */
function comparison({ compare, reference, ours }, measure) {
  if (compare === "ratio") return ours[measure] / reference[measure];
  return compare === "difference" ? ours[measure] - reference[measure] : ours[measure];
}

function limit(row) {
  return row.compare === "ratio" ? `${row.target} ×` : amount(row.target, row);
}

function shown(row, value) {
  if (row.compare === "ratio") return `${value.toFixed(2)} ×`;
  return row.compare === "difference" ? `${value < 0 ? "-" : "+"}${time(Math.abs(value))}` : amount(value, row);
}

function table(rows) {
  // Others in our place, compared with the same reference.
  const others = [...new Set(rows.flatMap((row) => Object.keys(row.others ?? {})))];
  const lines = [
    ["", "reference", "best", "ours", "best", "compared", "best", "target", "met", ...others],
    ...rows.map((row) => [
      row.label,
      ...(row.reference ? [time(row.reference.median), time(row.reference.best)] : ["", ""]),
      amount(row.ours.median, row),
      amount(row.ours.best, row),
      ...["median", "best"].map((measure) => shown(row, comparison(row, measure))),
      ...(row.target === undefined
        ? ["", ""]
        : [`≤ ${limit(row)}`, comparison(row, "median") <= row.target ? "yes" : "NO"]),
      ...others.map((name) =>
        row.others?.[name] === undefined ? "" : shown(row, comparison({ ...row, ours: row.others[name] }, "median")),
      ),
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
  );
}

await main(async () => {
  build();
  const json = process.argv.includes("--json");
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model, kernel: release(), node: process.version };
  const { rows, skipped } = await measure(machine);
  if (json) {
    console.log(JSON.stringify({ machine, rows, skipped }, undefined, 2));
    return;
  }
  console.log(
    `${machine.cpus} × ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}. Medians, and the best:\n`,
  );
  for (const line of table(rows)) console.log(line.trimEnd());
  for (const reason of skipped) console.log(`left out: ${reason}`);
});

import { setTimeout as sleep } from "node:timers/promises";
import { enableStats, maps, programs, type MapInfo, type ProgramInfo } from "../info/index.ts";
import { mapTypeName, programTypeName } from "../uapi/index.ts";
import { UsageError } from "./errors.ts";
import { requirePositionals, type Report, type SubCommand } from "./sub-command.ts";
import { tableText, type Column } from "./table.ts";
import { bytesText, shortName } from "./units.ts";

/** How a program ran in an interval. */
interface ProgramRow {
  readonly info: ProgramInfo;
  /** In the interval. */
  readonly runs: bigint;
  /** Nanoseconds, in the interval. */
  readonly time: bigint;
  /** Of one CPU. */
  readonly percent: number;
}

/** `bpf top` */
export const top: SubCommand = {
  usage: ["top"],
  description: `Shows, again and again, how often and how long each program ran, and how much memory each map takes. The kernel counts runs while
this is on, which costs each run some 20 ns. Programs that ran longest come first, and the largest maps.

JSON, on a line for each interval: { "seconds": 1.0, "programs": [{ "id": 31, "type": "BPF_PROG_TYPE_XDP", "name": "count", "runs": 17,
"time": 2550, "percent": 0.0, "runCount": 1200, "runTime": 180000 }, …], "maps": [{ "id": 12, "type": "BPF_MAP_TYPE_HASH",
"name": "flows", "memory": 8192 }, …] }; "runs", "time" (nanoseconds) and "percent" (of one CPU) in the interval, "runCount" and
"runTime" (nanoseconds) since statistics were first on.`,
  flags: {
    interval: { type: "string", short: "i", value: "SECONDS", text: "time between two counts; default: 1" },
    count: { type: "string", short: "n", value: "N", text: "end after N intervals" },
  },
  run(args) {
    requirePositionals(args);
    const interval = numberOf(args.valueOf("interval") ?? "1", "interval", 0.01);
    const countText = args.valueOf("count");
    const count = countText === undefined ? Infinity : Math.floor(numberOf(countText, "count", 1));
    return intervals(interval, count);
  },
};

/** A timer's longest. */
const MOST_SECONDS = 2_000_000;

function numberOf(text: string, flag: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= MOST_SECONDS) return value;
  throw new UsageError(`--${flag} ${text}: expected a number from ${least} to ${MOST_SECONDS}`);
}

async function* intervals(interval: number, count: number): AsyncGenerator<Report> {
  const statistics = enableStats();
  try {
    let before = countedPrograms();
    let last = performance.now();
    for (let done = 0; done < count; done++) {
      await sleep(interval * 1000);
      const now = performance.now();
      const after = countedPrograms();
      yield report(before, after, (now - last) / 1000);
      before = after;
      last = now;
    }
  } finally {
    statistics.close();
  }
}

function countedPrograms(): ReadonlyMap<number, ProgramInfo> {
  return new Map([...programs()].flatMap((info) => (info.id === undefined ? [] : [[info.id, info] as const])));
}

function report(
  before: ReadonlyMap<number, ProgramInfo>,
  after: ReadonlyMap<number, ProgramInfo>,
  seconds: number,
): Report {
  const rows = [...after]
    .map(([id, info]) => rowOf(before.get(id), info, seconds))
    .sort((left, right) => Number(right.time - left.time) || Number(right.runs - left.runs));
  const byMemory = [...maps()].sort((left, right) => (right.memlock ?? 0) - (left.memlock ?? 0));
  return {
    json: {
      seconds: Math.round(seconds * 1000) / 1000,
      programs: rows.map(({ info, runs, time, percent }) => ({
        id: info.id,
        type: programTypeName(info.type),
        name: info.name,
        runs,
        time,
        percent: Math.round(percent * 1000) / 1000,
        runCount: info.runCount,
        runTime: info.runTime,
      })),
      maps: byMemory.map(({ id, type, name, memlock }) => ({ id, type: mapTypeName(type), name, memory: memlock })),
    },
    text: (terminal) => {
      const room = terminal.height === undefined ? Infinity : Math.max(1, Math.floor((terminal.height - HEADINGS) / 2));
      const programLines = tableText(programColumns, rows.slice(0, room), terminal);
      const mapLines = tableText(mapColumns, byMemory.slice(0, room), terminal);
      return `${programLines}${restText(rows.length - room)}\n${mapLines}${restText(byMemory.length - room)}`;
    },
  };
}

/** Lines of a screen that are no rows: of each table the titles and what is left out, and two between and behind them. */
const HEADINGS = 6;

function restText(count: number): string {
  return count > 0 ? `… and ${count} more\n` : "";
}

/** A program that is new has run in this interval only. */
function rowOf(before: ProgramInfo | undefined, info: ProgramInfo, seconds: number): ProgramRow {
  const runs = (info.runCount ?? 0n) - (before?.runCount ?? 0n);
  const time = (info.runTime ?? 0n) - (before?.runTime ?? 0n);
  return { info, runs, time, percent: (Number(time) / (seconds * 1e9)) * 100 };
}

const programColumns: readonly Column<ProgramRow>[] = [
  { title: "ID", align: "right", cell: ({ info }) => info.id },
  { title: "TYPE", flexible: true, cell: ({ info }) => shortName(programTypeName(info.type)) },
  { title: "PROGRAM", flexible: true, cell: ({ info }) => info.name || undefined },
  { title: "RUNS", align: "right", cell: ({ runs }) => runs },
  { title: "NS/RUN", align: "right", cell: ({ runs, time }) => (runs === 0n ? undefined : time / runs) },
  { title: "CPU", align: "right", cell: ({ percent }) => `${percent.toFixed(2)}%` },
  { title: "ALL RUNS", align: "right", cell: ({ info }) => info.runCount },
];

const mapColumns: readonly Column<MapInfo>[] = [
  { title: "ID", align: "right", cell: ({ id }) => id },
  { title: "TYPE", flexible: true, cell: ({ type }) => shortName(mapTypeName(type)) },
  { title: "MAP", flexible: true, cell: ({ name }) => name || undefined },
  { title: "ENTRIES", align: "right", cell: ({ maxEntries }) => maxEntries },
  { title: "MEMORY", align: "right", cell: ({ memlock }) => bytesText(memlock) },
];

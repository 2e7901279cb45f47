import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Input } from "./inputs.ts";

/** Processor time that one input may take. */
export const MOST_MILLISECONDS = 1000;
/** Memory that reading one input may take above the input's size. */
export const MOST_BYTES = 64 << 20;

/** What reading an input took. */
export interface Cost {
  readonly read: boolean;
  /** Processor time, since others may want the processor too. */
  readonly milliseconds: number;
  /** By how much the process grew at most, with what the garbage collector has not collected; 0 where that can't be told. */
  readonly bytes: number;
}

/** Reads an input. Throws what comes of it, and when it takes too long or too much memory. */
export function readWithinLimits(input: Input): Cost {
  let cost = measure(input);
  // What earlier inputs left may count as this one's.
  if (cost.bytes > MOST_BYTES + input.bytes.length) {
    globalThis.gc?.();
    cost = measure(input);
  }
  if (cost.milliseconds > MOST_MILLISECONDS) cost = measure(input);
  if (cost.milliseconds > MOST_MILLISECONDS) throw new Error(`took ${Math.round(cost.milliseconds)} ms`);
  if (cost.bytes > MOST_BYTES + input.bytes.length) throw new Error(`took ${Math.round(cost.bytes / 2 ** 20)} MB`);
  return cost;
}

function measure(input: Input): Cost {
  const before = startPeak();
  const started = process.cpuUsage();
  const read = input.read();
  const { user, system } = process.cpuUsage(started);
  return { read, milliseconds: (user + system) / 1000, bytes: before === undefined ? 0 : peak() - before };
}

/** Starts to watch how large the process gets, from how large it is. Linux only. */
function startPeak(): number | undefined {
  try {
    // Resets the mark: proc(5)
    const file = openSync("/proc/self/clear_refs", "w");
    writeSync(file, "5");
    closeSync(file);
  } catch {
    return undefined;
  }
  return peak();
}

/** The most bytes that were resident since the mark was reset. */
function peak(): number {
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

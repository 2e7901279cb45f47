import { BpfError } from "../errors/index.ts";
import { pageSize } from "../sys/index.ts";
import type { PerfBufferShape } from "./perf-buffer.ts";

/** How `PerfEventArray.open()` makes the rings. */
export interface PerfBufferOptions {
  /** Bytes of the ring of each CPU, rounded up to a power of two of pages. Default: 262144. */
  readonly bytesPerCpu?: number;
  /** Wake the reader when so many records are unread on a CPU. Default: 1. More are faster, and wait longer. */
  readonly wakeupRecords?: number;
  /** Wake the reader when so many bytes are unread on a CPU, in place of `wakeupRecords`. */
  readonly wakeupBytes?: number;
  /** New records take the place of the oldest, and nobody is woken: what happened last is read by `snapshot()`. Since Linux 4.7. */
  readonly overwrite?: boolean;
  /**
   * `"cpu"` (default): CPU by CPU, each in its own order. `"time"`: what is there at a look, by the time at which it was written;
   * a record that another CPU is still writing comes at a later look. Costs 8 bytes a record, and needs Linux 4.1.
   */
  readonly order?: "cpu" | "time";
  /** Told, a moment later, of records that did not fit into the ring of a CPU. `lost` counts them too. */
  readonly onLost?: (count: number, cpu: number) => void;
}

const DEFAULT_BYTES = 262_144;
/** Half of what the 32 bits of a position that are compared can tell apart. */
const LARGEST_BYTES = 2 ** 30;

/**
 * The rings that options ask for.
 *
 * @param what names the map in messages
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT`
 */
export function perfBufferShape(options: PerfBufferOptions, what: string): PerfBufferShape {
  const { bytesPerCpu = DEFAULT_BYTES, wakeupRecords, wakeupBytes, overwrite = false, order = "cpu" } = options;
  const wrong = (problem: string): BpfError => new BpfError("ERR_BPF_INVALID_ARGUMENT", `${what}: ${problem}`);
  const check = (name: string, value: number, largest: number): void => {
    if (Number.isInteger(value) && value > 0 && value <= largest) return;
    throw wrong(`option ${name} must be a number from 1 to ${largest}, not ${value}`);
  };
  check("bytesPerCpu", bytesPerCpu, LARGEST_BYTES);
  if (wakeupRecords !== undefined) check("wakeupRecords", wakeupRecords, 2 ** 31 - 1);
  if (wakeupBytes !== undefined) check("wakeupBytes", wakeupBytes, 2 ** 31 - 1);
  if (wakeupRecords !== undefined && wakeupBytes !== undefined)
    throw wrong("the options wakeupRecords and wakeupBytes do not go together");
  if (order !== "cpu" && order !== "time") throw wrong('option order must be "cpu" or "time"');
  let bytes = pageSize();
  while (bytes < bytesPerCpu) bytes *= 2;
  // A ring never has as much unread that it is full.
  if (wakeupBytes !== undefined && wakeupBytes >= bytes)
    throw wrong(`option wakeupBytes must be less than the ring's ${bytes} bytes`);
  return { bytesPerCpu: bytes, wakeupRecords: wakeupRecords ?? 1, wakeupBytes: wakeupBytes ?? 0, overwrite, order };
}

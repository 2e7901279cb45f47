import { openSync, readSync, writeSync } from "node:fs";
import type { Input } from "./inputs.ts";

/** What one input may take, of processor time. */
const MOST_MILLISECONDS = 1000;
/** Memory that reading one input may take above the input's size. */
export const MOST_BYTES = 64 << 20;

/** What came of reading an input. */
export interface Outcome {
  readonly read: boolean;
  readonly milliseconds: number;
}

/** Reads an input. Throws what comes of it, and when it takes too long. */
export function readInTime(input: Input): Outcome {
  const start = performance.now();
  const read = input.read();
  const milliseconds = performance.now() - start;
  if (milliseconds <= MOST_MILLISECONDS) return { read, milliseconds };
  // Others may have wanted the processor too.
  const started = process.cpuUsage();
  input.read();
  const { user, system } = process.cpuUsage(started);
  const used = (user + system) / 1000;
  if (used > MOST_MILLISECONDS) throw new Error(`took ${Math.round(used)} ms of processor time`);
  return { read, milliseconds: used };
}

/** Reads an input and throws when it takes too much memory, with what the garbage collector has not collected yet. */
export function readInMemory(input: Input, memory: PeakMemory): void {
  globalThis.gc?.();
  memory.start();
  input.read();
  const grown = memory.grown();
  if (grown > MOST_BYTES + input.bytes.length) throw new Error(`took ${Math.round(grown / 2 ** 20)} MB`);
}

/** How large this process gets. Linux only: elsewhere it seems never to grow. */
export class PeakMemory {
  readonly #reset = open("/proc/self/clear_refs", "w");
  readonly #status = open("/proc/self/status", "r");
  readonly #text = Buffer.alloc(4096);
  #before = 0;

  start(): void {
    // Sets the mark to how large it is now: proc(5)
    if (this.#reset !== undefined) writeSync(this.#reset, "5");
    this.#before = this.#mark();
  }

  /** Bytes more than at the start, at any time since. */
  grown(): number {
    return this.#mark() - this.#before;
  }

  #mark(): number {
    if (this.#status === undefined) return 0;
    const length = readSync(this.#status, this.#text, 0, this.#text.length, 0);
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(this.#text.toString("latin1", 0, length))?.[1] ?? 0) * 1024;
  }
}

function open(path: string, flags: "r" | "w"): number | undefined {
  try {
    return openSync(path, flags);
  } catch {
    return undefined;
  }
}

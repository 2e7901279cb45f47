import { PerfRing } from "./perf-ring.ts";
import type { LostListener, PerfRingMemory } from "./perf-ring.ts";
import type { RecordCursor } from "./record-cursor.ts";

/** In which order the records of several CPUs are read. */
export type PerfOrder = "cpu" | "time";

/** Steps through the records of all CPUs' rings. */
export class PerfCursor implements RecordCursor {
  /** Of the current record. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Bytes from the start of {@link view} to the current record's data. */
  offset = 0;
  /** Bytes of the current record's data. */
  length = 0;
  /** The CPU that wrote the current record. */
  cpu = 0;

  readonly #rings: readonly PerfRing[];
  readonly #ordered: boolean;
  /** The ring that is read from when it is not by time: each until it is empty, in turn. */
  #turn = 0;
  /** The ring with the next record, after {@link ready}. */
  #next: PerfRing | undefined;
  /** The ring of the current record, whose space is to be given back. */
  #current: PerfRing | undefined;
  #closed = false;

  constructor(memories: readonly PerfRingMemory[], order: PerfOrder, lost: LostListener) {
    this.#rings = memories.map((memory) => new PerfRing(memory, lost));
    this.#ordered = order === "time";
  }

  /** When the current record was written: nanoseconds of CLOCK_MONOTONIC, 0 without times. */
  get time(): bigint {
    const ring = this.#current;
    return ring === undefined ? 0n : (BigInt(ring.timeHigh) << 32n) | BigInt(ring.timeLow);
  }

  /** Looks how far the kernel is on each CPU. */
  refresh(): void {
    if (this.#closed) return;
    for (const ring of this.#rings) ring.refresh();
  }

  ready(): boolean {
    if (this.#closed) return false;
    this.#next = this.#ordered ? this.#earliest() : this.#inTurn();
    return this.#next !== undefined;
  }

  /** What the kernel shows is written. */
  isBusy(): boolean {
    return false;
  }

  advance(): boolean {
    if (!this.ready()) return false;
    const ring = this.#next;
    if (ring === undefined) return false;
    if (this.#current !== ring) {
      this.#current?.publish();
      this.#current = ring;
    }
    ring.take();
    this.view = ring.view;
    this.offset = ring.offset;
    this.length = ring.length;
    this.cpu = ring.cpu;
    return true;
  }

  get unpublished(): number {
    return this.#current?.unpublished ?? 0;
  }

  publish(): void {
    if (!this.#closed) this.#current?.publish();
  }

  /** To call before the memory goes: everything else does nothing then. */
  close(): void {
    this.#closed = true;
  }

  #inTurn(): PerfRing | undefined {
    const count = this.#rings.length;
    for (let tried = 0; tried < count; tried++) {
      const ring = this.#rings[this.#turn];
      if (ring?.hasSample() === true) return ring;
      this.#turn = this.#turn + 1 < count ? this.#turn + 1 : 0;
    }
    return undefined;
  }

  #earliest(): PerfRing | undefined {
    let first: PerfRing | undefined;
    for (const ring of this.#rings) {
      if (!ring.hasSample()) continue;
      if (
        first === undefined ||
        ring.timeHigh < first.timeHigh ||
        (ring.timeHigh === first.timeHigh && ring.timeLow < first.timeLow)
      )
        first = ring;
    }
    return first;
  }
}

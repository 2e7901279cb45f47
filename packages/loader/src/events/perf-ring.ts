/**
 * The ring of one CPU's perf event. Layout and protocol: `struct perf_event_mmap_page` and `struct perf_event_header` of
 * include/uapi/linux/perf_event.h, kernel/events/ring_buffer.c.
 *
 * @module
 */

/** Where the positions are in the first page, in bytes. */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;

/** `struct perf_event_header`: type (u32), misc (u16), size (u16) of the whole record. */
const HEADER = 8;
const SIZE_OFFSET = 6;
const LARGEST_RECORD = 65_536;
const RECORD_LOST = 2;
const RECORD_SAMPLE = 9;
/** Where PERF_RECORD_LOST has how many, behind the event's id. */
const LOST_OFFSET = 16;
const TIME_BYTES = 8;

const TWO_32 = 0x1_0000_0000;
const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
/** Where the low half of a 64-bit number is, in 32-bit words. */
const LOW = LITTLE ? 0 : 1;

/** Memory of a CPU's ring. */
export interface PerfRingMemory {
  readonly cpu: number;
  /** The page with the positions, then the data. */
  readonly buffer: ArrayBuffer;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Whether records have a time (PERF_SAMPLE_TIME). */
  readonly timed: boolean;
}

/** Called for records that the kernel had no room for. */
export type LostListener = (count: number, cpu: number) => void;

/**
 * Steps through the records of one CPU. Positions count bytes; the kernel's are 64 bits, of which the low halves are enough
 * to compare.
 */
export class PerfRing {
  readonly cpu: number;
  /** The current record's data is at {@link offset} of it. */
  view: DataView;
  /** Bytes from the start of {@link view}. */
  offset = 0;
  /** Bytes of the record's data: what the program gave, and up to 7 that the kernel fills in to a multiple of 8. */
  length = 0;
  /** Nanoseconds, in two halves; 0 without times. Of the record that {@link hasSample} found. */
  timeHigh = 0;
  timeLow = 0;

  readonly #memory: DataView;
  readonly #words: Int32Array;
  readonly #start: number;
  readonly #size: number;
  readonly #timed: boolean;
  readonly #lost: LostListener;
  readonly #tail: BigUint64Array;
  /** Where records that go round the end of the ring are put together. */
  #seam: DataView | undefined;
  #position = 0;
  #published = 0;
  /** Low half of the producer's position. */
  #end = 0;

  constructor({ cpu, buffer, pageSize, timed }: PerfRingMemory, lost: LostListener) {
    this.cpu = cpu;
    this.#memory = this.view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
    this.#start = pageSize;
    this.#size = buffer.byteLength - pageSize;
    this.#timed = timed;
    this.#lost = lost;
    this.#tail = new BigUint64Array(buffer, DATA_TAIL, 1);
  }

  /** Looks how far the kernel is. */
  refresh(): void {
    this.#end = Atomics.load(this.#words, DATA_HEAD / 4 + LOW);
  }

  /** Whether there is a sample. Tells of lost records on the way. */
  hasSample(): boolean {
    while (this.#end !== (this.#position | 0)) {
      const at = this.#position & (this.#size - 1);
      const type = this.#memory.getUint32(this.#start + at, LITTLE);
      if (type === RECORD_SAMPLE) {
        if (this.#timed) this.#readTime(at);
        return true;
      }
      const lost = type === RECORD_LOST ? this.#readLost(at) : 0;
      this.#position += this.#recordSize(at);
      this.publish();
      if (lost > 0) this.#lost(lost, this.cpu);
    }
    return false;
  }

  /** Steps over the sample that {@link hasSample} found, and points to its data. */
  take(): void {
    const at = this.#position & (this.#size - 1);
    const size = this.#recordSize(at);
    this.#point(at, size);
    this.#position += size;
  }

  /** Bytes of records that were stepped over and not yet given back. */
  get unpublished(): number {
    return this.#position - this.#published;
  }

  /** Gives the space of all records so far back to the kernel: their data is gone then. */
  publish(): void {
    if (this.#position === this.#published) return;
    // The kernel reads all 64 bits at once; where the high half stays, storing the low one is the same and cheaper.
    if (Math.floor(this.#position / TWO_32) === Math.floor(this.#published / TWO_32))
      Atomics.store(this.#words, DATA_TAIL / 4 + LOW, this.#position | 0);
    else Atomics.store(this.#tail, 0, BigInt(this.#position));
    this.#published = this.#position;
  }

  /**
   * Steps through a ring that is written backwards, from its newest record to the oldest that is whole. Nobody may write to it
   * meanwhile.
   */
  *newestFirst(): Generator<this> {
    this.refresh();
    const mask = this.#size - 1;
    for (let gone = 0; gone + HEADER <= this.#size;) {
      const at = (this.#end + gone) & mask;
      const size = this.#memory.getUint16(this.#start + at + SIZE_OFFSET, LITTLE);
      // What was never written is 0, and the oldest record is overwritten in part.
      if (size < HEADER || gone + size > this.#size) return;
      if (this.#memory.getUint32(this.#start + at, LITTLE) === RECORD_SAMPLE) {
        if (this.#timed) this.#readTime(at);
        this.#point(at, size);
        yield this;
      }
      gone += size;
    }
  }

  /** Of the record at the position. None is shorter than its header or ends behind the producer, unless others wrote to the memory. */
  #recordSize(at: number): number {
    const size = this.#memory.getUint16(this.#start + at + SIZE_OFFSET, LITTLE);
    return Math.min(Math.max(size, HEADER), (this.#end - this.#position) >>> 0);
  }

  /** Points to the data of the sample of `size` bytes at `at`. */
  #point(at: number, size: number): void {
    const start = HEADER + (this.#timed ? TIME_BYTES : 0);
    if (at + size <= this.#size) {
      this.view = this.#memory;
      this.offset = this.#start + at + start + 4;
    } else {
      this.view = this.#joined(at, size);
      this.offset = start + 4;
    }
    // PERF_SAMPLE_RAW: the number of bytes, then these.
    this.length = Math.min(this.view.getUint32(this.offset - 4, LITTLE), Math.max(size - start - 4, 0));
  }

  /** The record's bytes in a row. */
  #joined(at: number, size: number): DataView {
    this.#seam ??= new DataView(new ArrayBuffer(LARGEST_RECORD));
    const joined = new Uint8Array(this.#seam.buffer);
    const before = this.#size - at;
    joined.set(new Uint8Array(this.#memory.buffer, this.#start + at, before));
    joined.set(new Uint8Array(this.#memory.buffer, this.#start, size - before), before);
    return this.#seam;
  }

  /** Records are multiples of 8 bytes, so that the number is never cut by the end of the ring. */
  #readTime(at: number): void {
    const place = this.#start + ((at + HEADER) & (this.#size - 1));
    this.timeHigh = this.#memory.getUint32(place + (LITTLE ? 4 : 0), LITTLE);
    this.timeLow = this.#memory.getUint32(place + (LITTLE ? 0 : 4), LITTLE);
  }

  #readLost(at: number): number {
    const place = this.#start + ((at + LOST_OFFSET) & (this.#size - 1));
    return Number(this.#memory.getBigUint64(place, LITTLE));
  }
}

/**
 * Writes to a user ring buffer's memory. Layout and protocol: the kernel's kernel/bpf/ringbuf.c (`__bpf_user_ringbuf_peek`); headers
 * are those of other ring buffers, with the sides exchanged.
 *
 * @module
 */

/** A record is being written: the program stops in front of it. */
const BUSY = 0x8000_0000 | 0;
/** The record was given up: the program skips it. */
const DISCARD = 0x4000_0000;
/** Bytes in front of a record's data. */
const HEADER = 8;

const TWO_32 = 0x1_0000_0000;
/** Where the low half of a 64-bit number is, in 32-bit words. */
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** The memory of a user ring buffer. */
export interface UserRingMemory {
  /** The page with the program's position. Read-only. */
  readonly consumer: ArrayBuffer;
  /** The page with this process's position, then the data, twice, so that no record has a seam. Writable. */
  readonly ring: ArrayBuffer;
  /** Bytes of data, a power of two. */
  readonly size: number;
  /** Bytes of a page. */
  readonly pageSize: number;
}

/** Reserves room for records, and hands them over. Positions count the bytes since the ring was made. */
export class UserRingWriter {
  /** The records' data are in it. */
  readonly view: DataView;
  readonly #words: Int32Array;
  readonly #consumer: BigUint64Array;
  readonly #consumerHalves: Int32Array;
  readonly #producer: BigUint64Array;
  readonly #start: number;
  readonly #size: number;
  #position: number;

  constructor(memory: UserRingMemory) {
    this.view = new DataView(memory.ring);
    this.#words = new Int32Array(memory.ring);
    this.#consumer = new BigUint64Array(memory.consumer, 0, 1);
    this.#consumerHalves = new Int32Array(memory.consumer, 0, 2);
    this.#producer = new BigUint64Array(memory.ring, 0, 1);
    this.#start = memory.pageSize;
    this.#size = memory.size;
    this.#position = Number(Atomics.load(this.#producer, 0));
  }

  /** Bytes of records and headers that the program has not read yet. */
  get unread(): number {
    return (this.#position - Atomics.load(this.#consumerHalves, LOW)) >>> 0;
  }

  /** Whether a record of `length` bytes has room now. */
  hasRoom(length: number): boolean {
    return this.unread + recordSize(length) <= this.#size;
  }

  /** Takes room for a record: where its data goes in {@link view}; -1 when there is none. {@link finish} hands it over. */
  reserve(length: number): number {
    const total = recordSize(length);
    if (this.unread + total > this.#size) return -1;
    const at = this.#start + (this.#position & (this.#size - 1));
    Atomics.store(this.#words, at >>> 2, length | BUSY);
    Atomics.store(this.#words, (at >>> 2) + 1, 0);
    this.#advance(total);
    return at + HEADER;
  }

  /** Hands the record at `offset` over to the program, or gives it up. */
  finish(offset: number, discard: boolean): void {
    const header = (offset - HEADER) >>> 2;
    const length = Atomics.load(this.#words, header) & ~BUSY;
    Atomics.store(this.#words, header, discard ? length | DISCARD : length);
  }

  /** Positions of program and process, in bytes since the ring was made. */
  positions(): { consumer: number; producer: number } {
    return { consumer: Number(Atomics.load(this.#consumer, 0)), producer: this.#position };
  }

  /** The program reads all 64 bits at once; where the high half stays, storing the low one is the same and cheaper. */
  #advance(bytes: number): void {
    const next = this.#position + bytes;
    if (Math.floor(next / TWO_32) === Math.floor(this.#position / TWO_32)) Atomics.store(this.#words, LOW, next | 0);
    else Atomics.store(this.#producer, 0, BigInt(next));
    this.#position = next;
  }
}

/** Bytes that a record takes: header and data, rounded up to 8. */
function recordSize(length: number): number {
  return (length + HEADER + 7) & ~7;
}

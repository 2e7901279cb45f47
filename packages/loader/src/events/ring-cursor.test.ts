import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyRecords, ReadOnlyView, RingCursor } from "./ring-cursor.ts";
import type { RingMemory } from "./ring-cursor.ts";

const PAGE = 4096;
const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;

/** The kernel's side of a ring: bpf_ringbuf_reserve and commit, on memory that is not mapped. */
class Producer {
  readonly memory: RingMemory;
  readonly #view: DataView;
  readonly #size: number;

  constructor(size: number, position = 0n) {
    this.#size = size;
    const consumer = new ArrayBuffer(PAGE);
    const ring = new ArrayBuffer(PAGE + 2 * size);
    this.memory = { consumer, ring, size, pageSize: PAGE };
    this.#view = new DataView(ring);
    new DataView(consumer).setBigUint64(0, position, true);
    this.#view.setBigUint64(0, position, true);
  }

  get position(): bigint {
    return this.#view.getBigUint64(0, true);
  }

  get consumed(): bigint {
    return new DataView(this.memory.consumer).getBigUint64(0, true);
  }

  /** Where the record's header is, or `undefined` when the ring is full. */
  write(data: Uint8Array, flags = 0): number | undefined {
    const total = Math.ceil((data.length + 8) / 8) * 8;
    if (this.position - this.consumed + BigInt(total) > BigInt(this.#size)) return undefined;
    const at = Number(this.position % BigInt(this.#size));
    this.header(at, (data.length | flags) >>> 0);
    data.forEach((byte, i) => this.#both(at + 8 + i, byte));
    this.#view.setBigUint64(0, this.position + BigInt(total), true);
    return at;
  }

  header(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.#both(at + i, (value >>> (8 * i)) & 0xff);
  }

  /** The data is mapped twice. */
  #both(at: number, byte: number): void {
    const offset = at % this.#size;
    this.#view.setUint8(PAGE + offset, byte);
    this.#view.setUint8(PAGE + this.#size + offset, byte);
  }
}

function current(cursor: RingCursor): Uint8Array {
  return new Uint8Array(cursor.view.buffer, cursor.offset, cursor.length).slice();
}

function drain(cursor: RingCursor): Uint8Array[] {
  const records: Uint8Array[] = [];
  cursor.refresh();
  while (cursor.advance()) records.push(current(cursor));
  cursor.publish();
  return records;
}

describe.each([
  ["from the start", 0n],
  ["over 2^32", 2n ** 32n - 48n],
  ["over 2^31", 2n ** 31n - 48n],
  ["over 2^40", 2n ** 40n - 48n],
])("records in order, positions %s", (_, start) => {
  it("whatever is written, given up and read in whatever steps", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ write: fc.uint8Array({ maxLength: 60 }), discard: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 5 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const producer = new Producer(256, start);
        const cursor = new RingCursor(producer.memory);
        const expected: Uint8Array[] = [];
        for (const one of steps) {
          if ("write" in one) {
            const fits = producer.write(one.write, one.discard ? DISCARD : 0) !== undefined;
            if (fits && !one.discard) expected.push(one.write);
          } else {
            cursor.refresh();
            for (let i = 0; i < one.read && cursor.advance(); i++) expect(current(cursor)).toEqual(expected.shift());
            cursor.publish();
          }
        }
        expect(drain(cursor)).toEqual(expected);
        expect(producer.consumed).toBe(producer.position);
      }),
    );
  });
});

it("a record that is being written stops the reader until it is done", () => {
  const producer = new Producer(256);
  const cursor = new RingCursor(producer.memory);
  producer.write(new Uint8Array([1]));
  const busy = producer.write(new Uint8Array([2]), BUSY) ?? 0;
  producer.write(new Uint8Array([3]));
  expect(drain(cursor)).toEqual([new Uint8Array([1])]);
  expect(cursor.isBusy()).toBe(true);
  expect(drain(cursor)).toEqual([]);
  expect(producer.consumed).toBe(16n);
  producer.header(busy, 1);
  expect(cursor.isBusy()).toBe(false);
  expect(drain(cursor)).toEqual([new Uint8Array([2]), new Uint8Array([3])]);
  expect(cursor.isBusy()).toBe(false);
});

it("a record that is being written and then given up", () => {
  const producer = new Producer(256);
  const cursor = new RingCursor(producer.memory);
  const busy = producer.write(new Uint8Array(20), BUSY) ?? 0;
  expect(drain(cursor)).toEqual([]);
  producer.header(busy, 20 | DISCARD);
  expect(drain(cursor)).toEqual([]);
  expect(producer.consumed).toBe(producer.position);
});

it("records that come after the refresh wait for the next one", () => {
  const producer = new Producer(256);
  const cursor = new RingCursor(producer.memory);
  producer.write(new Uint8Array([1]));
  cursor.refresh();
  producer.write(new Uint8Array([2]));
  expect(cursor.advance()).toBe(true);
  expect(cursor.advance()).toBe(false);
  cursor.publish();
  expect(drain(cursor)).toEqual([new Uint8Array([2])]);
});

it("nothing is given back before publish", () => {
  const producer = new Producer(64);
  const cursor = new RingCursor(producer.memory);
  while (producer.write(new Uint8Array(8)) !== undefined);
  cursor.refresh();
  while (cursor.advance());
  expect(cursor.unpublished).toBe(64);
  expect(producer.write(new Uint8Array(8))).toBeUndefined();
  cursor.publish();
  expect(cursor.unpublished).toBe(0);
  expect(producer.write(new Uint8Array(8))).toBeDefined();
});

it("another reader of the same ring: each record once", () => {
  const producer = new Producer(256);
  const [a, b] = [new RingCursor(producer.memory), new RingCursor(producer.memory)];
  producer.write(new Uint8Array([1]));
  expect(drain(a)).toEqual([new Uint8Array([1])]);
  expect(drain(b)).toEqual([]);
  producer.write(new Uint8Array([2]));
  expect(drain(b)).toEqual([new Uint8Array([2])]);
  expect(drain(a)).toEqual([]);
});

it("after close there is nothing", () => {
  const producer = new Producer(256);
  const cursor = new RingCursor(producer.memory);
  producer.write(new Uint8Array([1]));
  cursor.refresh();
  cursor.close();
  expect(cursor.advance()).toBe(false);
  expect(drain(cursor)).toEqual([]);
  expect(producer.consumed).toBe(0n);
});

function setOldest({ memory }: Producer, position: bigint): void {
  new DataView(memory.ring).setBigUint64(16, position, true);
}

describe("copies of records in a ring that overwrites", () => {
  it.each([0n, 2n ** 32n - 48n])(
    "from the oldest that is left to the first that is being written, from %s",
    (start) => {
      const producer = new Producer(256, start);
      setOldest(producer, start);
      expect(copyRecords(producer.memory)).toEqual([]);
      producer.write(new Uint8Array([1, 2, 3]));
      producer.write(new Uint8Array([4]), DISCARD);
      const oldest = producer.position;
      producer.write(new Uint8Array(9).fill(5));
      expect(copyRecords(producer.memory)).toEqual([new Uint8Array([1, 2, 3]), new Uint8Array(9).fill(5)]);
      const at = producer.write(new Uint8Array([6]), BUSY)!;
      producer.write(new Uint8Array([7]));
      expect(copyRecords(producer.memory)).toHaveLength(2);
      setOldest(producer, oldest);
      expect(copyRecords(producer.memory)).toEqual([new Uint8Array(9).fill(5)]);
      producer.header(at, 1);
      expect(copyRecords(producer.memory).map((record) => record[0])).toEqual([5, 6, 7]);
    },
  );
});

it("the raw view refuses to write", () => {
  const view: DataView = new ReadOnlyView(new ArrayBuffer(8));
  expect(view.getBigUint64(0)).toBe(0n);
  expect(() => view.setUint8(0, 1)).toThrow("read-only memory");
  expect(() => view.setBigUint64(0, 1n)).toThrow("read-only memory");
  expect(view).toBeInstanceOf(DataView);
});

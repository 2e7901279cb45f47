import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PerfCursor } from "./perf-cursor.ts";
import { PerfRing } from "./perf-ring.ts";
import type { PerfRingMemory } from "./perf-ring.ts";

const PAGE = 4096;
const SAMPLE = 9;
const LOST = 2;
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The kernel's side of a ring: perf_output_begin() and its relatives, on memory that is not mapped. */
class Producer {
  readonly memory: PerfRingMemory;
  readonly #view: DataView;
  readonly #size: number;
  #lost = 0;

  constructor(size: number, { cpu = 0, timed = false } = {}) {
    this.#size = size;
    const buffer = new ArrayBuffer(PAGE + size);
    this.memory = { cpu, buffer, pageSize: PAGE, timed };
    this.#view = new DataView(buffer);
  }

  get head(): bigint {
    return this.#view.getBigUint64(1024, LITTLE);
  }
  get tail(): bigint {
    return this.#view.getBigUint64(1032, LITTLE);
  }

  /** False when there is no room; how many that happened to is told in front of the next record. */
  sample(data: Uint8Array, time = 0n): boolean {
    const raw = Math.ceil((data.length + 4) / 8) * 8;
    const bytes = new Uint8Array(raw + (this.memory.timed ? 8 : 0));
    const view = new DataView(bytes.buffer);
    if (this.memory.timed) view.setBigUint64(0, time, LITTLE);
    view.setUint32(bytes.length - raw, raw - 4, LITTLE);
    bytes.set(data, bytes.length - raw + 4);
    const lost = this.#lost === 0 ? [] : [this.#lostRecord()];
    const records = [...lost, record(SAMPLE, bytes)];
    const total = records.reduce((sum, { length }) => sum + length, 0);
    // One byte is always free: full and empty are told apart by it.
    if (Number(this.head - this.tail) + total >= this.#size) {
      this.#lost++;
      return false;
    }
    for (const each of records) this.#write(each);
    this.#lost = 0;
    return true;
  }

  /** A record of another kind, which readers skip. */
  other(): void {
    this.#write(record(5, new Uint8Array(16)));
  }

  #lostRecord(): Uint8Array {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(8, BigInt(this.#lost), LITTLE);
    return record(LOST, bytes);
  }

  #write(bytes: Uint8Array): void {
    const { head } = this;
    bytes.forEach((byte, i) => this.#view.setUint8(PAGE + Number((head + BigInt(i)) % BigInt(this.#size)), byte));
    this.#view.setBigUint64(1024, head + BigInt(bytes.length), LITTLE);
  }
}

function record(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, LITTLE);
  view.setUint16(6, bytes.length, LITTLE);
  bytes.set(body, 8);
  return bytes;
}

function current({ view, offset, length }: PerfCursor): Uint8Array {
  return new Uint8Array(view.buffer, offset, length).slice();
}

function drain(cursor: PerfCursor): Uint8Array[] {
  const records: Uint8Array[] = [];
  cursor.refresh();
  while (cursor.advance()) records.push(current(cursor));
  cursor.publish();
  return records;
}

const none = (): void => undefined;

describe("records of one CPU", () => {
  it("whatever is written and read in whatever steps, around the ring", () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constant("read" as const),
      fc.constant("other" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, timed) => {
        const producer = new Producer(256, { timed });
        let lost = 0;
        let refused = 0;
        const cursor = new PerfCursor([producer.memory], "cpu", (count) => (lost += count));
        const written: Uint8Array[] = [];
        const read: Uint8Array[] = [];
        for (const each of steps) {
          if (each === "read") read.push(...drain(cursor));
          else if (each === "other") {
            if (producer.head - producer.tail < 200n) producer.other();
          } else if (producer.sample(each, 7n)) written.push(each);
          else refused++;
        }
        read.push(...drain(cursor));
        expect(producer.tail).toBe(producer.head);
        expect(read.map((data, i) => data.subarray(0, written[i]?.length))).toEqual(written);
        // The last ones are told of with the next record.
        expect(lost).toBeLessThanOrEqual(refused);
        if (producer.sample(new Uint8Array(1))) drain(cursor);
        expect(lost).toBe(refused);
      }),
    );
  });

  it("gives space back at the latest when it turns to another ring, and nothing after close", () => {
    const [a, b] = [new Producer(256), new Producer(256, { cpu: 1 })];
    const cursor = new PerfCursor([a.memory, b.memory], "cpu", none);
    a.sample(new Uint8Array([1]));
    b.sample(new Uint8Array([2]));
    cursor.refresh();
    expect(cursor.advance()).toBe(true);
    expect(a.tail).toBe(0n);
    expect(cursor.unpublished).toBe(16);
    expect(cursor.advance()).toBe(true);
    expect(cursor.cpu).toBe(1);
    expect(a.tail).toBe(a.head);
    cursor.close();
    expect(cursor.advance()).toBe(false);
    cursor.publish();
    expect(b.tail).toBe(0n);
  });
});

describe("records of several CPUs", () => {
  it("by time", () => {
    const [a, b] = [new Producer(1024, { timed: true }), new Producer(1024, { cpu: 1, timed: true })];
    const cursor = new PerfCursor([a.memory, b.memory], "time", none);
    const high = 1n << 32n;
    for (const [producer, time] of [
      [a, 5n],
      [b, 2n],
      [a, high],
      [b, 7n],
      [b, high + 1n],
    ] as const)
      producer.sample(new Uint8Array(1), time);
    cursor.refresh();
    const times: [bigint, number][] = [];
    while (cursor.advance()) times.push([cursor.time, cursor.cpu]);
    expect(times).toEqual([
      [2n, 1],
      [5n, 0],
      [7n, 1],
      [high, 0],
      [high + 1n, 1],
    ]);
  });
});

describe("a ring with nonsense in it", () => {
  it("ends", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), fc.integer({ min: 0, max: 256 }), (data, head) => {
        const buffer = new ArrayBuffer(PAGE + 256);
        new Uint8Array(buffer).set(data, PAGE);
        new DataView(buffer).setBigUint64(1024, BigInt(head & ~7), LITTLE);
        const memory: PerfRingMemory = { cpu: 0, buffer, pageSize: PAGE, timed: true };
        const ring = new PerfRing(memory, none);
        expect([...ring.newestFirst()].length).toBeLessThanOrEqual(32);
        const cursor = new PerfCursor([memory], "time", none);
        let count = 0;
        cursor.refresh();
        while (cursor.advance()) {
          count++;
          expect(current(cursor).length).toBe(cursor.length);
        }
        expect(count).toBeLessThanOrEqual(32);
      }),
    );
  });
});

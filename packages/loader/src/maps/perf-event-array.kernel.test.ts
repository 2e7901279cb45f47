import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { loadCollectionSpec, loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { onlineCpus, perfEventOpen, PerfSoftware, PerfType } from "../sys/index.ts";
import { PerfEventArray } from "./index.ts";

interface Event {
  sequence: bigint;
  time: bigint;
  pid: number;
  comm: string;
}

const object = fileURLToPath(new URL("../events/fixtures/perf.el.o", import.meta.url));
/** What one run of the program writes at most. */
const BURST = 128;
/** A sample's header, size and padding around an event of 40 bytes (`struct event` has 8 + 8 + 4 + 16, and 4 of padding). */
const RECORD = 56;

let collection: Collection;
let events: PerfEventArray<Event>;
let before: readonly string[];

const mappings = (): number => readFileSync("/proc/self/maps", "utf8").split("perf_event").length;

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
  collection = loadCollectionSync(loadCollectionSpec(object));
  events = collection.maps.get("events") as PerfEventArray<Event>;
});
afterEach(() => {
  collection?.close();
  if (before !== undefined) expect(openKernelObjects()).toEqual(before);
});

function run(program: string, values: readonly number[], cpu: number): number {
  const context = new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer);
  return collection.programs.get(program)!.run({ context, cpu }).returnValue;
}
function produce(count: number, cpu = 0): void {
  for (let left = count; left > 0; left -= BURST) run("produce", [Math.min(left, BURST)], cpu);
}
const variable = (name: string): unknown => collection.variables.get(name)!.get();
const sequences = (records: readonly Event[]): number[] => records.map(({ sequence }) => Number(sequence));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const lastCpu = (): number => onlineCpus().at(-1) ?? 0;

function consumed(): Event[] {
  const records: Event[] = [];
  events.consume((event) => records.push(event));
  return records;
}

async function take<T>(iterator: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

describe("open", () => {
  it("without rings programs write nowhere; with them, to the ring of their CPU", () => {
    expect(events).toBeInstanceOf(PerfEventArray);
    produce(1);
    expect(variable("last_error")).toBe(-2n);
    events.open();
    expect(events.cpus).toEqual(onlineCpus());
    produce(2);
    produce(1, lastCpu());
    const seen: [number, string, number][] = [];
    expect(events.consume(({ sequence, comm }, cpu) => seen.push([Number(sequence), comm, cpu]))).toBe(3);
    expect(seen).toEqual([
      [1, "producer", 0],
      [2, "producer", 0],
      [3, "producer", lastCpu()],
    ]);
    expect(consumed()).toEqual([]);
  });

  it("only once, with options that make sense", () => {
    expect(() => events.open({ bytesPerCpu: 0 })).toThrow("option bytesPerCpu must be a number from 1 to");
    expect(() => events.open({ wakeupRecords: 1, wakeupBytes: 1 })).toThrow("do not go together");
    expect(() => events.open({ wakeupBytes: 4096, bytesPerCpu: 4096 })).toThrow("must be less than the ring's 4096");
    expect(() => events.open({ order: "size" as "time" })).toThrow('must be "cpu" or "time"');
    events.open({ bytesPerCpu: 5000 });
    expect(() => events.open()).toThrow('map "events" is open already');
    expect(() => events.set(0, 1)).toThrow('map "events" is open');
    expect(() => events.delete(0)).toThrow('map "events" is open');
    expect(() => events.snapshot()).toThrow("open it with { overwrite: true }");
  });
});

describe("records", () => {
  it("many times around the ring, those on its end too", () => {
    events.open({ bytesPerCpu: 4096 });
    const records: Event[] = [];
    for (let round = 0; round < 500; round++) {
      produce(1 + (round % 60));
      events.consume((event) => records.push(event), { limit: 20 });
      events.consume((event) => records.push(event));
    }
    expect(events.lost).toBe(0);
    expect(sequences(records)).toEqual(upTo(records.length));
    expect(records.every(({ comm }) => comm === "producer")).toBe(true);
    expect(variable("sequence")).toBe(BigInt(records.length));
  });

  it("of any length, with what the kernel fills in", () => {
    events.open({ bytesPerCpu: 4096 });
    for (let round = 0; round < 200; round++) {
      const length = round % 13 === 0 ? 512 : 1 + (round % 40);
      expect(run("output", [length, round % 256], 0)).toBe(0);
      const count = events.consumeRaw((view, offset, size, cpu) => {
        expect(cpu).toBe(0);
        expect(size).toBe(Math.ceil((length + 4) / 8) * 8 - 4);
        expect(new Set(new Uint8Array(view.buffer, offset, length))).toEqual(new Set([round % 256]));
      });
      expect(count).toBe(1);
    }
  });

  it("one that is too short for its type is an error, once", () => {
    events.open();
    run("output", [8, 1], 0);
    produce(1);
    expect(() => consumed()).toThrow('map "events": a record has 12 bytes and struct event 40');
    expect(sequences(consumed())).toEqual([0]);
  });

  it("that found no room are counted, and told", async () => {
    const told: [number, number][] = [];
    events.open({ bytesPerCpu: 4096, onLost: (count, cpu) => told.push([count, cpu]) });
    produce(128);
    const fitted = sequences(consumed()).length;
    expect(fitted).toBe(Math.floor(4096 / RECORD));
    expect(events.lost).toBe(0);
    produce(1);
    expect(sequences(consumed())).toEqual([128]);
    expect(events.lost).toBe(128 - fitted);
    expect(variable("dropped")).toBe(BigInt(128 - fitted));
    await sleep(0);
    expect(told).toEqual([[128 - fitted, 0]]);
  });

  it("by time, in the order of the programs' clock", () => {
    events.open({ order: "time" });
    for (let round = 0; round < 20; round++) {
      produce(3, lastCpu());
      produce(2, 0);
    }
    const records = consumed();
    expect(sequences(records)).toEqual(upTo(100));
  });

  it("raw, with CPU and time", async () => {
    events.open({ order: "time" });
    produce(1, lastCpu());
    const iterator = events.rawEvents();
    const { value: record } = await iterator.next();
    await iterator.return?.();
    expect(record).toMatchObject({ cpu: lastCpu() });
    expect(record!.data).toHaveLength(44);
    const written = new DataView(record!.data.buffer).getBigUint64(8, true);
    expect(record!.time! - written).toBeGreaterThanOrEqual(0n);
    expect(record!.time! - written).toBeLessThan(1_000_000_000n);
  });
});

describe("overwrite", () => {
  it("keeps the newest records, which stay to be looked at", () => {
    events.open({ bytesPerCpu: 4096, overwrite: true });
    expect(events.snapshot()).toEqual([]);
    const sequencesOf = (): number[] =>
      events.snapshot().map(({ data }) => Number(new DataView(data.buffer).getBigUint64(0, true)));
    produce(2);
    expect(sequencesOf()).toEqual([0, 1]);
    produce(1000);
    const kept = sequencesOf();
    expect(kept).toEqual(upTo(1002).slice(-kept.length));
    expect(kept.length).toBe(Math.floor(4096 / RECORD));
    produce(1, lastCpu());
    expect(sequencesOf().at(-1)).toBe(1002);
    expect(() => events.events()).toThrow("they are read by snapshot()");
    expect(events.lost).toBe(0);
  });

  it("by time over all CPUs", () => {
    events.open({ overwrite: true, order: "time" });
    produce(1, lastCpu());
    produce(1, 0);
    produce(1, lastCpu());
    const records = events.snapshot();
    expect(records.map(({ data }) => data[0])).toEqual([0, 1, 2]);
    expect(records.every(({ time }) => time! > 0n)).toBe(true);
  });
});

describe("for await", () => {
  it("what is there, then what comes", async () => {
    events.open();
    produce(2);
    const seen: number[] = [];
    const timer = setTimeout(() => produce(2, lastCpu()), 20);
    for await (const { sequence } of events) {
      seen.push(Number(sequence));
      if (seen.length === 4) break;
    }
    clearTimeout(timer);
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it("no record is lost when the reader always falls asleep", async () => {
    const iterator = events.events();
    const taken = take(iterator, 3000);
    for (let i = 0; i < 300; i++) {
      produce(10, i % 2 === 0 ? 0 : lastCpu());
      if (i % 3 === 0) await sleep(1);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await taken).toHaveLength(3000);
    await iterator.return?.();
  });

  it("records that come between falling asleep and polling wake the reader", async () => {
    const iterator = events.events();
    for (let i = 0; i < 50; i++) {
      const next = iterator.next();
      // The event loop has not begun to poll yet.
      produce(1, i % 2 === 0 ? 0 : lastCpu());
      expect((await next).value).toMatchObject({ sequence: BigInt(i) });
    }
    await iterator.return?.();
  });

  it("wakes at so many records or bytes, and flush hands out what is there", async () => {
    events.open({ wakeupRecords: 5 });
    const iterator = events.events();
    let taken = 0;
    const reading = (async (): Promise<void> => {
      for await (const _ of iterator) taken++;
    })();
    // Asleep, and after the look that follows the start of polling.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    produce(3);
    await sleep(20);
    expect(taken).toBe(0);
    events.flush();
    await sleep(1);
    expect(taken).toBe(3);
    produce(5);
    await sleep(20);
    expect(taken).toBe(8);
    await iterator.return?.();
    await reading;
  });

  it("abort throws the reason, close ends cleanly", async () => {
    const controller = new AbortController();
    const aborted = events.events({ signal: controller.signal }).next();
    const ended = events.events().next();
    const readable = events.readable();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    events.close();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(await readable).toBe(false);
    expect(() => events.events()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(() => events.pause()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });

  it("lets the event loop do other things", async () => {
    events.open();
    let fired = false;
    setTimeout(() => (fired = true), 1);
    produce(1500);
    let count = 0;
    for await (const _ of events) {
      count++;
      if (fired) break;
      if (count % 1000 === 0) produce(1000);
      if (count > 1_000_000) break;
    }
    expect(fired).toBe(true);
  });
});

describe("pause", () => {
  it("drops what comes, and leaves what is there", () => {
    events.open();
    produce(1);
    events.pause();
    produce(2);
    events.resume();
    produce(1);
    expect(sequences(consumed())).toEqual([0, 3]);
  });
});

describe("slots", () => {
  it("hold counters that programs read", () => {
    const counters = collection.maps.get("counters") as PerfEventArray<Uint8Array>;
    const cpu = lastCpu();
    const event = perfEventOpen({ type: PerfType.SOFTWARE, config: PerfSoftware.CPU_CLOCK }, { pid: -1, cpu }, "test");
    counters.set(cpu, event.value);
    event.close();
    expect(run("count", [cpu], cpu)).toBe(0);
    expect(variable("counter")).toMatchObject({ counter: expect.any(BigInt) as unknown });
    expect((variable("counter") as { enabled: bigint }).enabled).toBeGreaterThan(0n);
    expect(counters.delete(cpu)).toBe(true);
    expect(counters.delete(cpu)).toBe(false);
    expect(run("count", [cpu], cpu) | 0).toBe(-2);
    expect(() => counters.set(counters.maxEntries, 0)).toThrow("index");
    expect(() => counters.set(0, { fd: counters.fd })).toThrow("is no perf event");
  });

  it("are empty after the rings are closed, and nothing stays mapped", async () => {
    const mapped = mappings();
    const rounds = 3;
    for (let i = 0; i < rounds; i++) {
      using clone = events.clone();
      clone.open();
      produce(2);
      const iterator = clone.events();
      await take(iterator, 2);
      void iterator.next();
      await sleep(1);
    }
    expect(mappings()).toBe(mapped);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(100);
    produce(1);
    expect(variable("last_error")).toBe(-2n);
  });
});

describe("create", () => {
  it("without an object: a slot for each possible CPU, records as bytes", () => {
    using array = PerfEventArray.create();
    expect(array.maxEntries).toBeGreaterThanOrEqual(onlineCpus().length);
    array.open({ bytesPerCpu: 4096 });
    expect(array.consume(() => {})).toBe(0);
    using again = PerfEventArray.fromFd(array.fd);
    expect(again.id).toBe(array.id);
  });
});

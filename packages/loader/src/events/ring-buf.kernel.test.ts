import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { loadCollectionSpec, loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { openMap } from "../maps/index.ts";
import { mapFlagProbes } from "../features/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { RingBuf } from "./index.ts";

interface Event {
  sequence: bigint;
  pid: number;
  comm: string;
}

let collection: Collection;
let events: RingBuf<Event>;

beforeEach((context) => {
  requireKernel(context);
  collection = loadCollectionSync(loadCollectionSpec(fileURLToPath(new URL("fixtures/ring.el.o", import.meta.url))));
  events = collection.maps.get("events") as RingBuf<Event>;
});
afterEach(() => collection?.close());

function run(program: string, ...values: number[]): void {
  const context = new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer);
  const { returnValue } = collection.programs.get(program)!.run({ context });
  expect(returnValue).toBe(0);
}
/** What one run of the program writes at most. */
const BURST = 128;
function produce(count: number, discardEvery = 0, flags = 0): void {
  for (let left = count; left > 0; left -= BURST) run("produce", Math.min(left, BURST), discardEvery, flags);
}
const variable = (name: string): unknown => collection.variables.get(name)!.get();
const sequences = (records: readonly Event[]): number[] => records.map(({ sequence }) => Number(sequence));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Descriptors and mappings of this process. */
const held = (): number[] => [
  readdirSync("/proc/self/fd").length,
  readFileSync("/proc/self/maps", "utf8").split("bpf-map").length,
];

/** `count` records of an iteration, which goes on. */
async function take<T>(iterator: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

describe("consume", () => {
  it("what is there, decoded", () => {
    expect(events).toBeInstanceOf(RingBuf);
    const records: Event[] = [];
    expect(events.consume((event) => records.push(event))).toBe(0);
    produce(3);
    expect(events.consume((event) => records.push(event))).toBe(3);
    expect(records).toEqual([
      { sequence: 0n, pid: 0, comm: "producer" },
      { sequence: 1n, pid: 1, comm: "producer" },
      { sequence: 2n, pid: 2, comm: "producer" },
    ]);
    expect(events.consume(() => {})).toBe(0);
  });

  it("many times around the ring, with a limit", () => {
    const records: Event[] = [];
    for (let round = 0; round < 40; round++) {
      produce(1000);
      while (events.consume((event) => records.push(event), { limit: 300 }) > 0);
    }
    expect(sequences(records)).toEqual(upTo(40_000));
    expect(variable("dropped")).toBe(0n);
    expect(events.stats().consumerPosition).toBe(40_000 * 40);
  });

  it("records that were given up are skipped", () => {
    produce(10, 3);
    const records: Event[] = [];
    expect(events.consume((event) => records.push(event))).toBe(6);
    expect(sequences(records)).toEqual([1, 2, 4, 5, 7, 8]);
    produce(4, 1);
    expect(events.consume((event) => records.push(event))).toBe(0);
    expect(events.stats().available).toBe(0);
  });

  it("a full ring: the program drops, and there is room again after", () => {
    produce(4096);
    const inRing = 65_536 / 40;
    expect(variable("dropped")).toBe(BigInt(4096 - Math.floor(inRing)));
    expect(events.stats().available).toBe(Math.floor(inRing) * 40);
    expect(events.consume(() => {})).toBe(Math.floor(inRing));
    produce(1);
    expect(events.consume(() => {})).toBe(1);
  });

  it("an error of the callback ends it, the record is gone", () => {
    produce(3);
    const seen: bigint[] = [];
    expect(() =>
      events.consume(({ sequence }) => {
        seen.push(sequence);
        if (sequence === 1n) throw new Error("mine");
      }),
    ).toThrow("mine");
    events.consume(({ sequence }) => seen.push(sequence));
    expect(seen).toEqual([0n, 1n, 2n]);
  });

  it("inside its own callback is refused", () => {
    produce(2);
    expect(() => events.consume(() => void events.consume(() => {}))).toThrow("consume was called by its own callback");
    expect(events.consume(() => {})).toBe(1);
  });

  it("closing the ring in the callback ends it", () => {
    produce(5);
    expect(events.consume(() => events.close())).toBe(1);
    expect(() => events.consume(() => {})).toThrow('map "events" is closed');
  });
});

describe("records of any length", () => {
  it("consumeRaw gives each where it lies", () => {
    const lengths = [1, 7, 8, 9, 0, 512, 100];
    for (const [i, length] of lengths.entries()) run("output", length, i + 1);
    const seen: [number, number[]][] = [];
    const count = events.consumeRaw((view, offset, length) => {
      seen.push([length, [...new Set(new Uint8Array(view.buffer, offset, length))]]);
      expect(() => view.setUint8(offset, 0)).toThrow("read-only");
    });
    expect(count).toBe(lengths.length);
    expect(seen).toEqual(lengths.map((length, i) => [length, length === 0 ? [] : [i + 1]]));
  });

  it("none has a seam, wherever the ring ends", () => {
    for (let i = 0; i < 1000; i++) {
      run("output", 500, i % 256);
      events.consumeRaw((view, offset, length) => {
        expect(length).toBe(500);
        expect(new Set(new Uint8Array(view.buffer, offset, length))).toEqual(new Set([i % 256]));
      });
    }
  });

  it("rawEvents gives copies", async () => {
    run("output", 3, 7);
    run("output", 0, 7);
    const iterator = events.rawEvents();
    const records = await take(iterator, 2);
    await iterator.return?.();
    run("output", 512, 9);
    expect(records).toEqual([new Uint8Array([7, 7, 7]), new Uint8Array(0)]);
  });

  it("one that is too short for its type is an error, once", async () => {
    run("output", 27, 1);
    produce(1);
    const message = 'map "events": a record has 27 bytes and struct event 32';
    expect(() => events.consume(() => {})).toThrow(
      expect.objectContaining({ code: "ERR_BPF_VALUE", message: expect.stringContaining(message) as unknown }),
    );
    expect(events.consume(() => {})).toBe(1);
    run("output", 27, 1);
    produce(1);
    const iterator = events.events();
    await expect(iterator.next()).rejects.toThrow(message);
    expect(await iterator.next()).toMatchObject({ value: { sequence: 1n } });
  });

  it("one that is longer than its type is read from its start", () => {
    run("output", 512, 0);
    const records: Event[] = [];
    events.consume((event) => records.push(event));
    expect(records).toEqual([{ sequence: 0n, pid: 0, comm: "" }]);
  });

  it("without a codec records are bytes", () => {
    using raw = openMap(newMap(MapType.RINGBUF, { entries: 4096 })) as RingBuf<Uint8Array>;
    expect(raw.consume(() => {})).toBe(0);
    expect(raw.stats()).toEqual({ size: 4096, available: 0, consumerPosition: 0, producerPosition: 0 });
  });
});

describe("rings that overwrite their oldest records", () => {
  it("give what is left of them", (context) => {
    skipIfLacking(context, mapFlagProbes.RB_OVERWRITE);
    expect(() => events.snapshot()).toThrow("read its events");
    const spec = loadCollectionSpec(fileURLToPath(new URL("fixtures/ring.el.o", import.meta.url)));
    const definition = spec.maps.get("events")!;
    definition.flags |= MapFlag.RB_OVERWRITE;
    definition.maxEntries = 4096;
    collection.close();
    collection = loadCollectionSync(spec);
    events = collection.maps.get("events") as RingBuf<Event>;
    expect(events.snapshot()).toEqual([]);
    produce(3);
    expect(sequences(events.snapshot())).toEqual([0, 1, 2]);
    expect(events.snapshot()).toHaveLength(3);
    produce(1000, 10);
    const kept = sequences(events.snapshot());
    expect(kept.length).toBeGreaterThan(80);
    expect(kept.at(-1)).toBe(1002);
    expect(kept).toEqual(kept.toSorted((a, b) => a - b));
    expect(variable("dropped")).toBe(0n);
    expect(() => events.consume(() => {})).toThrow("they are read by snapshot()");
    expect(() => events.events()).toThrow("they are read by snapshot()");
  });
});

describe("for await", () => {
  it("what is there, then what comes", async () => {
    produce(2);
    const seen: number[] = [];
    const timer = setTimeout(() => produce(2), 20);
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
      produce(10, i % 2 === 0 ? 0 : 1);
      if (i % 2 === 1) produce(10);
      if (i % 3 === 0) await sleep(1);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await taken).toHaveLength(3000);
    await iterator.return?.();
  });

  it("leaving the loop leaves the rest in the ring, and keeps nothing awake", async () => {
    produce(5);
    for await (const _ of events) break;
    expect(events.consume(() => {})).toBe(4);
    const iterator = events.events();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    produce(1);
    await sleep(5);
    expect(events.consume(() => {})).toBe(1);
  });

  it("NO_WAKEUP leaves the reader asleep, FORCE_WAKEUP wakes it", async () => {
    const iterator = events.events();
    const taken = take(iterator, 6);
    let done = false;
    void taken.then(() => (done = true));
    await sleep(5);
    produce(5, 0, 1);
    await sleep(20);
    expect(done).toBe(false);
    produce(1, 0, 2);
    expect(sequences(await taken)).toEqual(upTo(6));
    await iterator.return?.();
  });

  it("flush hands out what woke nobody", async () => {
    const iterator = events.events();
    const taken = take(iterator, 5);
    await sleep(5);
    produce(5, 0, 1);
    events.flush();
    expect(sequences(await taken)).toEqual(upTo(5));
    await iterator.return?.();
    events.flush();
  });

  it("several calls of next, and several iterators: each record goes to one, in order of asking", async () => {
    const [a, b] = [events.events(), events.events()];
    const asked = [a.next(), b.next(), a.next(), a.next(), b.next()];
    await sleep(2);
    produce(4);
    produce(1);
    expect((await Promise.all(asked)).map(({ value }) => Number((value as Event).sequence))).toEqual(upTo(5));
    await a.return?.();
    const last = b.next();
    produce(1);
    expect((await last).value).toMatchObject({ sequence: 5n });
    await b.return?.();
  });

  it("a ring that is always full lets timers run", async () => {
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
    expect(count).toBeLessThan(1_000_000);
  });

  it("consume and iteration share the records", async () => {
    const iterator = events.events();
    const next = iterator.next();
    await sleep(2);
    produce(3);
    const seen: bigint[] = [];
    events.consume(({ sequence }) => seen.push(sequence), { limit: 2 });
    expect((await next).value).toMatchObject({ sequence: 2n });
    expect(seen).toEqual([0n, 1n]);
    produce(2);
    let inside: Promise<IteratorResult<Event>> | undefined;
    const ask = (): void => void (inside ??= iterator.next());
    events.consume(ask, { limit: 1 });
    expect((await inside!).value).toMatchObject({ sequence: 4n });
    await iterator.return?.();
  });
});

describe("abort", () => {
  it("while waiting: throws the reason, and again nothing", async () => {
    const controller = new AbortController();
    const iterator = events.events({ signal: controller.signal });
    const waiting = iterator.next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("between two records: the next step throws", async () => {
    produce(3);
    const controller = new AbortController();
    const seen: bigint[] = [];
    const loop = async (): Promise<void> => {
      for await (const { sequence } of events.events({ signal: controller.signal })) {
        seen.push(sequence);
        controller.abort();
      }
    };
    await expect(loop()).rejects.toThrow("aborted");
    expect(seen).toEqual([0n]);
    expect(events.consume(() => {})).toBe(2);
  });

  it("before the start, and after the end", async () => {
    await expect(events.events({ signal: AbortSignal.abort() }).next()).rejects.toThrow("aborted");
    const controller = new AbortController();
    const iterator = events.events({ signal: controller.signal });
    await iterator.return?.();
    controller.abort();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("a timeout", async () => {
    await expect(take(events.events({ signal: AbortSignal.timeout(10) }), 1)).rejects.toThrow(
      expect.objectContaining({ name: "TimeoutError" }),
    );
  });
});

describe("readable", () => {
  it("resolves when there is something", async () => {
    const first = events.readable();
    await sleep(2);
    produce(1);
    expect(await first).toBe(true);
    expect(await events.readable()).toBe(true);
    expect(events.consume(() => {})).toBe(1);
  });

  it("abort and close", async () => {
    const controller = new AbortController();
    const aborted = events.readable({ signal: controller.signal });
    const closed = events.readable();
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(events.readable({ signal: controller.signal })).rejects.toThrow("enough");
    events.close();
    expect(await closed).toBe(false);
  });
});

describe("close", () => {
  it("ends those who wait, cleanly", async () => {
    const iterator = events.events();
    const waiting = [iterator.next(), iterator.next()];
    await sleep(2);
    events.close();
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    for (const use of [
      () => events.events(),
      () => events.consume(() => {}),
      () => events.stats(),
      () => events.readable(),
    ])
      expect(use).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });

  it("leaves no descriptor, no mapping and no handle", async () => {
    const before = held();
    for (let i = 0; i < 3; i++) {
      using clone = events.clone();
      produce(2);
      const iterator = clone.events();
      await take(iterator, 2);
      void iterator.next();
      await sleep(1);
    }
    expect(held()).toEqual(before);
  });
});

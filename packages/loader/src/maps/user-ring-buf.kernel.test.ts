import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { loadCollectionSpec, loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { mapTypeProbe } from "../features/index.ts";
import { MapType } from "../uapi/index.ts";
import { UserRingBuf } from "./index.ts";

interface Command {
  amount: bigint;
  action: number;
  name: string;
}

const object = fileURLToPath(new URL("../events/fixtures/user-ring.el.o", import.meta.url));
/** Bytes of a record with its header. */
const RECORD = 32;
const SIZE = 4096;

let collection: Collection;
let commands: UserRingBuf<Command>;
let before: readonly string[];

beforeEach((context) => {
  requireKernel(context);
  skipIfLacking(context, mapTypeProbe(MapType.USER_RINGBUF));
  before = openKernelObjects();
  collection = loadCollectionSync(loadCollectionSpec(object));
  commands = collection.maps.get("commands") as UserRingBuf<Command>;
});
afterEach(() => {
  collection?.close();
  if (before !== undefined) expect(openKernelObjects()).toEqual(before);
});

const command = (amount: number): Command => ({ amount: BigInt(amount), action: amount % 7, name: "test" });
const variable = (name: string): unknown => collection.variables.get(name)!.get();
function fill(): void {
  while (commands.push(command(0)));
}
const mappings = (): number => readFileSync("/proc/self/maps", "utf8").split("bpf-map").length;
function drain(): bigint {
  expect(collection.programs.get("drain")!.run({}).returnValue).toBe(0);
  return variable("drained") as bigint;
}

describe("push", () => {
  it("what the program reads", () => {
    expect(commands).toBeInstanceOf(UserRingBuf);
    expect(drain()).toBe(0n);
    expect(commands.push(command(3))).toBe(true);
    expect(commands.push({ ...command(39), name: "last" })).toBe(true);
    expect(commands.stats()).toEqual({ size: SIZE, available: 64, consumerPosition: 0, producerPosition: 64 });
    expect(drain()).toBe(2n);
    expect(variable("sum")).toBe(42n);
    expect(variable("last")).toEqual({ amount: 39n, action: 4, name: "last" });
    expect(commands.stats()).toMatchObject({ available: 0, consumerPosition: 64 });
  });

  it("until the ring is full, and again around it", () => {
    for (let round = 1; round <= 50; round++) {
      let count = 0;
      while (commands.push(command(1))) count++;
      expect(count).toBe(SIZE / RECORD);
      expect(drain()).toBe(BigInt(SIZE / RECORD));
      expect(variable("received")).toBe(BigInt((round * SIZE) / RECORD));
    }
    expect(variable("sum")).toBe(BigInt((50 * SIZE) / RECORD));
  });

  it("a value that is none leaves no record", () => {
    expect(() => commands.push({ amount: 1n, action: -1, name: "x" })).toThrow(
      expect.objectContaining({ code: "ERR_BPF_VALUE" }),
    );
    expect(commands.push(command(5))).toBe(true);
    expect(drain()).toBe(1n);
    expect(variable("sum")).toBe(5n);
  });
});

describe("reserve", () => {
  it("the program stops in front of what is being written, and skips what was given up", () => {
    const first = commands.reserve(24)!;
    const second = commands.reserve(24)!;
    commands.push(command(7));
    expect(drain()).toBe(0n);
    second.discard();
    new DataView(first.bytes.buffer, first.bytes.byteOffset).setBigUint64(0, 10n, true);
    expect(drain()).toBe(0n);
    first.submit();
    expect(drain()).toBe(2n);
    expect(variable("sum")).toBe(17n);
    expect(() => first.submit()).toThrow("submitted or discarded before");
    expect(() => second.discard()).toThrow("submitted or discarded before");
  });

  it("of any length that the ring can hold", () => {
    expect(commands.reserve(SIZE - 8)).toBeDefined();
    expect(commands.reserve(0)).toBeUndefined();
    expect(() => commands.reserve(SIZE - 7)).toThrow("does not fit into 4096");
    expect(() => commands.reserve(1.5)).toThrow("does not fit");
  });

  it("what is left over is discarded when the ring is closed", () => {
    using clone = commands.clone();
    clone.reserve(24);
    clone.push(command(1));
    clone.close();
    expect(() => clone.push(command(1))).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(drain()).toBe(1n);
    expect(variable("sum")).toBe(1n);
  });
});

describe("waiting for room", () => {
  it("ends when the program has read", async () => {
    fill();
    let pushed = false;
    const push = commands.pushWhenFree(command(9)).then((done) => (pushed = done));
    await sleep(10);
    expect(pushed).toBe(false);
    drain();
    await push;
    expect(pushed).toBe(true);
    drain();
    expect(variable("sum")).toBe(9n);
  });

  it("ends at abort and close", async () => {
    fill();
    const controller = new AbortController();
    const aborted = commands.pushWhenFree(command(9), { signal: controller.signal });
    const closed = commands.pushWhenFree(command(9));
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(commands.writable(8, { signal: controller.signal })).rejects.toBe(reason);
    commands.close();
    expect(await closed).toBe(false);
    await expect(async () => commands.writable(8)).rejects.toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });
});

describe("create", () => {
  it("without an object, records as bytes; nothing stays mapped", () => {
    const mapped = mappings();
    {
      using ring = UserRingBuf.create({ size: 5000 });
      expect(ring.maxEntries).toBe(8192);
      expect(ring.push(new Uint8Array(100))).toBe(true);
      expect(ring.stats().available).toBe(112);
      using again = UserRingBuf.fromId(ring.id);
      expect(again.stats().available).toBe(112);
    }
    expect(mappings()).toBe(mapped);
  });
});

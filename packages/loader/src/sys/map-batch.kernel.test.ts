import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { MapType } from "../uapi/index.ts";
import type { MapSlot } from "./addon-interface.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { possibleCpus } from "./kernel.ts";

type Sizes = Parameters<typeof newMap>[1];

function openSlot(type: number, sizes: Sizes): MapSlot & Disposable {
  const slot = addon().openMapSlot(newMap(type, sizes).release());
  if (typeof slot === "number") throw new Error(`openMapSlot gave ${slot}`);
  return { ...slot, [Symbol.dispose]: () => addon().closeMapSlot(slot.handle) };
}

function cursorOf(slot: MapSlot, count: number): Uint8Array {
  const cursor = new Uint8Array(slot.cursorBytes);
  new DataView(cursor.buffer).setUint32(0, count, true);
  return cursor;
}

const countIn = (cursor: Uint8Array): number => new DataView(cursor.buffer).getUint32(0, true);
const u32Bytes = (...numbers: readonly number[]): Uint8Array => new Uint8Array(new Uint32Array(numbers).buffer);

const numbers = { key: 4, value: 8, entries: 16 };

beforeEach(requireKernel);

describe("batches of a map slot", () => {
  it("write, read, delete, and read and delete", () => {
    using slot = openSlot(MapType.HASH, numbers);
    const { mapUpdateBatch, mapLookupBatch, mapDeleteBatch, mapLookupAndDeleteBatch } = addon();
    const { handle } = slot;
    const cursor = cursorOf(slot, 3);
    expect(mapUpdateBatch(handle, 0, cursor, u32Bytes(1, 2, 3), u32Bytes(10, 0, 20, 0, 30, 0))).toBe(0);
    expect(countIn(cursor)).toBe(3);

    const keys = new Uint32Array(16);
    const values = new BigUint64Array(16);
    const room = cursorOf(slot, 16);
    const [keyBytes, valueBytes] = [new Uint8Array(keys.buffer), new Uint8Array(values.buffer)];
    expect(mapLookupBatch(handle, 0, room, keyBytes, valueBytes, true)).toBe(-Errno.ENOENT);
    expect(countIn(room)).toBe(3);
    expect([...keys.subarray(0, 3)].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    for (let i = 0; i < 3; i++) expect(values[i]).toBe(BigInt(keys[i] ?? 0) * 10n);

    const gone = cursorOf(slot, 3);
    expect(mapDeleteBatch(handle, 0, gone, u32Bytes(2, 7, 3))).toBe(-Errno.ENOENT);
    expect(countIn(gone)).toBe(1);

    const taken = cursorOf(slot, 16);
    expect(mapLookupAndDeleteBatch(handle, 0, taken, keyBytes, valueBytes, true)).toBe(-Errno.ENOENT);
    expect(countIn(taken)).toBe(2);
    const none = cursorOf(slot, 16);
    expect(mapLookupBatch(handle, 0, none, keyBytes, valueBytes, true)).toBe(-Errno.ENOENT);
    expect(countIn(none)).toBe(0);
  });

  it("tell no entries as done when the kernel refuses at once", () => {
    using slot = openSlot(MapType.HASH, numbers);
    const cursor = cursorOf(slot, 2);
    expect(addon().mapUpdateBatch(slot.handle, 2 ** 40, cursor, u32Bytes(1, 2), new Uint8Array(16))).toBeLessThan(0);
    expect(countIn(cursor)).toBe(0);
  });

  it("go on where the cursor says, which any bytes may be", () => {
    using slot = openSlot(MapType.HASH, numbers);
    const cursor = cursorOf(slot, 1).fill(0xff, 8);
    const read = addon().mapLookupBatch(slot.handle, 0, cursor, new Uint8Array(4), new Uint8Array(8), false);
    expect(read).toBe(-Errno.ENOENT);
    using array = openSlot(MapType.ARRAY, numbers);
    const wild = cursorOf(array, 1).fill(0xff, 8);
    expect(addon().mapLookupBatch(array.handle, 0, wild, new Uint8Array(4), new Uint8Array(8), false)).toBe(0);
  });

  it.each([
    ["lookup", "mapLookupBatch"],
    ["lookup and delete", "mapLookupAndDeleteBatch"],
    ["update", "mapUpdateBatch"],
  ] as const)("%s: buffers that are shorter than the count says are refused, and nothing is touched", (_, name) => {
    using slot = openSlot(MapType.HASH, numbers);
    const call = (cursor: Uint8Array, keys: number, values: number): number =>
      // A sixth argument does no harm to an update.
      addon()[name](slot.handle, 0, cursor, new Uint8Array(keys), new Uint8Array(values), true);
    expect(() => call(cursorOf(slot, 2), 7, 16)).toThrow(RangeError);
    expect(() => call(cursorOf(slot, 2), 8, 15)).toThrow(RangeError);
    expect(() => call(cursorOf(slot, 2 ** 32 - 1), 8, 16)).toThrow(RangeError);
    expect(() => call(new Uint8Array(slot.cursorBytes - 1), 8, 16)).toThrow(RangeError);
    expect(() => call(new Uint8Array(0), 8, 16)).toThrow(RangeError);
    expect(() => call(cursorOf(slot, 2), 8, 16)).not.toThrow();
  });

  it("delete: keys that are shorter than the count says", () => {
    using slot = openSlot(MapType.HASH, { ...numbers, key: 300 });
    expect(slot.cursorBytes).toBe(8 + 304);
    expect(() => addon().mapDeleteBatch(slot.handle, 0, cursorOf(slot, 2), new Uint8Array(599))).toThrow(RangeError);
    expect(addon().mapDeleteBatch(slot.handle, 0, cursorOf(slot, 2), new Uint8Array(600))).toBe(-Errno.ENOENT);
  });

  it.each([
    ["hash", MapType.PERCPU_HASH],
    ["LRU hash", MapType.LRU_PERCPU_HASH],
  ])("per-CPU %s: a value is all CPUs'", (_, type) => {
    using slot = openSlot(type, { key: 4, value: 4, entries: 4 });
    const bytes = 8 * possibleCpus();
    const keys = u32Bytes(1, 2);
    const { mapUpdateBatch } = addon();
    expect(() => mapUpdateBatch(slot.handle, 0, cursorOf(slot, 2), keys, new Uint8Array(2 * bytes - 1))).toThrow(
      "values are shorter than the count says",
    );
    expect(mapUpdateBatch(slot.handle, 0, cursorOf(slot, 2), keys, new Uint8Array(2 * bytes))).toBe(0);
  });

  it("a detached buffer has no bytes, one that shrank fewer", () => {
    using slot = openSlot(MapType.HASH, numbers);
    const { mapUpdateBatch } = addon();
    const gone = new Uint8Array(8);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const [keys, values, cursor] of [
      [gone, new Uint8Array(16), cursorOf(slot, 2)],
      [new Uint8Array(8), gone, cursorOf(slot, 2)],
      [new Uint8Array(8), new Uint8Array(16), gone],
    ] as const) {
      expect(() => mapUpdateBatch(slot.handle, 0, cursor, keys, values)).toThrow(RangeError);
    }
    const none = cursorOf(slot, 0);
    expect(mapUpdateBatch(slot.handle, 0, none, gone, gone)).toBe(0);
  });

  it("wrong types", () => {
    using slot = openSlot(MapType.HASH, numbers);
    const cursor = cursorOf(slot, 1);
    const [keys, values] = [new Uint8Array(4), new Uint8Array(8)];
    for (const wrong of [
      [],
      ["1", 0, cursor, keys, values, true],
      [slot.handle, 0n, cursor, keys, values, true],
      [slot.handle, 0, [], keys, values, true],
      [slot.handle, 0, cursor, new Uint32Array(1), values, true],
      [slot.handle, 0, cursor, keys, values.buffer, true],
      [slot.handle, 0, cursor, keys, undefined, true],
      [slot.handle, 0, cursor, keys, values, 1],
      [slot.handle, 0, cursor, keys, values],
    ]) {
      expect(() => Reflect.apply(addon().mapLookupBatch, undefined, wrong)).toThrow(TypeError);
    }
    expect(() => Reflect.apply(addon().mapDeleteBatch, undefined, [slot.handle, 0, cursor])).toThrow(TypeError);
  });

  it("EBADF for a handle that is closed, or never was", () => {
    const slot = openSlot(MapType.HASH, numbers);
    slot[Symbol.dispose]();
    const cursor = cursorOf(slot, 1);
    for (const handle of [slot.handle, 0, -1, 2 ** 31]) {
      expect(addon().mapLookupBatch(handle, 0, cursor, new Uint8Array(4), new Uint8Array(8), true)).toBe(-Errno.EBADF);
      expect(addon().mapUpdateBatch(handle, 0, cursor, new Uint8Array(4), new Uint8Array(8))).toBe(-Errno.EBADF);
      expect(addon().mapDeleteBatch(handle, 0, cursor, new Uint8Array(4))).toBe(-Errno.EBADF);
    }
  });

  it("kinds of map without", () => {
    using slot = openSlot(MapType.QUEUE, { value: 8, entries: 4 });
    const cursor = cursorOf(slot, 1);
    const result = addon().mapLookupBatch(slot.handle, 0, cursor, new Uint8Array(0), new Uint8Array(8), true);
    expect([-Errno.ENOTSUPP, -Errno.EINVAL]).toContain(result);
    expect(countIn(cursor)).toBe(0);
  });
});

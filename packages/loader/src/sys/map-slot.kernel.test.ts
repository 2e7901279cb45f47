import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { MapType } from "../uapi/index.ts";
import type { MapSlot } from "./addon-interface.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { possibleCpus } from "./kernel.ts";

function openSlot(type: number, sizes: Parameters<typeof newMap>[1]): MapSlot {
  const slot = addon().openMapSlot(newMap(type, sizes).release());
  if (typeof slot === "number") throw new Error(`openMapSlot gave ${slot}`);
  return slot;
}

beforeEach(requireKernel);

describe("a map slot", () => {
  it("writes, reads, walks and deletes elements", () => {
    const slot = openSlot(MapType.HASH, { key: 4, value: 8, entries: 4 });
    const { mapUpdate, mapLookup, mapNextKey, mapDelete, closeMapSlot } = addon();
    const key = new Uint32Array(slot.buffer, slot.keyOffset, 1);
    const nextKey = new Uint32Array(slot.buffer, slot.nextKeyOffset, 1);
    const value = new BigUint64Array(slot.buffer, slot.valueOffset, 1);
    key[0] = 7;
    value[0] = 42n;
    expect(mapUpdate(slot.handle, 1)).toBe(0);
    expect(mapUpdate(slot.handle, 1)).toBe(-Errno.EEXIST);
    value[0] = 0n;
    expect(mapLookup(slot.handle, 0)).toBe(0);
    expect(value[0]).toBe(42n);
    expect(mapNextKey(slot.handle, true)).toBe(0);
    expect(nextKey[0]).toBe(7);
    expect(mapNextKey(slot.handle, false)).toBe(-Errno.ENOENT);
    expect(mapDelete(slot.handle)).toBe(0);
    expect(mapDelete(slot.handle)).toBe(-Errno.ENOENT);
    expect(mapLookup(slot.handle, 0)).toBe(-Errno.ENOENT);
    closeMapSlot(slot.handle);
  });

  it("reads an element and deletes it", () => {
    // Hash maps have this since Linux 5.14, queues always had.
    const slot = openSlot(MapType.QUEUE, { value: 8, entries: 4 });
    const { mapUpdate, mapLookupAndDelete, closeMapSlot } = addon();
    const value = new BigUint64Array(slot.buffer, slot.valueOffset, 1);
    value[0] = 42n;
    expect(mapUpdate(slot.handle, 0)).toBe(0);
    value[0] = 0n;
    expect(mapLookupAndDelete(slot.handle, 0)).toBe(0);
    expect(value[0]).toBe(42n);
    expect(mapLookupAndDelete(slot.handle, 0)).toBe(-Errno.ENOENT);
    closeMapSlot(slot.handle);
  });

  it("passes flags of more than 32 bits on", () => {
    const slot = openSlot(MapType.HASH, { key: 4, value: 8, entries: 4 });
    expect(addon().mapUpdate(slot.handle, 2 ** 40)).toBe(-Errno.EINVAL);
    expect(addon().mapUpdate(slot.handle, -1)).toBe(-Errno.EINVAL);
    addon().closeMapSlot(slot.handle);
  });

  it.each([
    ["hash", MapType.HASH, { key: 3, value: 5, entries: 1 }, 5],
    ["array", MapType.ARRAY, { key: 4, value: 1, entries: 1 }, 1],
    ["queue", MapType.QUEUE, { value: 12, entries: 1 }, 12],
    ["array of descriptors", MapType.PERF_EVENT_ARRAY, { key: 4, value: 4, entries: 1 }, 4],
    ["ring buffer", MapType.RINGBUF, { entries: 4096 }, 0],
  ])("takes its sizes from the kernel: %s", (_name, type, sizes, valueBytes) => {
    const slot = openSlot(type, sizes);
    expect(slot.valueBytes).toBe(valueBytes);
    expect(slot.buffer.byteLength).toBeGreaterThanOrEqual(slot.valueOffset + Math.max(slot.valueBytes, 8));
    expect([slot.keyOffset % 8, slot.nextKeyOffset % 8, slot.valueOffset % 8]).toEqual([0, 0, 0]);
    addon().closeMapSlot(slot.handle);
  });

  it.each([
    ["hash", MapType.PERCPU_HASH],
    ["LRU hash", MapType.LRU_PERCPU_HASH],
    ["array", MapType.PERCPU_ARRAY],
  ])("has room for a value of each possible CPU: per-CPU %s", (_name, type) => {
    const slot = openSlot(type, { key: 4, value: 12, entries: 2 });
    expect(slot.valueBytes).toBe(16 * possibleCpus());
    const value = new Uint8Array(slot.buffer, slot.valueOffset, slot.valueBytes).fill(0x55);
    expect(addon().mapUpdate(slot.handle, 0)).toBe(0);
    value.fill(0);
    expect(addon().mapLookup(slot.handle, 0)).toBe(0);
    for (let cpu = 0; cpu < possibleCpus(); cpu++) {
      expect(value.subarray(16 * cpu, 16 * cpu + 12).every((byte) => byte === 0x55)).toBe(true);
    }
    addon().closeMapSlot(slot.handle);
  });

  it("pushes and pops where there is no key", () => {
    const slot = openSlot(MapType.QUEUE, { value: 8, entries: 2 });
    const value = new BigUint64Array(slot.buffer, slot.valueOffset, 1);
    for (const number of [1n, 2n]) {
      value[0] = number;
      expect(addon().mapUpdate(slot.handle, 0)).toBe(0);
    }
    expect(addon().mapUpdate(slot.handle, 0)).toBe(-Errno.E2BIG);
    for (const number of [1n, 2n]) {
      expect(addon().mapLookupAndDelete(slot.handle, 0)).toBe(0);
      expect(value[0]).toBe(number);
    }
    addon().closeMapSlot(slot.handle);
  });

  it("owns the descriptor: closing it closes the map, and the number goes nowhere else", () => {
    const before = openKernelObjects();
    const fd = newMap(MapType.HASH, { key: 4, value: 8, entries: 4 }).release();
    const slot = addon().openMapSlot(fd);
    if (typeof slot === "number") throw new Error(`openMapSlot gave ${slot}`);
    expect(addon().close(fd)).toBe(-Errno.EBADF);
    expect(addon().openMapSlot(fd)).toBe(-Errno.EBADF);
    addon().closeMapSlot(slot.handle);
    addon().closeMapSlot(slot.handle);
    expect(openKernelObjects()).toEqual(before);
  });

  it("answers EBADF after it was closed, and its memory stays", () => {
    const slot = openSlot(MapType.HASH, { key: 4, value: 8, entries: 4 });
    const { mapUpdate, mapLookup, mapNextKey, mapDelete, mapLookupAndDelete, closeMapSlot } = addon();
    const bytes = new Uint8Array(slot.buffer);
    closeMapSlot(slot.handle);
    const { handle } = slot;
    const results = [mapUpdate(handle, 0), mapLookup(handle, 0), mapNextKey(handle, true), mapDelete(handle)];
    expect([...results, mapLookupAndDelete(handle, 0)]).toEqual(Array.from({ length: 5 }, () => -Errno.EBADF));
    expect(bytes.fill(1)[0]).toBe(1);
  });

  it("never uses a handle again", () => {
    const seen = new Set<number>();
    for (let round = 0; round < 3000; round++) {
      const slot = openSlot(MapType.ARRAY, { key: 4, value: 4, entries: 1 });
      expect(seen.has(slot.handle)).toBe(false);
      seen.add(slot.handle);
      addon().closeMapSlot(slot.handle);
      expect(addon().mapLookup(slot.handle, 0)).toBe(-Errno.EBADF);
    }
  });

  it("refuses what is no map, and what is not owned", () => {
    const { openMapSlot, open } = addon();
    const file = open("/dev/null", 0);
    expect(openMapSlot(file)).toBe(-Errno.EINVAL);
    expect(addon().close(file)).toBe(0);
    expect(openMapSlot(0)).toBe(-Errno.EBADF);
    expect(openMapSlot(-1)).toBe(-Errno.EBADF);
    expect(openMapSlot(99_999)).toBe(-Errno.EBADF);
  });

  it("throws for wrong types and answers EBADF for wrong handles", () => {
    const { mapLookup, mapNextKey, mapDelete, closeMapSlot, openMapSlot } = addon();
    for (const wrong of [[], ["0", 0], [undefined, 0], [{}, 0], [0], [0, "0"], [0, 0n]]) {
      expect(() => Reflect.apply(mapLookup, undefined, wrong)).toThrow(TypeError);
    }
    expect(() => Reflect.apply(mapNextKey, undefined, [0, 1])).toThrow(TypeError);
    expect(() => Reflect.apply(mapDelete, undefined, [])).toThrow(TypeError);
    expect(() => Reflect.apply(openMapSlot, undefined, ["3"])).toThrow(TypeError);
    expect(() => openMapSlot(1.5)).toThrow(RangeError);
    expect(() => closeMapSlot(-1)).toThrow(RangeError);
    for (const handle of [-1, 0, 12_345, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 1e300, Number.NaN, Infinity]) {
      expect(mapLookup(handle, 0)).toBe(-Errno.EBADF);
    }
  });
});

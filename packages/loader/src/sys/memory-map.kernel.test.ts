import { closeSync, openSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { collectGarbage } from "../../../../test/collect-garbage.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap, newMapOrSkip } from "../../../../test/new-map.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import type { MapSlot } from "./addon-interface.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { pageSize } from "./kernel.ts";

function mappable(): FileDescriptor {
  return newMap(MapType.ARRAY, { key: 4, value: pageSize(), entries: 1, flags: MapFlag.MMAPABLE });
}

function mapped(fd: number, length: number, offset: number, writable: boolean): ArrayBuffer {
  const buffer = addon().map(fd, length, offset, writable);
  if (typeof buffer === "number") throw new Error(`map gave ${buffer}`);
  return buffer;
}

function countMappings(): number {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("bpf-map")).length;
}

beforeEach(requireKernel);

describe("map", () => {
  it("shares memory with the kernel, both ways", () => {
    const fd = mappable();
    const buffer = mapped(fd.value, pageSize(), 0, true);
    const shared = new BigUint64Array(buffer);
    const slot = addon().openMapSlot(fd.release()) as MapSlot; // a map just made
    const value = new BigUint64Array(slot.buffer, slot.valueOffset, 512);
    Atomics.store(shared, 511, 5n);
    expect(addon().mapLookup(slot.handle, 0)).toBe(0);
    expect(value[511]).toBe(5n);
    value[0] = 6n;
    expect(addon().mapUpdate(slot.handle, 0)).toBe(0);
    expect(Atomics.load(shared, 0)).toBe(6n);
    // The memory outlives the descriptor.
    addon().closeMapSlot(slot.handle);
    expect(shared[0]).toBe(6n);
    addon().unmap(buffer);
  });

  it("gives it back: views become empty, and that twice", () => {
    using fd = mappable();
    const buffer = mapped(fd.value, pageSize(), 0, true);
    const view = new Uint8Array(buffer);
    addon().unmap(buffer);
    addon().unmap(buffer);
    expect(view.length).toBe(0);
    expect(view[0]).toBeUndefined();
    view[0] = 1;
    expect(buffer.byteLength).toBe(0);
  });

  it("keeps a buffer that was transferred away from faulting", () => {
    using fd = mappable();
    const buffer = mapped(fd.value, pageSize(), 0, true);
    new Uint8Array(buffer)[0] = 9;
    // Node 20 copies, 22 and later refuse, ArrayBuffer.prototype.transfer() moves the memory: none may crash.
    let moved: ArrayBuffer | undefined;
    try {
      const transfer: unknown = Reflect.get(buffer, "transfer");
      moved = typeof transfer === "function" ? (Reflect.apply(transfer, buffer, []) as ArrayBuffer) : undefined; // its type in every engine
      moved ??= structuredClone(buffer, { transfer: [buffer] });
    } catch {
      // Refused.
    }
    addon().unmap(buffer);
    addon().unmap(buffer);
    if (moved !== undefined) {
      const view = new Uint8Array(moved);
      view[1] = 1;
      expect(view[1]).toBe(1);
    }
  });

  it("is let go by the collector, whether unmap came before or not", async () => {
    const before = countMappings();
    for (let round = 0; round < 50; round++) {
      const fd = mappable();
      const buffer = mapped(fd.value, pageSize(), 0, round % 2 === 0);
      fd.close();
      if (round % 3 === 0) addon().unmap(buffer);
    }
    for (let round = 0; round < 10 && countMappings() > before; round++) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(countMappings()).toBeLessThanOrEqual(before + 1); // the last one may still be on the stack
  });

  it("refuses files, which could be cut short, and what is not open", () => {
    const { map } = addon();
    const file = openSync("/proc/self/exe", "r");
    expect(map(file, pageSize(), 0, false)).toBe(-Errno.ENODEV);
    closeSync(file);
    const sysfs = openSync("/sys/kernel/uevent_seqnum", "r");
    expect(map(sysfs, pageSize(), 0, false)).toBe(-Errno.ENODEV);
    closeSync(sysfs);
    expect(map(-1, pageSize(), 0, false)).toBe(-Errno.EBADF);
    expect(map(99_999, pageSize(), 0, false)).toBe(-Errno.EBADF);
  });

  it("gives the kernel's refusals", () => {
    using plain = newMap(MapType.HASH, { key: 4, value: 4, entries: 1 });
    expect(addon().map(plain.value, pageSize(), 0, false)).toBe(-Errno.ENOTSUPP);
    using fd = mappable();
    expect(addon().map(fd.value, 64 * pageSize(), 0, false)).toBe(-Errno.EINVAL);
  });

  it("gives the refusal of an arena whose faults have to end the process", (context) => {
    using unreachable = newMapOrSkip(context, MapType.ARENA, {
      entries: 4,
      flags: MapFlag.MMAPABLE | MapFlag.SEGV_ON_FAULT,
    });
    expect(addon().map(unreachable.value, pageSize(), 0, true)).toBe(-Errno.EOPNOTSUPP);
  });

  it("throws for lengths, offsets and types that can't be", () => {
    using fd = mappable();
    const { map, unmap } = addon();
    for (const length of [0, 1, -4096, pageSize() + 1, 2 ** 53, Number.NaN, Infinity]) {
      expect(() => map(fd.value, length, 0, false)).toThrow(RangeError);
    }
    for (const offset of [1, -4096, 2 ** 53])
      expect(() => map(fd.value, pageSize(), offset, false)).toThrow(RangeError);
    expect(() => Reflect.apply(map, undefined, [fd.value, pageSize(), 0])).toThrow(TypeError);
    expect(() => Reflect.apply(map, undefined, [fd.value, "4096", 0, true])).toThrow(TypeError);
    for (const wrong of [undefined, null, {}, new Uint8Array(8), new ArrayBuffer(8), new SharedArrayBuffer(8), "x"]) {
      expect(() => Reflect.apply(unmap, undefined, [wrong])).toThrow(TypeError);
    }
  });
});

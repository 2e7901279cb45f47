import { closeSync, existsSync, openSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32, u64, u8 } from "../codec/index.ts";
import { loadCollectionSync } from "../collection/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { pinDescriptor } from "../links/index.ts";
import {
  ArrayMap,
  HashMap,
  openMapByFd,
  openMapById,
  openPinnedMap,
  PerCpuArrayMap,
  PerCpuHashMap,
  RingBuf,
  StackTraceMap,
} from "./index.ts";

const files = bpfFileSystem();
const pin = join(files.path, "map");
let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => {
  if (existsSync(pin)) unlinkSync(pin);
  expect(openKernelObjects()).toEqual(before);
});

describe("create", () => {
  it("hash, LRU and per CPU", () => {
    using hash = HashMap.create({ name: "flows.by-source", key: u32, value: u64, maxEntries: 8, preallocate: false });
    hash.set(1, 2n);
    expect([...hash]).toEqual([[1, 2n]]);
    expect(hash).toMatchObject({
      name: "flows.by-source",
      type: MapType.HASH,
      flags: MapFlag.NO_PREALLOC,
      maxEntries: 8,
    });
    using lru = HashMap.create({ key: u32, value: u8, maxEntries: 8, lru: true });
    expect(lru.type).toBe(MapType.LRU_HASH);
    using perCpu = PerCpuHashMap.create({ key: u32, value: u64, maxEntries: 8, lru: true });
    expect(perCpu.type).toBe(MapType.LRU_PERCPU_HASH);
    expect(perCpu).toBeInstanceOf(HashMap);
  });

  it("arrays and rings", () => {
    using array = ArrayMap.create({ value: u64, maxEntries: 4, mapped: true });
    array.set(3, 7n);
    expect([...array]).toEqual([0n, 0n, 0n, 7n]);
    expect(array.flags & MapFlag.MMAPABLE).not.toBe(0);
    using perCpu = PerCpuArrayMap.create({ value: u32, maxEntries: 2 });
    expect(new Set(perCpu.get(0))).toEqual(new Set([0]));
    using ring = RingBuf.create({ name: "ring", size: 5000, record: u64 });
    expect(ring.maxEntries).toBe(8192);
    expect(ring.consume(() => {})).toBe(0);
  });

  it("says which field is wrong", () => {
    expect(() => HashMap.create({ name: "flows", key: u32, value: u64, maxEntries: 0 })).toThrow(
      'map "flows": BPF_MAP_CREATE failed with EINVAL (invalid argument): max_entries is 0, BPF_MAP_TYPE_HASH wants more than 0',
    );
    expect(() => HashMap.create({ key: u32, value: u64, maxEntries: 1, lru: true, preallocate: false })).toThrow(
      "BPF_MAP_TYPE_LRU_HASH does not take the flag BPF_F_NO_PREALLOC",
    );
    expect(() => RingBuf.create({ size: 0 })).toThrow("max_entries is 0");
  });

  it("says which flag it is that the kernel alone knows not to take", () => {
    const hash = { key: u32, value: u64, maxEntries: 1 };
    expect(() => HashMap.create({ ...hash, flags: MapFlag.MMAPABLE | MapFlag.RDONLY_PROG })).toThrow(
      /EINVAL \(invalid argument\): BPF_MAP_TYPE_HASH does not take the flag BPF_F_MMAPABLE$/,
    );
    expect(() => HashMap.create({ ...hash, flags: 0x4000_0000 | MapFlag.MMAPABLE })).toThrow(
      "does not take the flag BPF_F_MMAPABLE; BPF_MAP_TYPE_HASH does not take the flag 0x40000000",
    );
    expect(() => HashMap.create({ ...hash, numaNode: 1000 })).toThrow("there is no NUMA node 1000");
    expect(() => StackTraceMap.create({ maxEntries: 1, maxDepth: 70_000 })).toThrow(
      "value size is 560000, which is more than kernel.perf_event_max_stack frames",
    );
    // Each is fine without the other.
    expect(() => HashMap.create({ ...hash, flags: MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG })).toThrow(
      "the kernel refuses a field or flag of its definition",
    );
  });

  it("shares the map that is pinned", (context) => {
    files.require(context);
    using first = ArrayMap.create({ name: "shared", value: u64, maxEntries: 2, pinPath: pin });
    first.set(1, 5n);
    using second = ArrayMap.create({ name: "shared", value: u64, maxEntries: 2, pinPath: pin });
    expect(second.id).toBe(first.id);
    expect(second.get(1)).toBe(5n);
    expect(() => ArrayMap.create({ name: "shared", value: u32, maxEntries: 3, pinPath: pin })).toThrow(
      'map "shared" is not compatible: value size 8, wanted 4; max_entries 2, wanted 3',
    );
  });
});

describe("open", () => {
  it("by id, of the kind that is asked for", () => {
    using made = HashMap.create({ name: "numbers", key: u32, value: u64, maxEntries: 8 });
    made.set(1, 2n);
    using opened = HashMap.fromId(made.id, { key: u32, value: u64 });
    expect(opened).toMatchObject({ name: "numbers", id: made.id });
    expect(opened.get(1)).toBe(2n);
    using any = openMapById(made.id);
    expect(any).toBeInstanceOf(HashMap);
    using raw = HashMap.fromId<Uint8Array, Uint8Array>(made.id);
    expect([...raw.values()]).toEqual([new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0])]);
    expect(() => ArrayMap.fromId(made.id)).toThrow(
      'map "numbers" can\'t be opened as ArrayMap: type BPF_MAP_TYPE_HASH, wanted BPF_MAP_TYPE_ARRAY',
    );
    expect(() => PerCpuHashMap.fromId(made.id)).toThrow(
      "wanted BPF_MAP_TYPE_PERCPU_HASH or BPF_MAP_TYPE_LRU_PERCPU_HASH",
    );
    expect(() => HashMap.fromId(made.id, { key: u64 })).toThrow("its keys have 4 bytes, the codec of __u64 has 8");
    expect(() => HashMap.fromId(0x7fff_ffff)).toThrow("there is no map with id 2147483647");
  });

  it("by descriptor, which stays the caller's", () => {
    using made = ArrayMap.create({ name: "array", value: u64, maxEntries: 2 });
    {
      using opened = ArrayMap.fromFd(made.fd, { value: u64 });
      expect(opened.fd).not.toBe(made.fd);
      opened.set(1, 9n);
    }
    expect(made.get(1)).toBe(9n);
    using any = openMapByFd(made.fd, { name: "mine", value: u64 });
    expect(any).toMatchObject({ name: "mine", valueSize: 8 });
    const file = openSync("/proc/self/status", "r");
    try {
      expect(() => ArrayMap.fromFd(file)).toThrow(`descriptor ${file} is not a map but no BPF object`);
    } finally {
      closeSync(file);
    }
    expect(() => openMapByFd(99_999)).toThrow("descriptor 99999: readlink failed with EBADF");
  });

  it("with memory, also for reading or writing only", (context) => {
    files.require(context);
    using made = ArrayMap.create({ name: "cells", value: u64, maxEntries: 2, mapped: true });
    made.pin(pin);
    using reader = ArrayMap.fromPin(pin, { value: u64, readOnly: true });
    using writer = ArrayMap.fromPin(pin, { value: u64, writeOnly: true });
    writer.set(1, 7n);
    expect(() => writer.get(1)).toThrow("the map is write-only for system calls");
    expect(reader.get(1)).toBe(7n);
    expect(() => reader.set(1, 8n)).toThrow(/EPERM/);
    expect(made.get(1)).toBe(7n);
  });

  it("with codecs from the map's own BTF", () => {
    const object = readFileSync(new URL("../collection/fixtures/calls.el.o", import.meta.url));
    using collection = loadCollectionSync(CollectionSpec.parse(object), { programs: ["direct"], maps: ["numbers"] });
    const numbers = collection.maps.get("numbers");
    using opened = openMapById(numbers?.id ?? 0);
    if (!(opened instanceof ArrayMap)) throw new Error("no array");
    opened.set(2, 12n);
    expect([...opened]).toEqual([0n, 0n, 12n, 0n]);
  });

  it("by pin, also for reading only", (context) => {
    files.require(context);
    using made = HashMap.create({ name: "numbers", key: u32, value: u64, maxEntries: 8 });
    made.set(1, 2n);
    expect(() => HashMap.fromPin(pin)).toThrow(`nothing is pinned at "${pin}"`);
    pinDescriptor(made.fd, pin, "map");
    using reader = HashMap.fromPin(pin, { key: u32, value: u64, readOnly: true });
    expect(reader.get(1)).toBe(2n);
    expect(() => reader.set(1, 3n)).toThrow(/EPERM/);
    using writer = HashMap.fromPin(pin, { key: u32, value: u64, writeOnly: true });
    writer.set(1, 3n);
    expect(() => writer.get(1)).toThrow("the map is write-only for system calls");
    using any = openPinnedMap(pin);
    expect(any).toBeInstanceOf(HashMap);
    expect(any.info()).toMatchObject({ id: made.id, type: MapType.HASH, name: "numbers", keySize: 4, valueSize: 8 });
    expect(() => openPinnedMap(pin, { readOnly: true, writeOnly: true })).toThrow("leave one out");
  });
});

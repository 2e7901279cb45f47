import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap, newMapOrSkip } from "../../../../test/new-map.ts";
import type { NewMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { ipv4Prefix, u32, u64 } from "../codec/index.ts";
import { NotSupportedError } from "../errors/index.ts";
import { possibleCpus } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import {
  ArrayMap,
  BloomFilter,
  CgroupArray,
  CgroupAttachmentStorage,
  CpuMap,
  DevMap,
  DevMapHash,
  HashMap,
  InstructionArray,
  LpmTrie,
  MapArray,
  MapHash,
  openMap,
  PerCpuArrayMap,
  PerCpuCgroupAttachmentStorage,
  PerCpuHashMap,
  PerfEventArray,
  ProgramArray,
  Queue,
  ReuseportSockArray,
  RingBuf,
  SockHash,
  SockMap,
  Stack,
  StackTraceMap,
  XskMap,
} from "./index.ts";
import type { BpfMap } from "./index.ts";

beforeEach(requireKernel);

const index = { key: 4, value: 4, entries: 4 };
const cpus = Math.min(possibleCpus(), 4);

/** Every kind that takes no types and no other objects to make, with its class. */
const kinds: readonly (readonly [keyof typeof MapType, { readonly name: string }, NewMap])[] = [
  ["HASH", HashMap, index],
  ["ARRAY", ArrayMap, index],
  ["PROG_ARRAY", ProgramArray, index],
  ["PERF_EVENT_ARRAY", PerfEventArray, index],
  ["PERCPU_HASH", PerCpuHashMap, index],
  ["PERCPU_ARRAY", PerCpuArrayMap, index],
  ["STACK_TRACE", StackTraceMap, { key: 4, value: 80, entries: 4 }],
  ["CGROUP_ARRAY", CgroupArray, index],
  ["LRU_HASH", HashMap, index],
  ["LRU_PERCPU_HASH", PerCpuHashMap, index],
  ["LPM_TRIE", LpmTrie, { key: 8, value: 4, entries: 4, flags: MapFlag.NO_PREALLOC }],
  ["DEVMAP", DevMap, index],
  ["SOCKMAP", SockMap, index],
  ["CPUMAP", CpuMap, { key: 4, value: 4, entries: cpus }],
  ["XSKMAP", XskMap, index],
  ["SOCKHASH", SockHash, index],
  ["CGROUP_STORAGE_DEPRECATED", CgroupAttachmentStorage, { key: 16, value: 8, entries: 0 }],
  ["REUSEPORT_SOCKARRAY", ReuseportSockArray, index],
  ["PERCPU_CGROUP_STORAGE_DEPRECATED", PerCpuCgroupAttachmentStorage, { key: 16, value: 8, entries: 0 }],
  ["QUEUE", Queue, { value: 4, entries: 4 }],
  ["STACK", Stack, { value: 4, entries: 4 }],
  ["DEVMAP_HASH", DevMapHash, index],
  ["RINGBUF", RingBuf, { entries: 65536 }],
  ["BLOOM_FILTER", BloomFilter, { value: 4, entries: 4 }],
  ["INSN_ARRAY", InstructionArray, { key: 4, value: 16, entries: 4 }],
  ["RHASH", HashMap, { key: 4, value: 4, entries: 4, flags: MapFlag.NO_PREALLOC }],
];

describe("every kind has its interface", () => {
  for (const [type, Class, shape] of kinds) {
    it(`${type}: ${Class.name}`, (context) => {
      const before = openKernelObjects();
      const map = openMap(newMapOrSkip(context, MapType[type], shape), { name: type });
      expect(map).toBeInstanceOf(Class);
      expect(map).toMatchObject({ name: type, type: MapType[type], maxEntries: shape.entries });
      expect(map.id).toBeGreaterThan(0);
      const clone = map.clone();
      expect(clone.id).toBe(map.id);
      expect(clone.fd).not.toBe(map.fd);
      map.close();
      expect(() => map.fd).toThrow(`map "${type}" is closed`);
      expect(clone.fd).toBeGreaterThan(0);
      clone.close();
      expect(openKernelObjects()).toEqual(before);
    });
  }
});

it("codecs of the wrong size are refused, and nothing stays open", () => {
  const before = openKernelObjects();
  for (const [type, shape] of [
    [MapType.QUEUE, { value: 4, entries: 1 }],
    [MapType.LPM_TRIE, { key: 8, value: 4, entries: 1, flags: MapFlag.NO_PREALLOC }],
  ] as const) {
    using fd = newMap(type, shape);
    const value = { name: "wrong", size: 5, align: 1, read: () => 0, write: () => undefined };
    expect(() => openMap(fd, { name: "wrong", value })).toThrow("its values have 4 bytes, the codec of wrong has 5");
  }
  expect(openKernelObjects()).toEqual(before);
});

it("hash maps that grow", (context) => {
  const shape = { key: 4, value: 8, entries: 100, flags: MapFlag.NO_PREALLOC };
  using fd = newMapOrSkip(context, MapType.RHASH, shape);
  using map = HashMap.fromFd(fd.value, { key: u32, value: u64 });
  for (let key = 0; key < 100; key++) map.set(key, BigInt(key) * 10n);
  expect(map.get(7)).toBe(70n);
  expect(map.size).toBe(100);
  expect(new Map(map).get(99)).toBe(990n);
  expect(map.delete(7)).toBe(true);
  expect(map.has(7)).toBe(false);
  map.clear();
  expect(map.size).toBe(0);
});

/** Statics of every class. */
interface Reopening {
  fromId(this: unknown, id: number, options: object): BpfMap;
  fromPin(this: unknown, path: string, options: object): BpfMap;
}

const files = bpfFileSystem();
const pin = join(files.path, "map");

const template = (): HashMap<number, bigint> => HashMap.create({ key: u32, value: u64, maxEntries: 1 });

describe("without an object", () => {
  const fromFd = { openInner: (fd: number) => HashMap.fromFd(fd, { key: u32, value: u64 }) };
  const maxEntries = 1;

  it.for<[string, () => BpfMap, (fd: number) => BpfMap]>([
    ["Queue", () => Queue.create({ value: u64, maxEntries }), (fd) => Queue.fromFd(fd)],
    ["Stack", () => Stack.create({ value: u64, maxEntries }), (fd) => Stack.fromFd(fd)],
    ["BloomFilter", () => BloomFilter.create({ value: u64, maxEntries, hashes: 3 }), (fd) => BloomFilter.fromFd(fd)],
    ["LpmTrie", () => LpmTrie.create({ key: ipv4Prefix, value: u64, maxEntries }), (fd) => LpmTrie.fromFd(fd)],
    ["ProgramArray", () => ProgramArray.create({ maxEntries }), (fd) => ProgramArray.fromFd(fd)],
    [
      "MapArray",
      () => {
        using innerMap = template();
        return MapArray.create({ innerMap, maxEntries });
      },
      (fd) => MapArray.fromFd(fd, fromFd),
    ],
    [
      "MapHash",
      () => {
        using innerMap = template();
        return MapHash.create({ key: u64, innerMap, maxEntries });
      },
      (fd) => MapHash.fromFd(fd, { key: u64, ...fromFd }),
    ],
    ["CgroupArray", () => CgroupArray.create({ maxEntries }), (fd) => CgroupArray.fromFd(fd)],
    ["DevMap", () => DevMap.create({ maxEntries, programs: true }), (fd) => DevMap.fromFd(fd)],
    ["DevMapHash", () => DevMapHash.create({ maxEntries }), (fd) => DevMapHash.fromFd(fd)],
    ["CpuMap", () => CpuMap.create({ maxEntries }), (fd) => CpuMap.fromFd(fd)],
    ["XskMap", () => XskMap.create({ maxEntries }), (fd) => XskMap.fromFd(fd)],
    ["SockMap", () => SockMap.create({ maxEntries }), (fd) => SockMap.fromFd(fd)],
    ["SockHash", () => SockHash.create({ key: u64, maxEntries }), (fd) => SockHash.fromFd(fd)],
    ["ReuseportSockArray", () => ReuseportSockArray.create({ maxEntries }), (fd) => ReuseportSockArray.fromFd(fd)],
    [
      "CgroupAttachmentStorage",
      () => CgroupAttachmentStorage.create({ value: u64, perCgroup: true }),
      (fd) => CgroupAttachmentStorage.fromFd(fd),
    ],
    [
      "PerCpuCgroupAttachmentStorage",
      () => PerCpuCgroupAttachmentStorage.create({ value: u64 }),
      (fd) => PerCpuCgroupAttachmentStorage.fromFd(fd),
    ],
    [
      "StackTraceMap",
      () => StackTraceMap.create({ maxEntries, maxDepth: 8, buildIds: true }),
      (fd) => StackTraceMap.fromFd(fd),
    ],
    ["InstructionArray", () => InstructionArray.create({ maxEntries }), (fd) => InstructionArray.fromFd(fd)],
  ])("%s", ([name, create, open], context) => {
    const before = openKernelObjects();
    try {
      using map = create();
      expect(map.constructor.name).toBe(name);
      using same = open(map.fd);
      expect(same.id).toBe(map.id);
      using clone = same.clone();
      expect(clone.id).toBe(map.id);
      const { fromId, fromPin } = map.constructor as Partial<Reopening>; // those of the class in the first column
      using byId = fromId!.call(map.constructor, map.id, fromFd);
      expect([byId.constructor, byId.id]).toEqual([map.constructor, map.id]);
      files.require(context);
      map.pin(pin);
      try {
        using byPin = fromPin!.call(map.constructor, pin, fromFd);
        expect([byPin.constructor, byPin.id, byPin.pinnedAt]).toEqual([map.constructor, map.id, pin]);
      } finally {
        map.unpin();
      }
    } catch (error) {
      // As it says itself.
      if (!(error instanceof NotSupportedError)) throw error;
    }
    expect(openKernelObjects()).toEqual(before);
  });
});

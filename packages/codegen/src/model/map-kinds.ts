import { MapType } from "bpf-loader/uapi";
import type { MapKind } from "./object-model.ts";
import type { RuntimeName } from "./runtime-names.ts";

/** How maps of a kind show in generated code. */
export interface MapKindRule {
  readonly types: readonly number[];
  /** Type of the tag, and the function that makes one. */
  readonly tag: RuntimeName;
  readonly make: RuntimeName;
  /** What is said of such a map behind its name, in this order: types of the tag, arguments of the function. */
  readonly parts: readonly ("key" | "value" | "record" | "inner")[];
}

/** Every kind of map. */
export const mapKinds: Readonly<Record<MapKind, MapKindRule>> = {
  hash: {
    types: [MapType.HASH, MapType.LRU_HASH, MapType.RHASH],
    tag: "HashMapTag",
    make: "hashMap",
    parts: ["key", "value"],
  },
  perCpuHash: {
    types: [MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH],
    tag: "PerCpuHashMapTag",
    make: "perCpuHashMap",
    parts: ["key", "value"],
  },
  array: { types: [MapType.ARRAY], tag: "ArrayMapTag", make: "arrayMap", parts: ["value"] },
  perCpuArray: { types: [MapType.PERCPU_ARRAY], tag: "PerCpuArrayMapTag", make: "perCpuArrayMap", parts: ["value"] },
  ringBuf: { types: [MapType.RINGBUF], tag: "RingBufTag", make: "ringBuf", parts: ["record"] },
  userRingBuf: { types: [MapType.USER_RINGBUF], tag: "UserRingBufTag", make: "userRingBuf", parts: ["record"] },
  perfEventArray: {
    types: [MapType.PERF_EVENT_ARRAY],
    tag: "PerfEventArrayTag",
    make: "perfEventArray",
    parts: ["record"],
  },
  lpmTrie: { types: [MapType.LPM_TRIE], tag: "LpmTrieTag", make: "lpmTrie", parts: ["key", "value"] },
  queue: { types: [MapType.QUEUE], tag: "QueueTag", make: "queueMap", parts: ["value"] },
  stack: { types: [MapType.STACK], tag: "StackTag", make: "stackMap", parts: ["value"] },
  bloomFilter: { types: [MapType.BLOOM_FILTER], tag: "BloomFilterTag", make: "bloomFilter", parts: ["value"] },
  programArray: { types: [MapType.PROG_ARRAY], tag: "ProgramArrayTag", make: "programArray", parts: [] },
  mapArray: { types: [MapType.ARRAY_OF_MAPS], tag: "MapArrayTag", make: "mapArray", parts: ["inner"] },
  mapHash: { types: [MapType.HASH_OF_MAPS], tag: "MapHashTag", make: "mapHash", parts: ["key", "inner"] },
  cgroupArray: { types: [MapType.CGROUP_ARRAY], tag: "CgroupArrayTag", make: "cgroupArray", parts: [] },
  devMap: { types: [MapType.DEVMAP], tag: "DevMapTag", make: "devMap", parts: [] },
  devMapHash: { types: [MapType.DEVMAP_HASH], tag: "DevMapHashTag", make: "devMapHash", parts: [] },
  cpuMap: { types: [MapType.CPUMAP], tag: "CpuMapTag", make: "cpuMap", parts: [] },
  xskMap: { types: [MapType.XSKMAP], tag: "XskMapTag", make: "xskMap", parts: [] },
  sockMap: { types: [MapType.SOCKMAP], tag: "SockMapTag", make: "sockMap", parts: [] },
  sockHash: { types: [MapType.SOCKHASH], tag: "SockHashTag", make: "sockHash", parts: ["key"] },
  reuseportSockArray: {
    types: [MapType.REUSEPORT_SOCKARRAY],
    tag: "ReuseportSockArrayTag",
    make: "reuseportSockArray",
    parts: [],
  },
  socketStorage: { types: [MapType.SK_STORAGE], tag: "SocketStorageTag", make: "socketStorage", parts: ["value"] },
  taskStorage: { types: [MapType.TASK_STORAGE], tag: "TaskStorageTag", make: "taskStorage", parts: ["value"] },
  inodeStorage: { types: [MapType.INODE_STORAGE], tag: "InodeStorageTag", make: "inodeStorage", parts: ["value"] },
  cgroupStorage: { types: [MapType.CGRP_STORAGE], tag: "CgroupStorageTag", make: "cgroupStorage", parts: ["value"] },
  cgroupAttachmentStorage: {
    types: [MapType.CGROUP_STORAGE_DEPRECATED],
    tag: "CgroupAttachmentStorageTag",
    make: "cgroupAttachmentStorage",
    parts: ["value"],
  },
  perCpuCgroupAttachmentStorage: {
    types: [MapType.PERCPU_CGROUP_STORAGE_DEPRECATED],
    tag: "PerCpuCgroupAttachmentStorageTag",
    make: "perCpuCgroupAttachmentStorage",
    parts: ["value"],
  },
  stackTrace: { types: [MapType.STACK_TRACE], tag: "StackTraceMapTag", make: "stackTraceMap", parts: [] },
  instructionArray: { types: [MapType.INSN_ARRAY], tag: "InstructionArrayTag", make: "instructionArray", parts: [] },
  arena: { types: [MapType.ARENA], tag: "ArenaMapTag", make: "arenaMap", parts: [] },
  structOps: { types: [MapType.STRUCT_OPS], tag: "StructOpsMapTag", make: "structOpsMap", parts: [] },
  plain: { types: [], tag: "PlainMapTag", make: "plainMap", parts: [] },
};

const kindOfType: ReadonlyMap<number, MapKind> = new Map(
  // Its keys are the kinds.
  (Object.entries(mapKinds) as [MapKind, MapKindRule][]).flatMap(([kind, { types }]) =>
    types.map((type) => [type, kind]),
  ),
);

/** The kind of a map of this type. */
export function mapKindOf(type: number): MapKind {
  return kindOfType.get(type) ?? "plain";
}

/** Whether the values of such a map are records, of which the kernel knows no type. */
export function hasRecords(kind: MapKind): boolean {
  return mapKinds[kind].parts.includes("record");
}

/** Whether generated code says of what type the values, or records, of such a map are. Others are the kernel's own. */
export function hasValues(kind: MapKind): boolean {
  return kind === "plain" || mapKinds[kind].parts.some((part) => part === "value" || part === "record");
}

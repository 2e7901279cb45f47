/**
 * Tags of maps: what the fields of a generated object say about each map, and the functions that make them.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import { mapArrayTag, mapHashTag } from "../collection/map-tags.ts";
import { MapTag } from "../collection/tag.ts";
import type {
  ArenaMap,
  ArrayMap,
  BloomFilter,
  CgroupArray,
  CgroupAttachmentStorage,
  CgroupStorage,
  CpuMap,
  DevMap,
  DevMapHash,
  HashMap,
  InodeStorage,
  InstructionArray,
  LpmTrie,
  MapArray,
  MapHash,
  PerCpuArrayMap,
  PerCpuCgroupAttachmentStorage,
  PerCpuHashMap,
  PerfEventArray,
  PlainMap,
  ProgramArray,
  Queue,
  ReuseportSockArray,
  RingBuf,
  SockHash,
  SockMap,
  SocketStorage,
  Stack,
  StackTraceMap,
  StructOpsMap,
  TaskStorage,
  UserRingBuf,
  XskMap,
} from "../maps/index.ts";
import type { LiveMap } from "./bpf-object.ts";

/** A hash map, plain, LRU or one that grows. */
export type HashMapTag<K, V> = MapTag<HashMap<K, V>>;
/** A hash map with a value for each CPU, plain or LRU. */
export type PerCpuHashMapTag<K, V> = MapTag<PerCpuHashMap<K, V>>;
/** An array. */
export type ArrayMapTag<V> = MapTag<ArrayMap<V>>;
/** An array with a value for each CPU. */
export type PerCpuArrayMapTag<V> = MapTag<PerCpuArrayMap<V>>;
/** A ring buffer; `T` is a record. */
export type RingBufTag<T> = MapTag<RingBuf<T>>;
/** A ring buffer that this process writes; `T` is a record. */
export type UserRingBufTag<T> = MapTag<UserRingBuf<T>>;
/** Perf events; `T` is a record. */
export type PerfEventArrayTag<T> = MapTag<PerfEventArray<T>>;
/** Values by prefix. */
export type LpmTrieTag<K, V> = MapTag<LpmTrie<K, V>>;
/** A queue. */
export type QueueTag<V> = MapTag<Queue<V>>;
/** A stack. */
export type StackTag<V> = MapTag<Stack<V>>;
/** A bloom filter. */
export type BloomFilterTag<V> = MapTag<BloomFilter<V>>;
/** Programs by index. */
export type ProgramArrayTag = MapTag<ProgramArray>;
/** Maps by index. */
export type MapArrayTag<I extends MapTag = MapTag> = MapTag<MapArray<LiveMap<I>>>;
/** Maps by key. */
export type MapHashTag<K, I extends MapTag = MapTag> = MapTag<MapHash<K, LiveMap<I>>>;
/** Cgroups by index. */
export type CgroupArrayTag = MapTag<CgroupArray>;
/** Network interfaces by index. */
export type DevMapTag = MapTag<DevMap>;
/** Network interfaces by number. */
export type DevMapHashTag = MapTag<DevMapHash>;
/** CPUs to redirect packets to. */
export type CpuMapTag = MapTag<CpuMap>;
/** AF_XDP sockets by index. */
export type XskMapTag = MapTag<XskMap>;
/** Sockets by index. */
export type SockMapTag = MapTag<SockMap>;
/** Sockets by key. */
export type SockHashTag<K> = MapTag<SockHash<K>>;
/** Sockets that share a port, by index. */
export type ReuseportSockArrayTag = MapTag<ReuseportSockArray>;
/** A value for each socket. */
export type SocketStorageTag<V> = MapTag<SocketStorage<V>>;
/** A value for each thread. */
export type TaskStorageTag<V> = MapTag<TaskStorage<V>>;
/** A value for each file. */
export type InodeStorageTag<V> = MapTag<InodeStorage<V>>;
/** A value for each cgroup. */
export type CgroupStorageTag<V> = MapTag<CgroupStorage<V>>;
/** A value for each attachment to a cgroup. */
export type CgroupAttachmentStorageTag<V> = MapTag<CgroupAttachmentStorage<V>>;
/** A value for each CPU and each attachment to a cgroup. */
export type PerCpuCgroupAttachmentStorageTag<V> = MapTag<PerCpuCgroupAttachmentStorage<V>>;
/** Stacks by id. */
export type StackTraceMapTag = MapTag<StackTraceMap>;
/** Where instructions went. */
export type InstructionArrayTag = MapTag<InstructionArray>;
/** Memory that programs and this process share. */
export type ArenaMapTag = MapTag<ArenaMap>;
/** A structure of functions of the kernel. */
export type StructOpsMapTag = MapTag<StructOpsMap>;
/** A map of a kind that this version does not know. */
export type PlainMapTag = MapTag<PlainMap>;

export {
  hashMapTag as hashMap,
  perCpuHashMapTag as perCpuHashMap,
  arrayMapTag as arrayMap,
  perCpuArrayMapTag as perCpuArrayMap,
  ringBufTag as ringBuf,
  userRingBufTag as userRingBuf,
  perfEventArrayTag as perfEventArray,
  lpmTrieTag as lpmTrie,
  queueTag as queueMap,
  stackTag as stackMap,
  bloomFilterTag as bloomFilter,
  programArrayTag as programArray,
  cgroupArrayTag as cgroupArray,
  devMapTag as devMap,
  devMapHashTag as devMapHash,
  cpuMapTag as cpuMap,
  xskMapTag as xskMap,
  sockMapTag as sockMap,
  sockHashTag as sockHash,
  reuseportSockArrayTag as reuseportSockArray,
  socketStorageTag as socketStorage,
  taskStorageTag as taskStorage,
  inodeStorageTag as inodeStorage,
  cgroupStorageTag as cgroupStorage,
  cgroupAttachmentStorageTag as cgroupAttachmentStorage,
  perCpuCgroupAttachmentStorageTag as perCpuCgroupAttachmentStorage,
  stackTraceMapTag as stackTraceMap,
  instructionArrayTag as instructionArray,
  arenaMapTag as arenaMap,
  structOpsMapTag as structOpsMap,
} from "../collection/map-tags.ts";

/** `BPF_MAP_TYPE_ARRAY_OF_MAPS`; `inner` is the tag of the maps in it, where the object says what these are. */
export function mapArray<I extends MapTag = MapTag>(name: string, inner?: I): MapArrayTag<I> {
  return mapArrayTag(name, liveTag(inner));
}

/** `BPF_MAP_TYPE_HASH_OF_MAPS`; `inner` is the tag of the maps in it, where the object says what these are. */
export function mapHash<K, I extends MapTag = MapTag>(name: string, key: Codec<K>, inner?: I): MapHashTag<K, I> {
  return mapHashTag(name, key, liveTag(inner));
}

/** Every other kind of map. */
export function plainMap(name: string): PlainMapTag {
  return new MapTag(name);
}

function liveTag<I extends MapTag>(tag: I | undefined): MapTag<LiveMap<I>> | undefined {
  // A tag stands for a map of its live type: that is how LiveMap finds it.
  return tag as MapTag | undefined as MapTag<LiveMap<I>> | undefined;
}

/**
 * Tags of maps: what the fields of a generated object say about each map, and the functions that make them.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import {
  arenaMapTag,
  arrayMapTag,
  bloomFilterTag,
  cgroupArrayTag,
  cgroupAttachmentStorageTag,
  cgroupStorageTag,
  cpuMapTag,
  devMapHashTag,
  devMapTag,
  hashMapTag,
  inodeStorageTag,
  instructionArrayTag,
  lpmTrieTag,
  mapArrayTag,
  mapHashTag,
  perCpuArrayMapTag,
  perCpuCgroupAttachmentStorageTag,
  perCpuHashMapTag,
  perfEventArrayTag,
  programArrayTag,
  queueTag,
  reuseportSockArrayTag,
  ringBufTag,
  socketStorageTag,
  sockHashTag,
  sockMapTag,
  stackTag,
  stackTraceMapTag,
  structOpsMapTag,
  taskStorageTag,
  userRingBufTag,
  xskMapTag,
} from "../collection/map-tags.ts";
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

/** `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`, `BPF_MAP_TYPE_RHASH`. */
export const hashMap: <K, V>(name: string, key: Codec<K>, value: Codec<V>) => HashMapTag<K, V> = hashMapTag;
/** `BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
export const perCpuHashMap: <K, V>(name: string, key: Codec<K>, value: Codec<V>) => PerCpuHashMapTag<K, V> =
  perCpuHashMapTag;
/** `BPF_MAP_TYPE_ARRAY`. */
export const arrayMap: <V>(name: string, value: Codec<V>) => ArrayMapTag<V> = arrayMapTag;
/** `BPF_MAP_TYPE_PERCPU_ARRAY`. */
export const perCpuArrayMap: <V>(name: string, value: Codec<V>) => PerCpuArrayMapTag<V> = perCpuArrayMapTag;
/** `BPF_MAP_TYPE_RINGBUF`; without a codec its records are bytes. */
export const ringBuf: <T = Uint8Array>(name: string, record?: Codec<T>) => RingBufTag<T> = ringBufTag;
/** `BPF_MAP_TYPE_USER_RINGBUF`; without a codec its records are bytes. */
export const userRingBuf: <T = Uint8Array>(name: string, record?: Codec<T>) => UserRingBufTag<T> = userRingBufTag;
/** `BPF_MAP_TYPE_PERF_EVENT_ARRAY`; without a codec its records are bytes. */
export const perfEventArray: <T = Uint8Array>(name: string, record?: Codec<T>) => PerfEventArrayTag<T> =
  perfEventArrayTag;
/** `BPF_MAP_TYPE_LPM_TRIE`. */
export const lpmTrie: <K, V>(name: string, key: Codec<K>, value: Codec<V>) => LpmTrieTag<K, V> = lpmTrieTag;
/** `BPF_MAP_TYPE_QUEUE`. */
export const queueMap: <V>(name: string, value: Codec<V>) => QueueTag<V> = queueTag;
/** `BPF_MAP_TYPE_STACK`. */
export const stackMap: <V>(name: string, value: Codec<V>) => StackTag<V> = stackTag;
/** `BPF_MAP_TYPE_BLOOM_FILTER`. */
export const bloomFilter: <V>(name: string, value: Codec<V>) => BloomFilterTag<V> = bloomFilterTag;
/** `BPF_MAP_TYPE_PROG_ARRAY`. */
export const programArray: (name: string) => ProgramArrayTag = programArrayTag;
/** `BPF_MAP_TYPE_ARRAY_OF_MAPS`; `inner` is the tag of the maps in it, where the object says what these are. */
export function mapArray<I extends MapTag = MapTag>(name: string, inner?: I): MapArrayTag<I> {
  return mapArrayTag(name, liveTag(inner));
}
/** `BPF_MAP_TYPE_HASH_OF_MAPS`; `inner` is the tag of the maps in it, where the object says what these are. */
export function mapHash<K, I extends MapTag = MapTag>(name: string, key: Codec<K>, inner?: I): MapHashTag<K, I> {
  return mapHashTag(name, key, liveTag(inner));
}
/** `BPF_MAP_TYPE_CGROUP_ARRAY`. */
export const cgroupArray: (name: string) => CgroupArrayTag = cgroupArrayTag;
/** `BPF_MAP_TYPE_DEVMAP`. */
export const devMap: (name: string) => DevMapTag = devMapTag;
/** `BPF_MAP_TYPE_DEVMAP_HASH`. */
export const devMapHash: (name: string) => DevMapHashTag = devMapHashTag;
/** `BPF_MAP_TYPE_CPUMAP`. */
export const cpuMap: (name: string) => CpuMapTag = cpuMapTag;
/** `BPF_MAP_TYPE_XSKMAP`. */
export const xskMap: (name: string) => XskMapTag = xskMapTag;
/** `BPF_MAP_TYPE_SOCKMAP`. */
export const sockMap: (name: string) => SockMapTag = sockMapTag;
/** `BPF_MAP_TYPE_SOCKHASH`. */
export const sockHash: <K>(name: string, key: Codec<K>) => SockHashTag<K> = sockHashTag;
/** `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
export const reuseportSockArray: (name: string) => ReuseportSockArrayTag = reuseportSockArrayTag;
/** `BPF_MAP_TYPE_SK_STORAGE`. */
export const socketStorage: <V>(name: string, value: Codec<V>) => SocketStorageTag<V> = socketStorageTag;
/** `BPF_MAP_TYPE_TASK_STORAGE`. */
export const taskStorage: <V>(name: string, value: Codec<V>) => TaskStorageTag<V> = taskStorageTag;
/** `BPF_MAP_TYPE_INODE_STORAGE`. */
export const inodeStorage: <V>(name: string, value: Codec<V>) => InodeStorageTag<V> = inodeStorageTag;
/** `BPF_MAP_TYPE_CGRP_STORAGE`. */
export const cgroupStorage: <V>(name: string, value: Codec<V>) => CgroupStorageTag<V> = cgroupStorageTag;
/** `BPF_MAP_TYPE_CGROUP_STORAGE`, deprecated by the kernel. */
export const cgroupAttachmentStorage: <V>(name: string, value: Codec<V>) => CgroupAttachmentStorageTag<V> =
  cgroupAttachmentStorageTag;
/** `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`, deprecated by the kernel. */
export const perCpuCgroupAttachmentStorage: <V>(name: string, value: Codec<V>) => PerCpuCgroupAttachmentStorageTag<V> =
  perCpuCgroupAttachmentStorageTag;
/** `BPF_MAP_TYPE_STACK_TRACE`. */
export const stackTraceMap: (name: string) => StackTraceMapTag = stackTraceMapTag;
/** `BPF_MAP_TYPE_INSN_ARRAY`. */
export const instructionArray: (name: string) => InstructionArrayTag = instructionArrayTag;
/** `BPF_MAP_TYPE_ARENA`. */
export const arenaMap: (name: string) => ArenaMapTag = arenaMapTag;
/** `BPF_MAP_TYPE_STRUCT_OPS`. */
export const structOpsMap: (name: string) => StructOpsMapTag = structOpsMapTag;

/** Every other kind of map. */
export function plainMap(name: string): PlainMapTag {
  return new MapTag(name);
}

function liveTag<I extends MapTag>(tag: I | undefined): MapTag<LiveMap<I>> | undefined {
  // A tag stands for a map of its live type: that is how LiveMap finds it.
  return tag as MapTag | undefined as MapTag<LiveMap<I>> | undefined;
}

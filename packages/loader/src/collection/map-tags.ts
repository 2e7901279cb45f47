/**
 * Tags of maps by kind: each says which kind a map has, or one with the same interface, and with which codecs it is read. Without
 * codecs, keys and values are decoded by the object's BTF. They are data: no class of maps comes along with them.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import type {
  ArenaMap,
  ArrayMap,
  BloomFilter,
  BpfMap,
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
import { MapType } from "../uapi/map-type.ts";
import { MapTag } from "./tag.ts";

/** `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`, `BPF_MAP_TYPE_RHASH`. */
export function hashMapTag<K = unknown, V = unknown>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
): MapTag<HashMap<K, V>> {
  return new MapTag(name, MapType.HASH, { key, value });
}

/** `BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
export function perCpuHashMapTag<K = unknown, V = unknown>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
): MapTag<PerCpuHashMap<K, V>> {
  return new MapTag(name, MapType.PERCPU_HASH, { key, value });
}

/** `BPF_MAP_TYPE_ARRAY`. */
export function arrayMapTag<V = unknown>(name: string, value?: Codec<V>): MapTag<ArrayMap<V>> {
  return new MapTag(name, MapType.ARRAY, { value });
}

/** `BPF_MAP_TYPE_PERCPU_ARRAY`. */
export function perCpuArrayMapTag<V = unknown>(name: string, value?: Codec<V>): MapTag<PerCpuArrayMap<V>> {
  return new MapTag(name, MapType.PERCPU_ARRAY, { value });
}

/** `BPF_MAP_TYPE_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
export function ringBufTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<RingBuf<T>> {
  return new MapTag(name, MapType.RINGBUF, { value: record });
}

/** `BPF_MAP_TYPE_USER_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
export function userRingBufTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<UserRingBuf<T>> {
  return new MapTag(name, MapType.USER_RINGBUF, { value: record });
}

/** `BPF_MAP_TYPE_PERF_EVENT_ARRAY`; without a codec records are bytes, unless the definition declares their type. */
export function perfEventArrayTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<PerfEventArray<T>> {
  return new MapTag(name, MapType.PERF_EVENT_ARRAY, { value: record });
}

/** `BPF_MAP_TYPE_LPM_TRIE`. */
export function lpmTrieTag<K = unknown, V = unknown>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
): MapTag<LpmTrie<K, V>> {
  return new MapTag(name, MapType.LPM_TRIE, { key, value });
}

/** `BPF_MAP_TYPE_QUEUE`. */
export function queueTag<V = unknown>(name: string, value?: Codec<V>): MapTag<Queue<V>> {
  return new MapTag(name, MapType.QUEUE, { value });
}

/** `BPF_MAP_TYPE_STACK`. */
export function stackTag<V = unknown>(name: string, value?: Codec<V>): MapTag<Stack<V>> {
  return new MapTag(name, MapType.STACK, { value });
}

/** `BPF_MAP_TYPE_BLOOM_FILTER`. */
export function bloomFilterTag<V = unknown>(name: string, value?: Codec<V>): MapTag<BloomFilter<V>> {
  return new MapTag(name, MapType.BLOOM_FILTER, { value });
}

/** `BPF_MAP_TYPE_PROG_ARRAY`. */
export function programArrayTag(name: string): MapTag<ProgramArray> {
  return new MapTag(name, MapType.PROG_ARRAY);
}

/** `BPF_MAP_TYPE_ARRAY_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
export function mapArrayTag<M extends BpfMap = BpfMap>(name: string, inner?: MapTag<M>): MapTag<MapArray<M>> {
  return new MapTag(name, MapType.ARRAY_OF_MAPS, { inner });
}

/** `BPF_MAP_TYPE_HASH_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
export function mapHashTag<K = unknown, M extends BpfMap = BpfMap>(
  name: string,
  key?: Codec<K>,
  inner?: MapTag<M>,
): MapTag<MapHash<K, M>> {
  return new MapTag(name, MapType.HASH_OF_MAPS, { key, inner });
}

/** `BPF_MAP_TYPE_CGROUP_ARRAY`. */
export function cgroupArrayTag(name: string): MapTag<CgroupArray> {
  return new MapTag(name, MapType.CGROUP_ARRAY);
}

/** `BPF_MAP_TYPE_DEVMAP`. */
export function devMapTag(name: string): MapTag<DevMap> {
  return new MapTag(name, MapType.DEVMAP);
}

/** `BPF_MAP_TYPE_DEVMAP_HASH`. */
export function devMapHashTag(name: string): MapTag<DevMapHash> {
  return new MapTag(name, MapType.DEVMAP_HASH);
}

/** `BPF_MAP_TYPE_CPUMAP`. */
export function cpuMapTag(name: string): MapTag<CpuMap> {
  return new MapTag(name, MapType.CPUMAP);
}

/** `BPF_MAP_TYPE_XSKMAP`. */
export function xskMapTag(name: string): MapTag<XskMap> {
  return new MapTag(name, MapType.XSKMAP);
}

/** `BPF_MAP_TYPE_SOCKMAP`. */
export function sockMapTag(name: string): MapTag<SockMap> {
  return new MapTag(name, MapType.SOCKMAP);
}

/** `BPF_MAP_TYPE_SOCKHASH`. */
export function sockHashTag<K = unknown>(name: string, key?: Codec<K>): MapTag<SockHash<K>> {
  return new MapTag(name, MapType.SOCKHASH, { key });
}

/** `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
export function reuseportSockArrayTag(name: string): MapTag<ReuseportSockArray> {
  return new MapTag(name, MapType.REUSEPORT_SOCKARRAY);
}

/** `BPF_MAP_TYPE_SK_STORAGE`. */
export function socketStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<SocketStorage<V>> {
  return new MapTag(name, MapType.SK_STORAGE, { value });
}

/** `BPF_MAP_TYPE_TASK_STORAGE`. */
export function taskStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<TaskStorage<V>> {
  return new MapTag(name, MapType.TASK_STORAGE, { value });
}

/** `BPF_MAP_TYPE_INODE_STORAGE`. */
export function inodeStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<InodeStorage<V>> {
  return new MapTag(name, MapType.INODE_STORAGE, { value });
}

/** `BPF_MAP_TYPE_CGRP_STORAGE`. */
export function cgroupStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<CgroupStorage<V>> {
  return new MapTag(name, MapType.CGRP_STORAGE, { value });
}

/** `BPF_MAP_TYPE_CGROUP_STORAGE`, deprecated by the kernel. */
export function cgroupAttachmentStorageTag<V = unknown>(
  name: string,
  value?: Codec<V>,
): MapTag<CgroupAttachmentStorage<V>> {
  return new MapTag(name, MapType.CGROUP_STORAGE_DEPRECATED, { value });
}

/** `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`, deprecated by the kernel. */
export function perCpuCgroupAttachmentStorageTag<V = unknown>(
  name: string,
  value?: Codec<V>,
): MapTag<PerCpuCgroupAttachmentStorage<V>> {
  return new MapTag(name, MapType.PERCPU_CGROUP_STORAGE_DEPRECATED, { value });
}

/** `BPF_MAP_TYPE_STACK_TRACE`. */
export function stackTraceMapTag(name: string): MapTag<StackTraceMap> {
  return new MapTag(name, MapType.STACK_TRACE);
}

/** `BPF_MAP_TYPE_INSN_ARRAY`. */
export function instructionArrayTag(name: string): MapTag<InstructionArray> {
  return new MapTag(name, MapType.INSN_ARRAY);
}

/** `BPF_MAP_TYPE_ARENA`. */
export function arenaMapTag(name: string): MapTag<ArenaMap> {
  return new MapTag(name, MapType.ARENA);
}

/** `BPF_MAP_TYPE_STRUCT_OPS`. */
export function structOpsMapTag(name: string): MapTag<StructOpsMap> {
  return new MapTag(name, MapType.STRUCT_OPS);
}

/** The functions above by the names that `ebpf` has them by. */
export interface MapTags {
  readonly hashMap: typeof hashMapTag;
  readonly perCpuHashMap: typeof perCpuHashMapTag;
  readonly arrayMap: typeof arrayMapTag;
  readonly perCpuArrayMap: typeof perCpuArrayMapTag;
  readonly ringBuf: typeof ringBufTag;
  readonly userRingBuf: typeof userRingBufTag;
  readonly perfEventArray: typeof perfEventArrayTag;
  readonly lpmTrie: typeof lpmTrieTag;
  readonly queue: typeof queueTag;
  readonly stack: typeof stackTag;
  readonly bloomFilter: typeof bloomFilterTag;
  readonly programArray: typeof programArrayTag;
  readonly mapArray: typeof mapArrayTag;
  readonly mapHash: typeof mapHashTag;
  readonly cgroupArray: typeof cgroupArrayTag;
  readonly devMap: typeof devMapTag;
  readonly devMapHash: typeof devMapHashTag;
  readonly cpuMap: typeof cpuMapTag;
  readonly xskMap: typeof xskMapTag;
  readonly sockMap: typeof sockMapTag;
  readonly sockHash: typeof sockHashTag;
  readonly reuseportSockArray: typeof reuseportSockArrayTag;
  readonly socketStorage: typeof socketStorageTag;
  readonly taskStorage: typeof taskStorageTag;
  readonly inodeStorage: typeof inodeStorageTag;
  readonly cgroupStorage: typeof cgroupStorageTag;
  readonly cgroupAttachmentStorage: typeof cgroupAttachmentStorageTag;
  readonly perCpuCgroupAttachmentStorage: typeof perCpuCgroupAttachmentStorageTag;
  readonly stackTraceMap: typeof stackTraceMapTag;
  readonly instructionArray: typeof instructionArrayTag;
  readonly arenaMap: typeof arenaMapTag;
  readonly structOpsMap: typeof structOpsMapTag;
}

/** See {@link MapTags}. */
export const mapTags: MapTags = {
  hashMap: hashMapTag,
  perCpuHashMap: perCpuHashMapTag,
  arrayMap: arrayMapTag,
  perCpuArrayMap: perCpuArrayMapTag,
  ringBuf: ringBufTag,
  userRingBuf: userRingBufTag,
  perfEventArray: perfEventArrayTag,
  lpmTrie: lpmTrieTag,
  queue: queueTag,
  stack: stackTag,
  bloomFilter: bloomFilterTag,
  programArray: programArrayTag,
  mapArray: mapArrayTag,
  mapHash: mapHashTag,
  cgroupArray: cgroupArrayTag,
  devMap: devMapTag,
  devMapHash: devMapHashTag,
  cpuMap: cpuMapTag,
  xskMap: xskMapTag,
  sockMap: sockMapTag,
  sockHash: sockHashTag,
  reuseportSockArray: reuseportSockArrayTag,
  socketStorage: socketStorageTag,
  taskStorage: taskStorageTag,
  inodeStorage: inodeStorageTag,
  cgroupStorage: cgroupStorageTag,
  cgroupAttachmentStorage: cgroupAttachmentStorageTag,
  perCpuCgroupAttachmentStorage: perCpuCgroupAttachmentStorageTag,
  stackTraceMap: stackTraceMapTag,
  instructionArray: instructionArrayTag,
  arenaMap: arenaMapTag,
  structOpsMap: structOpsMapTag,
};

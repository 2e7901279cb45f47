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
import type { MapTagOptions, TagOptions } from "./tag.ts";

/** The tag of a map, optional as `O` says: in these words, the compiler takes `O` from the options, and not from where the tag is put. */
export type MapTagOf<M extends BpfMap, O extends boolean> = MapTag<M, O extends true ? true : false>;

function mapTag<M extends BpfMap, O extends boolean>(
  name: string,
  type: MapType,
  options?: MapTagOptions<O>,
): MapTagOf<M, O> {
  // `O` is what the condition comes to, be it true, false or both.
  return new MapTag<M, O>(name, type, options) as MapTag<M, boolean> as MapTagOf<M, O>;
}

/** `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`, `BPF_MAP_TYPE_RHASH`. */
export function hashMapTag<K = unknown, V = unknown, O extends boolean = false>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<HashMap<K, V>, O> {
  return mapTag(name, MapType.HASH, { key, value, ...options });
}

/** `BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
export function perCpuHashMapTag<K = unknown, V = unknown, O extends boolean = false>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<PerCpuHashMap<K, V>, O> {
  return mapTag(name, MapType.PERCPU_HASH, { key, value, ...options });
}

/** `BPF_MAP_TYPE_ARRAY`. */
export function arrayMapTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<ArrayMap<V>, O> {
  return mapTag(name, MapType.ARRAY, { value, ...options });
}

/** `BPF_MAP_TYPE_PERCPU_ARRAY`. */
export function perCpuArrayMapTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<PerCpuArrayMap<V>, O> {
  return mapTag(name, MapType.PERCPU_ARRAY, { value, ...options });
}

/** `BPF_MAP_TYPE_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
export function ringBufTag<T = Uint8Array, O extends boolean = false>(
  name: string,
  record?: Codec<T>,
  options?: TagOptions<O>,
): MapTagOf<RingBuf<T>, O> {
  return mapTag(name, MapType.RINGBUF, { value: record, ...options });
}

/** `BPF_MAP_TYPE_USER_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
export function userRingBufTag<T = Uint8Array, O extends boolean = false>(
  name: string,
  record?: Codec<T>,
  options?: TagOptions<O>,
): MapTagOf<UserRingBuf<T>, O> {
  return mapTag(name, MapType.USER_RINGBUF, { value: record, ...options });
}

/** `BPF_MAP_TYPE_PERF_EVENT_ARRAY`; without a codec records are bytes, unless the definition declares their type. */
export function perfEventArrayTag<T = Uint8Array, O extends boolean = false>(
  name: string,
  record?: Codec<T>,
  options?: TagOptions<O>,
): MapTagOf<PerfEventArray<T>, O> {
  return mapTag(name, MapType.PERF_EVENT_ARRAY, { value: record, ...options });
}

/** `BPF_MAP_TYPE_LPM_TRIE`. */
export function lpmTrieTag<K = unknown, V = unknown, O extends boolean = false>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<LpmTrie<K, V>, O> {
  return mapTag(name, MapType.LPM_TRIE, { key, value, ...options });
}

/** `BPF_MAP_TYPE_QUEUE`. */
export function queueTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<Queue<V>, O> {
  return mapTag(name, MapType.QUEUE, { value, ...options });
}

/** `BPF_MAP_TYPE_STACK`. */
export function stackTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<Stack<V>, O> {
  return mapTag(name, MapType.STACK, { value, ...options });
}

/** `BPF_MAP_TYPE_BLOOM_FILTER`. */
export function bloomFilterTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<BloomFilter<V>, O> {
  return mapTag(name, MapType.BLOOM_FILTER, { value, ...options });
}

/** `BPF_MAP_TYPE_PROG_ARRAY`. */
export function programArrayTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<ProgramArray, O> {
  return mapTag(name, MapType.PROG_ARRAY, options);
}

/** `BPF_MAP_TYPE_ARRAY_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
export function mapArrayTag<M extends BpfMap = BpfMap, O extends boolean = false>(
  name: string,
  inner?: MapTag<M>,
  options?: TagOptions<O>,
): MapTagOf<MapArray<M>, O> {
  return mapTag(name, MapType.ARRAY_OF_MAPS, { inner, ...options });
}

/** `BPF_MAP_TYPE_HASH_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
export function mapHashTag<K = unknown, M extends BpfMap = BpfMap, O extends boolean = false>(
  name: string,
  key?: Codec<K>,
  inner?: MapTag<M>,
  options?: TagOptions<O>,
): MapTagOf<MapHash<K, M>, O> {
  return mapTag(name, MapType.HASH_OF_MAPS, { key, inner, ...options });
}

/** `BPF_MAP_TYPE_CGROUP_ARRAY`. */
export function cgroupArrayTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<CgroupArray, O> {
  return mapTag(name, MapType.CGROUP_ARRAY, options);
}

/** `BPF_MAP_TYPE_DEVMAP`. */
export function devMapTag<O extends boolean = false>(name: string, options?: TagOptions<O>): MapTagOf<DevMap, O> {
  return mapTag(name, MapType.DEVMAP, options);
}

/** `BPF_MAP_TYPE_DEVMAP_HASH`. */
export function devMapHashTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<DevMapHash, O> {
  return mapTag(name, MapType.DEVMAP_HASH, options);
}

/** `BPF_MAP_TYPE_CPUMAP`. */
export function cpuMapTag<O extends boolean = false>(name: string, options?: TagOptions<O>): MapTagOf<CpuMap, O> {
  return mapTag(name, MapType.CPUMAP, options);
}

/** `BPF_MAP_TYPE_XSKMAP`. */
export function xskMapTag<O extends boolean = false>(name: string, options?: TagOptions<O>): MapTagOf<XskMap, O> {
  return mapTag(name, MapType.XSKMAP, options);
}

/** `BPF_MAP_TYPE_SOCKMAP`. */
export function sockMapTag<O extends boolean = false>(name: string, options?: TagOptions<O>): MapTagOf<SockMap, O> {
  return mapTag(name, MapType.SOCKMAP, options);
}

/** `BPF_MAP_TYPE_SOCKHASH`. */
export function sockHashTag<K = unknown, O extends boolean = false>(
  name: string,
  key?: Codec<K>,
  options?: TagOptions<O>,
): MapTagOf<SockHash<K>, O> {
  return mapTag(name, MapType.SOCKHASH, { key, ...options });
}

/** `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
export function reuseportSockArrayTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<ReuseportSockArray, O> {
  return mapTag(name, MapType.REUSEPORT_SOCKARRAY, options);
}

/** `BPF_MAP_TYPE_SK_STORAGE`. */
export function socketStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<SocketStorage<V>, O> {
  return mapTag(name, MapType.SK_STORAGE, { value, ...options });
}

/** `BPF_MAP_TYPE_TASK_STORAGE`. */
export function taskStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<TaskStorage<V>, O> {
  return mapTag(name, MapType.TASK_STORAGE, { value, ...options });
}

/** `BPF_MAP_TYPE_INODE_STORAGE`. */
export function inodeStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<InodeStorage<V>, O> {
  return mapTag(name, MapType.INODE_STORAGE, { value, ...options });
}

/** `BPF_MAP_TYPE_CGRP_STORAGE`. */
export function cgroupStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<CgroupStorage<V>, O> {
  return mapTag(name, MapType.CGRP_STORAGE, { value, ...options });
}

/** `BPF_MAP_TYPE_CGROUP_STORAGE`, deprecated by the kernel. */
export function cgroupAttachmentStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<CgroupAttachmentStorage<V>, O> {
  return mapTag(name, MapType.CGROUP_STORAGE_DEPRECATED, { value, ...options });
}

/** `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`, deprecated by the kernel. */
export function perCpuCgroupAttachmentStorageTag<V = unknown, O extends boolean = false>(
  name: string,
  value?: Codec<V>,
  options?: TagOptions<O>,
): MapTagOf<PerCpuCgroupAttachmentStorage<V>, O> {
  return mapTag(name, MapType.PERCPU_CGROUP_STORAGE_DEPRECATED, { value, ...options });
}

/** `BPF_MAP_TYPE_STACK_TRACE`. */
export function stackTraceMapTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<StackTraceMap, O> {
  return mapTag(name, MapType.STACK_TRACE, options);
}

/** `BPF_MAP_TYPE_INSN_ARRAY`. */
export function instructionArrayTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<InstructionArray, O> {
  return mapTag(name, MapType.INSN_ARRAY, options);
}

/** `BPF_MAP_TYPE_ARENA`. */
export function arenaMapTag<O extends boolean = false>(name: string, options?: TagOptions<O>): MapTagOf<ArenaMap, O> {
  return mapTag(name, MapType.ARENA, options);
}

/** `BPF_MAP_TYPE_STRUCT_OPS`. */
export function structOpsMapTag<O extends boolean = false>(
  name: string,
  options?: TagOptions<O>,
): MapTagOf<StructOpsMap, O> {
  return mapTag(name, MapType.STRUCT_OPS, options);
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

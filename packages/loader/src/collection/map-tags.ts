/**
 * Tags of maps by kind: each says which kinds a map may have, and with which codecs it is read. Without codecs, keys and values are
 * decoded by the object's BTF.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import {
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
import type { BpfMap } from "../maps/index.ts";
import { MapTag } from "./tag.ts";

/** `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`, `BPF_MAP_TYPE_RHASH`. */
function hashMapTag<K = unknown, V = unknown>(name: string, key?: Codec<K>, value?: Codec<V>): MapTag<HashMap<K, V>> {
  return new MapTag(name, HashMap.mapTypes, { key, value });
}

/** `BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
function perCpuHashMapTag<K = unknown, V = unknown>(
  name: string,
  key?: Codec<K>,
  value?: Codec<V>,
): MapTag<PerCpuHashMap<K, V>> {
  return new MapTag(name, PerCpuHashMap.mapTypes, { key, value });
}

/** `BPF_MAP_TYPE_ARRAY`. */
function arrayMapTag<V = unknown>(name: string, value?: Codec<V>): MapTag<ArrayMap<V>> {
  return new MapTag(name, ArrayMap.mapTypes, { value });
}

/** `BPF_MAP_TYPE_PERCPU_ARRAY`. */
function perCpuArrayMapTag<V = unknown>(name: string, value?: Codec<V>): MapTag<PerCpuArrayMap<V>> {
  return new MapTag(name, PerCpuArrayMap.mapTypes, { value });
}

/** `BPF_MAP_TYPE_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
function ringBufTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<RingBuf<T>> {
  return new MapTag(name, RingBuf.mapTypes, { value: record });
}

/** `BPF_MAP_TYPE_USER_RINGBUF`; without a codec records are bytes, unless the definition declares their type. */
function userRingBufTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<UserRingBuf<T>> {
  return new MapTag(name, UserRingBuf.mapTypes, { value: record });
}

/** `BPF_MAP_TYPE_PERF_EVENT_ARRAY`; without a codec records are bytes, unless the definition declares their type. */
function perfEventArrayTag<T = Uint8Array>(name: string, record?: Codec<T>): MapTag<PerfEventArray<T>> {
  return new MapTag(name, PerfEventArray.mapTypes, { value: record });
}

/** `BPF_MAP_TYPE_LPM_TRIE`. */
function lpmTrieTag<K = unknown, V = unknown>(name: string, key?: Codec<K>, value?: Codec<V>): MapTag<LpmTrie<K, V>> {
  return new MapTag(name, LpmTrie.mapTypes, { key, value });
}

/** `BPF_MAP_TYPE_QUEUE`. */
function queueTag<V = unknown>(name: string, value?: Codec<V>): MapTag<Queue<V>> {
  return new MapTag(name, Queue.mapTypes, { value });
}

/** `BPF_MAP_TYPE_STACK`. */
function stackTag<V = unknown>(name: string, value?: Codec<V>): MapTag<Stack<V>> {
  return new MapTag(name, Stack.mapTypes, { value });
}

/** `BPF_MAP_TYPE_BLOOM_FILTER`. */
function bloomFilterTag<V = unknown>(name: string, value?: Codec<V>): MapTag<BloomFilter<V>> {
  return new MapTag(name, BloomFilter.mapTypes, { value });
}

/** `BPF_MAP_TYPE_PROG_ARRAY`. */
function programArrayTag(name: string): MapTag<ProgramArray> {
  return new MapTag(name, ProgramArray.mapTypes);
}

/** `BPF_MAP_TYPE_ARRAY_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
function mapArrayTag<M extends BpfMap = BpfMap>(name: string, inner?: MapTag<M>): MapTag<MapArray<M>> {
  return new MapTag(name, MapArray.mapTypes, { inner });
}

/** `BPF_MAP_TYPE_HASH_OF_MAPS`; `inner` is the tag of the maps in it, whose name is not looked at. */
function mapHashTag<K = unknown, M extends BpfMap = BpfMap>(
  name: string,
  key?: Codec<K>,
  inner?: MapTag<M>,
): MapTag<MapHash<K, M>> {
  return new MapTag(name, MapHash.mapTypes, { key, inner });
}

/** `BPF_MAP_TYPE_CGROUP_ARRAY`. */
function cgroupArrayTag(name: string): MapTag<CgroupArray> {
  return new MapTag(name, CgroupArray.mapTypes);
}

/** `BPF_MAP_TYPE_DEVMAP`. */
function devMapTag(name: string): MapTag<DevMap> {
  return new MapTag(name, DevMap.mapTypes);
}

/** `BPF_MAP_TYPE_DEVMAP_HASH`. */
function devMapHashTag(name: string): MapTag<DevMapHash> {
  return new MapTag(name, DevMapHash.mapTypes);
}

/** `BPF_MAP_TYPE_CPUMAP`. */
function cpuMapTag(name: string): MapTag<CpuMap> {
  return new MapTag(name, CpuMap.mapTypes);
}

/** `BPF_MAP_TYPE_XSKMAP`. */
function xskMapTag(name: string): MapTag<XskMap> {
  return new MapTag(name, XskMap.mapTypes);
}

/** `BPF_MAP_TYPE_SOCKMAP`. */
function sockMapTag(name: string): MapTag<SockMap> {
  return new MapTag(name, SockMap.mapTypes);
}

/** `BPF_MAP_TYPE_SOCKHASH`. */
function sockHashTag<K = unknown>(name: string, key?: Codec<K>): MapTag<SockHash<K>> {
  return new MapTag(name, SockHash.mapTypes, { key });
}

/** `BPF_MAP_TYPE_REUSEPORT_SOCKARRAY`. */
function reuseportSockArrayTag(name: string): MapTag<ReuseportSockArray> {
  return new MapTag(name, ReuseportSockArray.mapTypes);
}

/** `BPF_MAP_TYPE_SK_STORAGE`. */
function socketStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<SocketStorage<V>> {
  return new MapTag(name, SocketStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_TASK_STORAGE`. */
function taskStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<TaskStorage<V>> {
  return new MapTag(name, TaskStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_INODE_STORAGE`. */
function inodeStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<InodeStorage<V>> {
  return new MapTag(name, InodeStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_CGRP_STORAGE`. */
function cgroupStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<CgroupStorage<V>> {
  return new MapTag(name, CgroupStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_CGROUP_STORAGE`, deprecated by the kernel. */
function cgroupAttachmentStorageTag<V = unknown>(name: string, value?: Codec<V>): MapTag<CgroupAttachmentStorage<V>> {
  return new MapTag(name, CgroupAttachmentStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE`, deprecated by the kernel. */
function perCpuCgroupAttachmentStorageTag<V = unknown>(
  name: string,
  value?: Codec<V>,
): MapTag<PerCpuCgroupAttachmentStorage<V>> {
  return new MapTag(name, PerCpuCgroupAttachmentStorage.mapTypes, { value });
}

/** `BPF_MAP_TYPE_STACK_TRACE`. */
function stackTraceMapTag(name: string): MapTag<StackTraceMap> {
  return new MapTag(name, StackTraceMap.mapTypes);
}

/** `BPF_MAP_TYPE_INSN_ARRAY`. */
function instructionArrayTag(name: string): MapTag<InstructionArray> {
  return new MapTag(name, InstructionArray.mapTypes);
}

/** `BPF_MAP_TYPE_ARENA`. */
function arenaMapTag(name: string): MapTag<ArenaMap> {
  return new MapTag(name, ArenaMap.mapTypes);
}

/** `BPF_MAP_TYPE_STRUCT_OPS`. */
function structOpsMapTag(name: string): MapTag<StructOpsMap> {
  return new MapTag(name, StructOpsMap.mapTypes);
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

/**
 * Live maps, each kind with its natural interface.
 *
 * @module
 */

export { RingBuf } from "../events/ring-buf.ts";
export type { NewRingBuf, RingFromOptions } from "../events/ring-buf.ts";
export { ArenaMap } from "./arena-map.ts";
export type { ArenaMemory } from "./arena-map.ts";
export { ArrayMap } from "./array-map.ts";
export type { NewArrayMap } from "./array-map.ts";
export { BloomFilter } from "./bloom-filter.ts";
export type { NewBloomFilter } from "./bloom-filter.ts";
export { BpfMap } from "./bpf-map.ts";
export type { LookupOptions, OpenedMap, OpenInner, UpdateOptions } from "./bpf-map.ts";
export { CgroupArray } from "./cgroup-array.ts";
export type { NewCgroupArray } from "./cgroup-array.ts";
export { CgroupAttachmentStorage, PerCpuCgroupAttachmentStorage } from "./cgroup-attachment-storage.ts";
export type { CgroupAttachment, NewCgroupAttachmentStorage } from "./cgroup-attachment-storage.ts";
export { CpuMap } from "./cpu-map.ts";
export type { CpuQueue, CpuTarget, NewCpuMap } from "./cpu-map.ts";
export type { Descriptor, SetOptions } from "./descriptor-map.ts";
export { DevMap, DevMapHash } from "./device-map.ts";
export type { Device, DeviceTarget, NewDevMap } from "./device-map.ts";
export { EntryBatch } from "./entry-batch.ts";
export type { BatchOptions, RawEntries, RawKeys } from "./entry-batch.ts";
export { freezeMap } from "./freeze.ts";
export { HashMap } from "./hash-map.ts";
export type { NewHashMap } from "./hash-map.ts";
export { InstructionArray } from "./instruction-array.ts";
export type { InstructionPlace, NewInstructionArray } from "./instruction-array.ts";
export { KeyedMap } from "./keyed-map.ts";
export { createMap } from "./create-map.ts";
export type { MapDefinition, MapTypeIds } from "./create-map.ts";
export { mapKinds, openMap, openMapByFd, openMapById, openPinnedMap } from "./kinds.ts";
export { CgroupStorage, InodeStorage, SocketStorage, TaskStorage } from "./local-storage.ts";
export type { NewLocalStorage } from "./local-storage.ts";
export { LpmTrie } from "./lpm-trie.ts";
export type { NewLpmTrie } from "./lpm-trie.ts";
export type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
export { checkCompatible } from "./map-compatibility.ts";
export { MapArray, MapHash } from "./map-of-maps.ts";
export type { InnerMapOptions, NewMapArray, NewMapHash } from "./map-of-maps.ts";
export type { MapShape } from "./map-rules.ts";
export { mapHost, mapShape } from "./map-shape.ts";
export type { MapHost } from "./map-shape.ts";
export type { OpenMapOptions } from "./opened-map.ts";
export { openOrPin } from "./pinned-map.ts";
export type { MapAccess, PinnedMap } from "./pinned-map.ts";
export { PerCpuArrayMap } from "./per-cpu-array-map.ts";
export { PerCpuHashMap } from "./per-cpu-hash-map.ts";
export { PerfEventArray } from "./perf-event-array.ts";
export type {
  NewPerfEventArray,
  PerfBufferOptions,
  PerfEventArrayFromOptions,
  PerfRecord,
} from "./perf-event-array.ts";
export { PlainMap } from "./plain-map.ts";
export { ProgramArray } from "./program-array.ts";
export type { NewProgramArray } from "./program-array.ts";
export { Queue, Stack } from "./queue.ts";
export type { NewQueue, PushOptions } from "./queue.ts";
export type { SocketOwner } from "./socket-descriptor.ts";
export { ReuseportSockArray, SockHash, SockMap, XskMap } from "./socket-map.ts";
export type { NewSockHash, NewSockMap } from "./socket-map.ts";
export { StackTraceMap } from "./stack-trace-map.ts";
export type { BuildIdFrame, NewStackTraceMap, StackFrame } from "./stack-trace-map.ts";
export { closeStructOpsValue, StructOpsMap } from "./struct-ops-map.ts";
export type { StructOpsFromOptions, StructOpsState, StructOpsValue } from "./struct-ops-map.ts";
export { UserRingBuf } from "./user-ring-buf.ts";
export type { NewUserRingBuf, ReservedRecord, UserRingFromOptions } from "./user-ring-buf.ts";
export { Variable } from "./variable.ts";
export type { VariablePlace, VariableSection } from "./variable.ts";

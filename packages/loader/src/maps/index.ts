/**
 * Live maps, each kind with its natural interface.
 *
 * @module
 */

export { RingBuf } from "../events/ring-buf.ts";
export { ArenaMap } from "./arena-map.ts";
export type { ArenaMemory } from "./arena-map.ts";
export { ArrayMap } from "./array-map.ts";
export { BpfMap } from "./bpf-map.ts";
export type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
export { freezeMap } from "./freeze.ts";
export { EntryBatch } from "./entry-batch.ts";
export type { BatchOptions, RawEntries, RawKeys } from "./entry-batch.ts";
export { HashMap } from "./hash-map.ts";
export { KeyedMap } from "./keyed-map.ts";
export { createMap } from "./create-map.ts";
export type { MapDefinition, MapTypeIds } from "./create-map.ts";
export { mapKinds, openMap, openMapByFd, openMapById, openPinnedMap } from "./kinds.ts";
export type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
export { checkCompatible } from "./map-compatibility.ts";
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
export { closeStructOpsValue, StructOpsMap } from "./struct-ops-map.ts";
export type { StructOpsFromOptions, StructOpsState, StructOpsValue } from "./struct-ops-map.ts";
export { Variable } from "./variable.ts";
export type { VariablePlace, VariableSection } from "./variable.ts";

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
export { HashMap } from "./hash-map.ts";
export { mapKinds, openMap } from "./kinds.ts";
export type { OpenMapOptions } from "./kinds.ts";
export { PerCpuArrayMap } from "./per-cpu-array-map.ts";
export { PerCpuHashMap } from "./per-cpu-hash-map.ts";
export { PlainMap } from "./plain-map.ts";
export { Variable } from "./variable.ts";
export type { VariablePlace, VariableSection } from "./variable.ts";

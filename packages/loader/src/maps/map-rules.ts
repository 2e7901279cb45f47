/**
 * What the kernel wants of each kind of map: the `map_alloc_check` functions of its kernel/bpf/*.c. The kernel answers EINVAL
 * for all of it; this says which field it was.
 *
 * @module
 */

import { MapFlag, MapType, mapTypeName, mapTypeSince } from "../uapi/index.ts";

/** The fields of a map that the kernel checks. */
export interface MapShape {
  readonly type: MapType;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  /** Entries; bytes for ring buffers, pages for arenas. */
  readonly maxEntries: number;
  /** Bits of `MapFlag`. */
  readonly flags: number;
  readonly mapExtra: bigint;
}

/** Undefined = fine; otherwise what it should be. */
type Check = (value: number, host: Host) => string | undefined;

/** What the rules depend on. */
interface Host {
  /** Bytes. */
  readonly pageSize: number;
}

interface Rule {
  readonly key: Check;
  readonly value: Check;
  readonly entries: Check;
  /** Flags without which the kernel refuses it. */
  readonly needs?: number;
  /** Flags with which the kernel refuses it. */
  readonly refuses?: number;
}

const zero: Check = (value) => (value === 0 ? undefined : "0");
const positive: Check = (value) => (value > 0 ? undefined : "more than 0");
const exactly =
  (...sizes: readonly number[]): Check =>
  (value) =>
    sizes.includes(value) ? undefined : sizes.join(" or ");
const between =
  (from: number, to: number): Check =>
  (value) =>
    value >= from && value <= to ? undefined : `${from} to ${to}`;
/** A cgroup's id, or `struct bpf_cgroup_storage_key`. */
const cgroupKey: Check = exactly(8, 16);
const multipleOf8: Check = (value) => (value > 0 && value % 8 === 0 ? undefined : "a multiple of 8, more than 0");
const ringSize: Check = (value, host) =>
  value >= host.pageSize && Number.isInteger(Math.log2(value / host.pageSize))
    ? undefined
    : `the page size (${host.pageSize}) times a power of two`;

const storage: Rule = { key: exactly(4), value: positive, entries: zero, needs: MapFlag.NO_PREALLOC };
const descriptors: Rule = { key: exactly(4), value: exactly(4), entries: positive, refuses: MapFlag.NO_PREALLOC };
const hash: Rule = { key: positive, value: positive, entries: positive };
const queue: Rule = { key: zero, value: positive, entries: positive };
const ring: Rule = { key: zero, value: zero, entries: ringSize };

const rules: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [MapType.HASH, hash],
  [MapType.PERCPU_HASH, hash],
  [MapType.LRU_HASH, { ...hash, refuses: MapFlag.NO_PREALLOC }],
  [MapType.LRU_PERCPU_HASH, { ...hash, refuses: MapFlag.NO_PREALLOC }],
  [MapType.HASH_OF_MAPS, { ...hash, value: exactly(4) }],
  [MapType.ARRAY, { key: exactly(4), value: positive, entries: positive, refuses: MapFlag.NO_PREALLOC }],
  [MapType.PERCPU_ARRAY, { key: exactly(4), value: positive, entries: positive, refuses: MapFlag.NO_PREALLOC }],
  [MapType.PROG_ARRAY, descriptors],
  [MapType.PERF_EVENT_ARRAY, descriptors],
  [MapType.CGROUP_ARRAY, descriptors],
  [MapType.ARRAY_OF_MAPS, descriptors],
  [MapType.STACK_TRACE, { key: exactly(4), value: multipleOf8, entries: positive }],
  [MapType.LPM_TRIE, { key: between(5, 260), value: positive, entries: positive, needs: MapFlag.NO_PREALLOC }],
  [MapType.DEVMAP, { key: exactly(4), value: exactly(4, 8), entries: positive }],
  [MapType.DEVMAP_HASH, { key: exactly(4), value: exactly(4, 8), entries: positive }],
  [MapType.CPUMAP, { key: exactly(4), value: exactly(4, 8), entries: positive }],
  [MapType.XSKMAP, { key: exactly(4), value: exactly(4), entries: positive }],
  [MapType.SOCKMAP, { key: exactly(4), value: exactly(4, 8), entries: positive }],
  [MapType.SOCKHASH, { key: positive, value: exactly(4, 8), entries: positive }],
  [MapType.REUSEPORT_SOCKARRAY, { key: exactly(4), value: exactly(4, 8), entries: positive }],
  [MapType.QUEUE, queue],
  [MapType.STACK, queue],
  [MapType.BLOOM_FILTER, queue],
  [MapType.SK_STORAGE, storage],
  [MapType.INODE_STORAGE, storage],
  [MapType.TASK_STORAGE, storage],
  [MapType.CGRP_STORAGE, storage],
  [MapType.RINGBUF, ring],
  [MapType.USER_RINGBUF, ring],
  [MapType.ARENA, { key: zero, value: zero, entries: positive, needs: MapFlag.MMAPABLE }],
  [MapType.CGROUP_STORAGE_DEPRECATED, { key: cgroupKey, value: positive, entries: zero }],
  [MapType.PERCPU_CGROUP_STORAGE_DEPRECATED, { key: cgroupKey, value: positive, entries: zero }],
]);

/** Flags without which the kernel makes no map of that type. */
export function neededFlags(type: MapType): number {
  return rules.get(type)?.needs ?? 0;
}

/** Every field that the kernel would refuse: `"max_entries is 0, the kernel wants more than 0"`. Empty when none is known. */
export function mapShapeProblems(shape: MapShape, host: Host): string[] {
  const rule = rules.get(shape.type);
  if (shape.type === MapType.UNSPEC) return ["its definition has no type"];
  if (rule === undefined) return mapTypeSince[shape.type] === undefined ? [`there is no map type ${shape.type}`] : [];
  const problems: string[] = [];
  const check = (field: string, value: number, wanted: string | undefined): void => {
    if (wanted !== undefined) problems.push(`${field} is ${value}, ${mapTypeName(shape.type)} wants ${wanted}`);
  };
  check("key size", shape.keySize, rule.key(shape.keySize, host));
  check("value size", shape.valueSize, rule.value(shape.valueSize, host));
  check("max_entries", shape.maxEntries, rule.entries(shape.maxEntries, host));
  const lacking = (rule.needs ?? 0) & ~shape.flags;
  if (lacking !== 0) problems.push(`${mapTypeName(shape.type)} needs the flag ${flagNames(lacking)}`);
  const refused = (rule.refuses ?? 0) & shape.flags;
  if (refused !== 0) problems.push(`${mapTypeName(shape.type)} does not take the flag ${flagNames(refused)}`);
  return problems;
}

/** `"BPF_F_NO_PREALLOC | BPF_F_MMAPABLE"`; bits without a name as a hexadecimal number, `"0"` for none. */
export function flagNames(flags: number): string {
  const names: string[] = [];
  let rest = flags;
  for (const [name, bit] of Object.entries(MapFlag)) {
    if ((rest & bit) === 0) continue;
    names.push(`BPF_F_${name}`);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.length === 0 ? "0" : names.join(" | ");
}

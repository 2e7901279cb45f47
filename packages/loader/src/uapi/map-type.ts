/**
 * `enum bpf_map_type` of the kernel's include/uapi/linux/bpf.h. Names are the kernel's without `BPF_MAP_TYPE_`.
 *
 * @module
 */

/** Kinds of map. */
export const MapType = {
  UNSPEC: 0,
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERF_EVENT_ARRAY: 4,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  STACK_TRACE: 7,
  CGROUP_ARRAY: 8,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  DEVMAP: 14,
  SOCKMAP: 15,
  CPUMAP: 16,
  XSKMAP: 17,
  SOCKHASH: 18,
  CGROUP_STORAGE_DEPRECATED: 19,
  REUSEPORT_SOCKARRAY: 20,
  PERCPU_CGROUP_STORAGE_DEPRECATED: 21,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  DEVMAP_HASH: 25,
  STRUCT_OPS: 26,
  RINGBUF: 27,
  INODE_STORAGE: 28,
  TASK_STORAGE: 29,
  BLOOM_FILTER: 30,
  USER_RINGBUF: 31,
  CGRP_STORAGE: 32,
  ARENA: 33,
  INSN_ARRAY: 34,
  RHASH: 35,
} as const;
/** One of {@link MapType}, or a number that a newer kernel brought. */
export type MapType = (typeof MapType)[keyof typeof MapType] | (number & {});

/** First kernel release that has it. */
export const mapTypeSince: Readonly<Record<number, string>> = {
  1: "3.19",
  2: "3.19",
  3: "4.2",
  4: "4.3",
  5: "4.6",
  6: "4.6",
  7: "4.6",
  8: "4.8",
  9: "4.10",
  10: "4.10",
  11: "4.11",
  12: "4.12",
  13: "4.12",
  14: "4.14",
  15: "4.14",
  16: "4.15",
  17: "4.18",
  18: "4.18",
  19: "4.19",
  20: "4.19",
  21: "4.20",
  22: "4.20",
  23: "4.20",
  24: "5.2",
  25: "5.4",
  26: "5.6",
  27: "5.8",
  28: "5.10",
  29: "5.11",
  30: "5.16",
  31: "6.1",
  32: "6.2",
  33: "6.9",
  34: "6.19",
  35: "7.2",
};

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(MapType).map(([name, value]) => [value, `BPF_MAP_TYPE_${name}`]),
);

/** The kernel's name: `"BPF_MAP_TYPE_HASH"`, or the number for one that is not known here. */
export function mapTypeName(value: number): string {
  return names.get(value) ?? String(value);
}

import { Errno, pageSize, type FeatureProbe, type mapCreate, type Values } from "../sys/index.ts";
import { MapFlag, MapType, mapTypeName, mapTypeSince } from "../uapi/index.ts";
import { cantTell, isUnknown, NOWHERE, tryMap } from "./try-call.ts";

const probes = new Map<number, FeatureProbe>();

/** Whether the kernel has a type of map: it takes the smallest one, or gets so far as to miss what that refers to. */
export function mapTypeProbe(type: MapType): FeatureProbe {
  let probe = probes.get(type);
  if (probe === undefined) {
    probe = { name: mapTypeName(type), since: mapTypeSince[type], test: () => isKnown(type) };
    probes.set(type, probe);
  }
  return probe;
}

/** The smallest map of a type; `undefined` for types that are not known here. */
export function smallestMap(type: MapType): Values<typeof mapCreate> | undefined {
  const rest = smallest.get(type);
  return rest === undefined ? undefined : { mapType: type, ...entry, ...rest() };
}

const entry: Values<typeof mapCreate> = { keySize: 4, valueSize: 4, maxEntries: 1 };
const ordinary = (): Values<typeof mapCreate> => ({});
const ring = (): Values<typeof mapCreate> => ({ keySize: 0, valueSize: 0, maxEntries: pageSize() });
const queue = (): Values<typeof mapCreate> => ({ keySize: 0 });
/** Of types whose values are described by BTF, which the kernel looks for once it knows the type. */
const storage = (): Values<typeof mapCreate> => ({
  maxEntries: 0,
  mapFlags: MapFlag.NO_PREALLOC,
  btfFd: NOWHERE,
  btfKeyTypeId: 1,
  btfValueTypeId: 1,
});
const mapOfMaps = (): Values<typeof mapCreate> => ({ innerMapFd: NOWHERE });
/** `struct bpf_cgroup_storage_key`. */
const cgroupStorage = (): Values<typeof mapCreate> => ({ keySize: 16, valueSize: 8, maxEntries: 0 });

const smallest: ReadonlyMap<number, () => Values<typeof mapCreate>> = new Map<number, () => Values<typeof mapCreate>>([
  ...[
    MapType.HASH,
    MapType.ARRAY,
    MapType.PROG_ARRAY,
    MapType.PERF_EVENT_ARRAY,
    MapType.PERCPU_HASH,
    MapType.PERCPU_ARRAY,
    MapType.CGROUP_ARRAY,
    MapType.LRU_HASH,
    MapType.LRU_PERCPU_HASH,
    MapType.DEVMAP,
    MapType.DEVMAP_HASH,
    MapType.SOCKMAP,
    MapType.SOCKHASH,
    MapType.CPUMAP,
    MapType.XSKMAP,
    MapType.REUSEPORT_SOCKARRAY,
  ].map((type) => [type, ordinary] as const),
  [MapType.STACK_TRACE, () => ({ valueSize: 8 })],
  [MapType.LPM_TRIE, () => ({ keySize: 8, mapFlags: MapFlag.NO_PREALLOC })],
  [MapType.ARRAY_OF_MAPS, mapOfMaps],
  [MapType.HASH_OF_MAPS, mapOfMaps],
  [MapType.CGROUP_STORAGE_DEPRECATED, cgroupStorage],
  [MapType.PERCPU_CGROUP_STORAGE_DEPRECATED, cgroupStorage],
  [MapType.QUEUE, queue],
  [MapType.STACK, queue],
  [MapType.BLOOM_FILTER, queue],
  [MapType.SK_STORAGE, storage],
  [MapType.INODE_STORAGE, storage],
  [MapType.TASK_STORAGE, storage],
  [MapType.CGRP_STORAGE, storage],
  // Type 1 of the kernel's BTF is no structure that programs may implement, which is ENOTSUPP.
  [MapType.STRUCT_OPS, () => ({ btfVmlinuxValueTypeId: 1 })],
  [MapType.RINGBUF, ring],
  [MapType.USER_RINGBUF, ring],
  [MapType.ARENA, () => ({ keySize: 0, valueSize: 0, mapFlags: MapFlag.MMAPABLE })],
  // `struct bpf_insn_array_value`.
  [MapType.INSN_ARRAY, () => ({ valueSize: 16 })],
  [MapType.RHASH, () => ({ mapFlags: MapFlag.NO_PREALLOC })],
]);

/** What a kernel answers that knows the type, and misses what its smallest map refers to. */
const misses: ReadonlySet<number> = new Set([-Errno.EBADF, -Errno.ENOTSUPP]);

function isKnown(type: MapType): boolean | string {
  const values = smallestMap(type);
  if (values === undefined) return "this version of the library does not know what such a map looks like";
  return takesMap(values);
}

/** Whether the kernel takes a map, or gets so far as to miss what it refers to. */
export function takesMap(values: Values<typeof mapCreate>): boolean | string {
  const result = tryMap(values);
  if (result >= 0 || misses.has(result)) return true;
  return isUnknown(result) ? false : cantTell(result, "BPF_MAP_CREATE");
}

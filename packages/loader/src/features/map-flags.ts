import type { FeatureProbe, mapCreate, Values } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { smallestMap, takesMap } from "./map-types.ts";
import { NOWHERE } from "./try-call.ts";

/** A flag of a map at its creation. */
export type MapFlagName = Exclude<keyof typeof MapFlag, "PATH_FD">;

interface Rule {
  readonly since: string;
  /** The kind of map that first had it. */
  readonly type: MapType;
  /** What the flag needs besides. */
  readonly with?: Values<typeof mapCreate>;
}

const rules: Readonly<Record<MapFlagName, Rule>> = {
  NO_PREALLOC: { since: "4.6", type: MapType.HASH },
  NO_COMMON_LRU: { since: "4.10", type: MapType.LRU_HASH },
  NUMA_NODE: { since: "4.14", type: MapType.HASH },
  RDONLY: { since: "4.15", type: MapType.HASH },
  WRONLY: { since: "4.15", type: MapType.HASH },
  // `struct bpf_stack_build_id`.
  STACK_BUILD_ID: { since: "4.17", type: MapType.STACK_TRACE, with: { valueSize: 32 } },
  ZERO_SEED: { since: "5.0", type: MapType.HASH },
  RDONLY_PROG: { since: "5.2", type: MapType.ARRAY },
  WRONLY_PROG: { since: "5.2", type: MapType.ARRAY },
  CLONE: { since: "5.4", type: MapType.SK_STORAGE },
  MMAPABLE: { since: "5.5", type: MapType.ARRAY },
  PRESERVE_ELEMS: { since: "5.10", type: MapType.PERF_EVENT_ARRAY },
  INNER_MAP: { since: "5.10", type: MapType.ARRAY },
  LINK: { since: "6.4", type: MapType.STRUCT_OPS },
  VTYPE_BTF_OBJ_FD: { since: "6.9", type: MapType.STRUCT_OPS, with: { valueTypeBtfObjFd: NOWHERE } },
  TOKEN_FD: { since: "6.9", type: MapType.ARRAY, with: { mapTokenFd: NOWHERE } },
  SEGV_ON_FAULT: { since: "6.9", type: MapType.ARENA },
  NO_USER_CONV: { since: "6.9", type: MapType.ARENA },
  RB_OVERWRITE: { since: "6.19", type: MapType.RINGBUF },
};

/** Whether the kernel knows each flag of maps: it takes a map with it. */
export const mapFlagProbes: Readonly<Record<MapFlagName, FeatureProbe>> = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, flagProbe(name as MapFlagName, rule)]),
) as Record<MapFlagName, FeatureProbe>; // rules has exactly these names

function flagProbe(name: MapFlagName, rule: Rule): FeatureProbe {
  return {
    name: `BPF_F_${name}`,
    since: rule.since,
    test: () => {
      const map = smallestMap(rule.type);
      return takesMap({ ...map, ...rule.with, mapFlags: (map?.mapFlags ?? 0) | MapFlag[name] });
    },
  };
}

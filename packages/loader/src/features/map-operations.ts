/**
 * Probes for what can be done with the entries of maps, tried on a map that has none.
 *
 * @module
 */
import { addon, Errno, mapCreate, tryBpf, type FeatureProbe, type MapSlot } from "../sys/index.ts";
import { Command, MapType, UpdateFlag } from "../uapi/index.ts";
import { smallestMap } from "./map-types.ts";
import { cantTell, tellsNothing } from "./try-call.ts";

/** Tries an operation on a new map: a kernel that has it finds no entry, one that has not refuses. */
function operationProbe(
  feature: { readonly name: string; readonly since: string },
  type: MapType,
  command: string,
  operation: (map: MapSlot) => number,
): FeatureProbe {
  return {
    ...feature,
    test: () => {
      const fd = tryBpf(Command.MAP_CREATE, mapCreate, { ...smallestMap(type) });
      if (fd < 0) return cantTell(fd, "BPF_MAP_CREATE");
      const slot = addon().openMapSlot(fd);
      if (typeof slot === "number") {
        addon().close(fd);
        return cantTell(slot, "BPF_OBJ_GET_INFO_BY_FD");
      }
      try {
        const result = operation(slot);
        return result >= 0 || result === -Errno.ENOENT || (tellsNothing(result) && cantTell(result, command));
      } finally {
        addon().closeMapSlot(slot.handle);
      }
    },
  };
}

/** Looks one entry up, or as many as the map has. */
function lookupBatch(map: MapSlot): number {
  const cursor = new Uint8Array(map.cursorBytes);
  new Uint32Array(cursor.buffer, 0, 1)[0] = 1;
  return addon().mapLookupBatch(map.handle, 0, cursor, new Uint8Array(8), new Uint8Array(map.valueBytes), true);
}

const lookupAndDelete = (map: MapSlot): number => addon().mapLookupAndDelete(map.handle, 0);

export const queuePop: FeatureProbe = operationProbe(
  { name: "taking from queues and stacks", since: "4.20" },
  MapType.QUEUE,
  "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
  lookupAndDelete,
);

export const mapBatches: FeatureProbe = operationProbe(
  { name: "batch operations on maps", since: "5.6" },
  MapType.HASH,
  "BPF_MAP_LOOKUP_BATCH",
  lookupBatch,
);

export const perCpuArrayBatches: FeatureProbe = operationProbe(
  { name: "batch operations on per-CPU arrays", since: "5.13" },
  MapType.PERCPU_ARRAY,
  "BPF_MAP_LOOKUP_BATCH",
  lookupBatch,
);

export const hashLookupAndDelete: FeatureProbe = operationProbe(
  { name: "looking up and deleting an entry of a hash map at once", since: "5.14" },
  MapType.HASH,
  "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
  lookupAndDelete,
);

/** BPF_F_CPU with a look-up, of CPU 0: the CPU is in the upper 32 bits of the flags. */
export const oneCpuValues: FeatureProbe = operationProbe(
  { name: "access to one CPU's value of a per-CPU map", since: "7.0" },
  MapType.PERCPU_ARRAY,
  "BPF_MAP_LOOKUP_ELEM",
  (map) => addon().mapLookup(map.handle, UpdateFlag.CPU),
);

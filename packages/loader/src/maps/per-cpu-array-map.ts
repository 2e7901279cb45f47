import { MapType } from "../uapi/index.ts";
import { ArrayMapBase } from "./array-map.ts";
import type { NewArrayMap } from "./array-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions } from "./map-class.ts";
import { perCpuCodec } from "./per-cpu.ts";

/**
 * An array with a value for each CPU: BPF_MAP_TYPE_PERCPU_ARRAY (since Linux 4.6). An element is an array with one value
 * for each possible CPU, those that are offline too; what is written must have as many.
 */
export class PerCpuArrayMap<V> extends ArrayMapBase<V[]> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERCPU_ARRAY];

  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
  }

  /** Creates an array, without an object. `value` is the codec of one CPU's element. */
  static create<V>({ value, maxEntries, ...options }: Omit<NewArrayMap<V>, "mapped">): PerCpuArrayMap<V> {
    return createMapAs(PerCpuArrayMap<V>, { type: MapType.PERCPU_ARRAY, keySize: 4, value, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromId(PerCpuArrayMap<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromPin(PerCpuArrayMap<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromFd(PerCpuArrayMap<V>, fd, options);
  }
}

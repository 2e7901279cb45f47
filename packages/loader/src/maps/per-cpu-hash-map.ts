import { MapFlag, MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { HashMapBase } from "./hash-map.ts";
import type { NewHashMap } from "./hash-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions } from "./map-class.ts";
import { perCpuCodec } from "./per-cpu.ts";

/**
 * A hash map with a value for each CPU: BPF_MAP_TYPE_PERCPU_HASH (since Linux 4.6) and BPF_MAP_TYPE_LRU_PERCPU_HASH
 * (4.10). A value is an array with one element for each possible CPU, those that are offline too; what is written
 * must have as many.
 *
 * ```ts
 * const packets = objs.maps.packets.get(6)?.reduce((sum, ofCpu) => sum + ofCpu, 0n);
 * ```
 */
export class PerCpuHashMap<K, V> extends HashMapBase<K, V[]> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH];

  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
  }

  /** Creates a map, without an object, as {@link HashMap.create} does. */
  static create<K, V>({ key, value, maxEntries, lru, preallocate, ...options }: NewHashMap<K, V>): PerCpuHashMap<K, V> {
    const type = lru === true ? MapType.LRU_PERCPU_HASH : MapType.PERCPU_HASH;
    const flags = preallocate === false ? MapFlag.NO_PREALLOC : 0;
    return createMapAs(PerCpuHashMap<K, V>, { type, key, value, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K = unknown, V = unknown>(id: number, options?: FromOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromId(PerCpuHashMap<K, V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K = unknown, V = unknown>(path: string, options?: FromOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromPin(PerCpuHashMap<K, V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K = unknown, V = unknown>(fd: number, options?: FromFdOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromFd(PerCpuHashMap<K, V>, fd, options);
  }
}

import type { Codec } from "../codec/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { lookupFlags } from "./bpf-map.ts";
import type { LookupOptions } from "./bpf-map.ts";
import { KeyedMap } from "./keyed-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";

/** A hash map to be created. */
export interface NewHashMap<K, V> extends NewMapOptions {
  readonly key: Codec<K>;
  /** Codec of the values, of one CPU's value for per-CPU maps. */
  readonly value: Codec<V>;
  /** Most entries that it can hold. */
  readonly maxEntries: number;
  /** True: when it is full, those entries go that were not used for longest. */
  readonly lru?: boolean;
  /** False: memory is taken entry by entry, and not all at once. Not for `lru`. Since Linux 4.6. */
  readonly preallocate?: boolean;
}

/**
 * A hash map of the kernel: BPF_MAP_TYPE_HASH (since Linux 3.19), BPF_MAP_TYPE_LRU_HASH (4.10) and BPF_MAP_TYPE_RHASH (7.2), which
 * grows with its entries. A full LRU map drops old entries to make room for new ones.
 *
 * ```ts
 * for (const [key, stats] of objs.maps.flows) console.log(key.saddr, stats.packets);
 * ```
 */
export class HashMap<K, V> extends KeyedMap<K, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.HASH, MapType.LRU_HASH, MapType.RHASH];

  /**
   * Creates a map, without an object.
   *
   * ```ts
   * using flows = HashMap.create({ key: u32, value: u64, maxEntries: 1024, lru: true });
   * ```
   *
   * @throws BpfError that says which field is wrong; MissingCapabilityError
   */
  static create<K, V>({ key, value, maxEntries, lru, preallocate, ...options }: NewHashMap<K, V>): HashMap<K, V> {
    const type = lru === true ? MapType.LRU_HASH : MapType.HASH;
    const flags = preallocate === false ? MapFlag.NO_PREALLOC : 0;
    return createMapAs(HashMap<K, V>, { type, key, value, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K = unknown, V = unknown>(id: number, options?: FromOptions<K, V>): HashMap<K, V> {
    return mapFromId(HashMap<K, V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K = unknown, V = unknown>(path: string, options?: FromOptions<K, V>): HashMap<K, V> {
    return mapFromPin(HashMap<K, V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K = unknown, V = unknown>(fd: number, options?: FromFdOptions<K, V>): HashMap<K, V> {
    return mapFromFd(HashMap<K, V>, fd, options);
  }

  /** Removes an entry and gives its value, in one step. Since Linux 5.14. */
  getAndDelete(key: K, options?: LookupOptions): V | undefined {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.lookupAndDelete(lookupFlags(options))
      ? this.valueCodec.read(elements.view, elements.valueOffset)
      : undefined;
  }
}

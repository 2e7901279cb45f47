import { lpmKey } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { KeyedMap } from "./keyed-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";

/** A trie to be created. */
export interface NewLpmTrie<K, V> extends NewMapOptions {
  /** `ipv4Prefix`, `ipv6Prefix`, `lpmKey(bytes)`, or of a struct that starts with the length of the prefix, in bits. */
  readonly key: Codec<K>;
  readonly value: Codec<V>;
  /** Most prefixes that it can hold. */
  readonly maxEntries: number;
}

/**
 * Values by prefix: BPF_MAP_TYPE_LPM_TRIE (since Linux 4.11). {@link get} and {@link has} find the longest prefix that the key starts
 * with; {@link set} and {@link delete} mean exactly the prefix that is given.
 *
 * ```ts
 * using routes = objs.maps.routes.withKey(ipv4Prefix);
 * routes.set("10.0.0.0/8", 1);
 * routes.set("10.1.0.0/16", 2);
 * routes.get("10.1.2.3"); // 2
 * ```
 *
 * The kernel wants the flag `BPF_F_NO_PREALLOC` in its definition: `__uint(map_flags, BPF_F_NO_PREALLOC)`. Iterating gives longer
 * prefixes before the shorter ones that they start with. Without a codec, keys are {@link LpmKey}.
 */
export class LpmTrie<K, V> extends KeyedMap<K, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.LPM_TRIE];

  readonly #opened: OpenedMap;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap) {
    const typed = { ...opened, key: opened.key ?? lpmKey(opened.keySize - 4) };
    super(typed);
    this.#opened = typed;
  }

  /**
   * Creates a trie, without an object.
   *
   * ```ts
   * using routes = LpmTrie.create({ key: ipv4Prefix, value: u32, maxEntries: 1024 });
   * ```
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<K, V>({ key, value, maxEntries, ...options }: NewLpmTrie<K, V>): LpmTrie<K, V> {
    const flags = MapFlag.NO_PREALLOC;
    return createMapAs(LpmTrie<K, V>, { type: MapType.LPM_TRIE, key, value, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K = unknown, V = unknown>(id: number, options?: FromOptions<K, V>): LpmTrie<K, V> {
    return mapFromId(LpmTrie<K, V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K = unknown, V = unknown>(path: string, options?: FromOptions<K, V>): LpmTrie<K, V> {
    return mapFromPin(LpmTrie<K, V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K = unknown, V = unknown>(fd: number, options?: FromFdOptions<K, V>): LpmTrie<K, V> {
    return mapFromFd(LpmTrie<K, V>, fd, options);
  }

  /**
   * The same trie with other keys, `ipv4Prefix` or `ipv6Prefix` for instance, in place of the struct of the object. It has a descriptor
   * of its own, to be closed for itself.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not that of the keys; `ERR_BPF_CLOSED`
   */
  withKey<O>(key: Codec<O>): LpmTrie<O, V> {
    const fd = this.handle.dup();
    try {
      return new LpmTrie<O, V>({ ...this.#opened, fd, key });
    } catch (error) {
      fd.close();
      throw error;
    }
  }
}

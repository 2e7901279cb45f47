import type { Codec } from "../codec/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BpfMap, elementCodec, lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { KeyWalk } from "./key-walk.ts";
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
 * A hash map of the kernel, with the interface of JavaScript's `Map`: BPF_MAP_TYPE_HASH (since Linux 3.19) and
 * BPF_MAP_TYPE_LRU_HASH (4.10).
 *
 * Every operation is a system call, about a microsecond. A full LRU map drops old entries to make room for new ones.
 *
 * ```ts
 * for (const [key, stats] of objs.maps.flows) console.log(key.saddr, stats.packets);
 * ```
 */
export class HashMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  static readonly mapTypes: readonly MapType[] = [MapType.HASH, MapType.LRU_HASH];

  readonly #key: Codec<K>;
  readonly #value: Codec<V>;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap, value: Codec<unknown> = elementCodec(opened, "value")) {
    super(opened);
    // K and V are what the caller says that the codecs of `opened` read; the sizes are checked.
    this.#key = elementCodec(opened, "key") as Codec<K>;
    this.#value = value as Codec<V>;
  }

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

  /**
   * The value of a key.
   *
   * @throws CodecError when the key does not fit its type
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get(key: K, options?: LookupOptions): V | undefined {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, key);
    return elements.lookup(lookupFlags(options)) ? this.#value.read(elements.view, elements.valueOffset) : undefined;
  }

  /**
   * Writes an entry. True unless `options.flag` forbids it: `noExist` and the key is there, `exist` and it is not.
   *
   * @throws CodecError when key or value don't fit their types; nothing is written then
   * @throws SyscallError `E2BIG` when the map is full, `EPERM` when it is frozen
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  set(key: K, value: V, options?: UpdateOptions): boolean {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, key);
    this.#value.write(elements.view, elements.valueOffset, value);
    return elements.update(updateFlags(options));
  }

  /** Whether the map has the key. */
  has(key: K): boolean {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, key);
    return elements.lookup(0);
  }

  /** Removes an entry. False when there was none. */
  delete(key: K): boolean {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, key);
    return elements.delete();
  }

  /** Removes an entry and gives its value, in one step. Since Linux 5.14. */
  getAndDelete(key: K, options?: LookupOptions): V | undefined {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, key);
    return elements.lookupAndDelete(lookupFlags(options))
      ? this.#value.read(elements.view, elements.valueOffset)
      : undefined;
  }

  /** Removes all entries: two system calls each. Those that programs add meanwhile may stay. */
  clear(): void {
    const walk = this.#walk();
    while (walk.advance()) {
      const { elements } = this.handle;
      walk.select(elements);
      elements.delete();
    }
  }

  /** Entries, counted by walking all keys: a system call each. The kernel keeps no count. */
  get size(): number {
    const walk = this.#walk();
    let count = 0;
    while (walk.advance()) count++;
    return count;
  }

  /**
   * The keys. Entries may be added and deleted while iterating: none comes twice because of the loop's own deletes, and
   * iteration ends. A key may come that was deleted a moment ago, and twice when programs delete others meanwhile.
   *
   * @throws BpfError `ERR_BPF_ITERATION` when the map changes faster than it can be walked
   */
  *keys(): Generator<K, void, undefined> {
    const walk = this.#walk();
    while (walk.advance()) yield this.#key.read(walk.view, walk.offset);
  }

  /** The values, as {@link entries} finds them. */
  *values(): Generator<V, void, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Keys with values: as {@link keys}, without entries that are gone. */
  *entries(): Generator<[K, V], void, undefined> {
    const walk = this.#walk();
    while (walk.advance()) {
      const { elements } = this.handle;
      walk.select(elements);
      if (elements.lookup(0))
        yield [this.#key.read(walk.view, walk.offset), this.#value.read(elements.view, elements.valueOffset)];
    }
  }

  [Symbol.iterator](): Generator<[K, V], void, undefined> {
    return this.entries();
  }

  /** Calls `callback` for each entry, as {@link entries} finds them. */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  #walk(): KeyWalk {
    const { handle, keySize, maxEntries } = this;
    return new KeyWalk(() => handle.elements, { keySize, maxEntries, what: handle.what });
  }
}

/** {@link HashMap} for classes that extend it: as a constructor, since their statics have other types. */
export const HashMapBase: new <K, V>(opened: OpenedMap, value?: Codec<unknown>) => HashMap<K, V> = HashMap;

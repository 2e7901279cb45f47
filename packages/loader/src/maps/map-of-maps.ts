import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import { elementCodec } from "./bpf-map.ts";
import type { BpfMap, OpenedMap, OpenInner } from "./bpf-map.ts";
import type { Descriptor, EntryRules, SetOptions } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin, openMapId } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { ReadableDescriptorMap } from "./readable-descriptor-map.ts";

/** An array of maps to be created. */
export interface NewMapArray<M extends BpfMap> extends NewMapOptions {
  /** A map of the shape that all in it have, which are opened as what it is. It may be closed afterwards. */
  readonly innerMap: M;
  /** Maps that it has room for. */
  readonly maxEntries: number;
}

/** Maps by key to be created. */
export interface NewMapHash<K, M extends BpfMap> extends NewMapArray<M> {
  readonly key: Codec<K>;
}

/** What is to be told of a map of maps that is opened. */
export interface InnerMapOptions<M extends BpfMap> {
  /** Opens a map that is in it: `(fd) => HashMap.fromFd(fd, { key: u32, value: u64 })`; `openMapByFd` opens all kinds. */
  readonly openInner: OpenInner<M>;
}

const SET_HINTS = {
  EINVAL:
    "all maps in it have the type, sizes, flags and number of entries that its definition says, and this one differs (arrays with BPF_F_INNER_MAP may differ in the number of entries, since Linux 5.10)",
  EBADF: "what was given is no open map",
};

/** Maps of one shape, by key. */
abstract class MapOfMaps<K, M extends BpfMap> extends ReadableDescriptorMap<K, number> {
  readonly #openInner: OpenInner | undefined;

  constructor(opened: OpenedMap, rules: EntryRules<K>) {
    super(opened, { ...rules, setHints: SET_HINTS });
    this.#openInner = opened.openInner;
  }

  /**
   * Opens the map that is there; `undefined` when there is none. It is the caller's to close, and stays what it is when
   * another takes its place here.
   *
   * @throws MissingCapabilityError without CAP_SYS_ADMIN, which opening by id takes
   */
  open(key: K): M | undefined {
    for (let id = this.get(key); id !== undefined; id = this.get(key)) {
      const map = this.#tryOpen(id);
      if (map !== undefined) return map;
      // Another took its place meanwhile, and it is gone.
    }
    return undefined;
  }

  #tryOpen(id: number): M | undefined {
    const openInner = this.#openInner;
    if (openInner === undefined) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${this.handle.what} was opened without openInner, which opens the maps in it`,
      );
    }
    let fd;
    try {
      fd = openMapId(id, {});
    } catch (error) {
      if (error instanceof BpfError && error.code === "ERR_BPF_NOT_FOUND") return undefined;
      throw error;
    }
    try {
      // M is what the caller says that the maps in it are; their kind is checked.
      return openInner(fd.value) as M;
    } finally {
      fd.close();
    }
  }

  /** @internal The map's id. */
  protected override readValue(view: DataView, offset: number): number {
    return view.getUint32(offset, hostIsLittleEndian);
  }
}

/**
 * An array of maps: BPF_MAP_TYPE_ARRAY_OF_MAPS (since Linux 4.12). All have one shape, which the definition gives. A map
 * stays in existence while it is in here. `get` gives its id, {@link open} the map.
 *
 * ```ts
 * using inner = objs.maps.tenants.open(3);
 * inner?.set(key, value);
 * ```
 */
export class MapArray<M extends BpfMap = BpfMap> extends MapOfMaps<number, M> {
  static readonly mapTypes: readonly MapType[] = [MapType.ARRAY_OF_MAPS];

  constructor(opened: OpenedMap) {
    super(opened, {});
  }

  /**
   * Creates an array without an object.
   *
   * ```ts
   * using template = HashMap.create({ key: u32, value: u64, maxEntries: 16 });
   * using tenants = MapArray.create({ innerMap: template, maxEntries: 8 });
   * ```
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<M extends BpfMap>({ innerMap, maxEntries, ...options }: NewMapArray<M>): MapArray<M> {
    const map = { type: MapType.ARRAY_OF_MAPS, keySize: 4, valueSize: 4, maxEntries, innerMap };
    return createMapAs(MapArray<M>, map, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<M extends BpfMap>(id: number, options: FromOptions<never, never> & InnerMapOptions<M>): MapArray<M> {
    return mapFromId(MapArray<M>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<M extends BpfMap>(path: string, options: FromOptions<never, never> & InnerMapOptions<M>): MapArray<M> {
    return mapFromPin(MapArray<M>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<M extends BpfMap>(fd: number, options: FromFdOptions<never, never> & InnerMapOptions<M>): MapArray<M> {
    return mapFromFd(MapArray<M>, fd, options);
  }

  /**
   * Puts a map in, in place of the one that is there. When this returns, no program uses that one any more.
   *
   * @throws SyscallError `EINVAL` when the map does not have the shape of those in here
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  set(index: number, map: Descriptor): void {
    this.put(index, (view, offset) => view.setUint32(offset, map.fd, hostIsLittleEndian), undefined);
  }
}

/** Maps by key: BPF_MAP_TYPE_HASH_OF_MAPS (since Linux 4.12). As {@link MapArray} in everything else. */
export class MapHash<K, M extends BpfMap = BpfMap> extends MapOfMaps<K, M> {
  static readonly mapTypes: readonly MapType[] = [MapType.HASH_OF_MAPS];

  constructor(opened: OpenedMap) {
    // K is what the caller says that the codec of `opened` reads; the size is checked.
    super(opened, { key: elementCodec(opened, "key") as Codec<K> });
  }

  /**
   * Creates a map without an object, as {@link MapArray.create} does.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<K, M extends BpfMap>({ key, innerMap, maxEntries, ...options }: NewMapHash<K, M>): MapHash<K, M> {
    const map = { type: MapType.HASH_OF_MAPS, key, valueSize: 4, maxEntries, innerMap };
    return createMapAs(MapHash<K, M>, map, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K, M extends BpfMap>(id: number, options: FromOptions<K, never> & InnerMapOptions<M>): MapHash<K, M> {
    return mapFromId(MapHash<K, M>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K, M extends BpfMap>(
    path: string,
    options: FromOptions<K, never> & InnerMapOptions<M>,
  ): MapHash<K, M> {
    return mapFromPin(MapHash<K, M>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K, M extends BpfMap>(fd: number, options: FromFdOptions<K, never> & InnerMapOptions<M>): MapHash<K, M> {
    return mapFromFd(MapHash<K, M>, fd, options);
  }

  /**
   * Puts a map in. True unless `options.flag` forbids it: `noExist` and the key is there, `exist` and it is not.
   *
   * @throws CodecError when the key does not fit its type
   * @throws SyscallError `EINVAL` when the map does not have the shape of those in here, `E2BIG` when this one is full
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  set(key: K, map: Descriptor, options?: SetOptions): boolean {
    return this.put(key, (view, offset) => view.setUint32(offset, map.fd, hostIsLittleEndian), options);
  }
}

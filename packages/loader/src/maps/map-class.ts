/**
 * Maps without an object file: created, or opened by id, pin or descriptor. Each class of maps offers that as statics of its
 * own, because their types differ from kind to kind; what they do is here. The pattern:
 *
 * ```ts
 * export class QueueMap<V> extends BpfMap {
 *   static readonly mapTypes: readonly MapType[] = [MapType.QUEUE];
 *
 *   // Creates one (BPF_MAP_CREATE). Since Linux 4.20.
 *   static create<V>({ value, maxEntries, ...options }: QueueMapDefinition<V>): QueueMap<V> {
 *     return createMapAs(QueueMap<V>, { type: MapType.QUEUE, value, maxEntries }, options);
 *   }
 *   static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): QueueMap<V> {
 *     return mapFromId(QueueMap<V>, id, options);
 *   }
 *   static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): QueueMap<V> {
 *     return mapFromPin(QueueMap<V>, path, options);
 *   }
 *   static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): QueueMap<V> {
 *     return mapFromFd(QueueMap<V>, fd, options);
 *   }
 * }
 *
 * export interface QueueMapDefinition<V> extends NewMapOptions {
 *   readonly value: Codec<V>;
 *   // Most elements that it can hold.
 *   readonly maxEntries: number;
 * }
 * ```
 *
 * A class that extends another one whose statics have other types extends it as a constructor only: see `map-bases.ts`.
 * `kinds.ts` lists the classes, which makes them known to `openMapById` and to collections.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import { IncompatibleMapError } from "../errors/index.ts";
import { mapIdentity } from "../info/identity.ts";
import { openById } from "../info/object-by-id.ts";
import { openPin, unpin } from "../links/index.ts";
import { withPrivileges } from "../programs/index.ts";
import type { PrivilegeOptions } from "../programs/index.ts";
import { duplicate } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { MapFlag, mapTypeName } from "../uapi/index.ts";
import type { MapType } from "../uapi/index.ts";
import type { BpfMap, OpenedMap } from "./bpf-map.ts";
import { createMap } from "./create-map.ts";
import type { MapDefinition } from "./create-map.ts";
import { checkCompatible } from "./map-compatibility.ts";
import { mapHost, mapShape } from "./map-shape.ts";
import { openedMap, openedTypedMap } from "./opened-map.ts";
import type { OpenMapOptions } from "./opened-map.ts";
import { accessFlags, openOrPin } from "./pinned-map.ts";
import type { MapAccess } from "./pinned-map.ts";
import { withStorageTypes } from "./storage-types.ts";

/** A class of maps. */
export interface MapClass<M extends BpfMap> {
  new (opened: OpenedMap): M;
  /** The class's name, for messages. */
  readonly name: string;
  /** Kinds of map that it is the interface of. */
  readonly mapTypes: readonly MapType[];
}

/** What every map may be given at its creation. */
export interface NewMapOptions extends PrivilegeOptions {
  /** The kernel keeps 15 characters of it, and replaces what is not `[A-Za-z0-9_.]` by `_`. */
  readonly name?: string;
  /** Bits of `MapFlag`, with those that the kind of map needs added. */
  readonly flags?: number;
  /** Node whose memory it is to be in. Since Linux 4.14, for hashes, arrays, LPM tries, and maps of descriptors. */
  readonly numaNode?: number;
  /** Path in a bpf file system: the map that is pinned there is used, if it is compatible; otherwise the new one is pinned there. */
  readonly pinPath?: string;
}

/** What a class adds to {@link NewMapOptions}. */
export interface NewMap {
  readonly type: MapType;
  readonly key?: Codec<unknown> | undefined;
  /** Codec of the values: of one CPU's value for per-CPU maps. */
  readonly value?: Codec<unknown> | undefined;
  /** Bytes; the codec's when not given, 0 without one. */
  readonly keySize?: number;
  /** Bytes; the codec's when not given, 0 without one. */
  readonly valueSize?: number;
  /** Entries; bytes of a ring buffer. */
  readonly maxEntries: number;
  /** Bits of `MapFlag` that this kind of map, or an option of its class, asks for. */
  readonly flags?: number;
  /** Meaning depends on the kind of map. Since Linux 5.16. */
  readonly mapExtra?: bigint;
  /** Template of the maps that a map-in-map holds: they are opened as what it is. */
  readonly innerMap?: BpfMap;
  /** The kernel makes this kind only with types of keys and values. */
  readonly typed?: boolean;
}

/**
 * Creates a map, or opens the one that is pinned at `pinPath`. When it fails, a new one is not pinned either.
 *
 * @param finish what else the class does with it
 * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; IncompatibleMapError for a pin of
 *   another shape
 */
export function createMapAs<M extends BpfMap>(
  Class: MapClass<M>,
  map: NewMap,
  options: NewMapOptions,
  finish?: (map: M) => void,
): M {
  const { name = "", numaNode, pinPath } = options;
  const { type, key, value, maxEntries, mapExtra = 0n, innerMap } = map;
  const definition: MapDefinition = {
    type,
    keySize: map.keySize ?? key?.size ?? 0,
    valueSize: map.valueSize ?? value?.size ?? 0,
    maxEntries,
    mapExtra,
    flags: (map.flags ?? 0) | (options.flags ?? 0) | (numaNode === undefined ? 0 : MapFlag.NUMA_NODE),
    name,
    numaNode: numaNode ?? 0,
    innerMapFd: innerMap?.fd,
  };
  const openInner = innerMap === undefined ? undefined : (fd: number): BpfMap => innerMap.openAlike(fd);
  const open = (fd: FileDescriptor): M => {
    const opened = new Class(openedMap(fd, { name, key, value, pinnedAt: pinPath, openInner }));
    finish?.(opened);
    return opened;
  };
  const create = (): FileDescriptor =>
    withPrivileges(options, (tokenFd) => {
      const delegated = { ...definition, tokenFd };
      if (map.typed !== true) return createMap(delegated);
      return withStorageTypes(definition.valueSize, tokenFd, (types) => createMap({ ...delegated, types }));
    });
  if (pinPath === undefined) return adopt(create(), open);
  const { descriptor, created } = openOrPin(name, pinPath, create);
  try {
    return adopt(descriptor, (fd) => {
      if (created === undefined) {
        checkCompatible(name, mapShape(definition, mapHost()), mapIdentity(fd.value, fd.what), false);
      }
      return open(fd);
    });
  } catch (error) {
    if (created !== undefined) unpin(created);
    throw error;
  }
}

/** Options of opening a map by its descriptor. */
export interface FromFdOptions<K, V> {
  /** Name for messages; the kernel's, of 15 characters, when not given. */
  readonly name?: string | undefined;
  /** Codec of the keys. When not given, it is made from the map's own BTF; bytes where it has none, or reading it is not allowed. */
  readonly key?: Codec<K> | undefined;
  /** Codec of the values, of one CPU's value for per-CPU maps; as {@link key}. */
  readonly value?: Codec<V> | undefined;
}

/** Options of opening a map by its id or pin. */
export interface FromOptions<K, V> extends FromFdOptions<K, V>, MapAccess {}

/** Options of opening a map of records. */
export interface FromRecordOptions<T> {
  /** Name for messages; the kernel's, of 15 characters, when not given. */
  readonly name?: string | undefined;
  /** Codec of the records; bytes when not given. */
  readonly record?: Codec<T> | undefined;
}

type InnerOptions = Pick<OpenMapOptions, "openInner">;

/**
 * Opens the map that has this id. Needs CAP_SYS_ADMIN. Since Linux 4.13.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none; IncompatibleMapError when it is of another kind; MissingCapabilityError
 */
export function mapFromId<M extends BpfMap>(
  Class: MapClass<M>,
  id: number,
  options: FromOptions<unknown, unknown> & InnerOptions = {},
): M {
  return adopt(openMapId(id, options), (fd) => openAs(Class, fd, options));
}

/**
 * Opens the map that is pinned at a path. Since Linux 4.4.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is there, `ERR_BPF_INVALID_ARGUMENT` when it is no map; IncompatibleMapError
 *   when it is of another kind
 */
export function mapFromPin<M extends BpfMap>(
  Class: MapClass<M>,
  path: string,
  options: FromOptions<unknown, unknown> & InnerOptions = {},
): M {
  return adopt(openMapPin(path, options), (fd) => openAs(Class, fd, { ...options, pinnedAt: path }));
}

/**
 * Opens the map behind a descriptor of this process, which stays the caller's: the new object has a duplicate.
 *
 * @throws SyscallError `EBADF`; BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no map; IncompatibleMapError when it is of another kind
 */
export function mapFromFd<M extends BpfMap>(
  Class: MapClass<M>,
  fd: number,
  options: FromFdOptions<unknown, unknown> & InnerOptions = {},
): M {
  return adopt(dupMapFd(fd), (own) => openAs(Class, own, options));
}

/** A descriptor of the map with this id. */
export function openMapId(id: number, access: MapAccess): FileDescriptor {
  return openById("map", id, accessFlags(access));
}

/** A descriptor of the map that is pinned at this path. */
export function openMapPin(path: string, access: MapAccess): FileDescriptor {
  return openPin(path, "map", "map", accessFlags(access));
}

/** A duplicate of a descriptor of a map. */
export function dupMapFd(fd: number): FileDescriptor {
  return duplicate(fd, "map", `descriptor ${fd}`);
}

/** What `use` makes of a descriptor owns it; when it throws, the descriptor is closed. */
export function adopt<T>(fd: FileDescriptor, use: (fd: FileDescriptor) => T): T {
  try {
    return use(fd);
  } catch (error) {
    fd.close();
    throw error;
  }
}

function openAs<M extends BpfMap>(Class: MapClass<M>, fd: FileDescriptor, options: OpenMapOptions): M {
  const opened = openedTypedMap(fd, options);
  if (!Class.mapTypes.includes(opened.type)) {
    const wanted = Class.mapTypes.map(mapTypeName).join(" or ");
    throw new IncompatibleMapError(
      opened.name,
      [`type ${mapTypeName(opened.type)}, wanted ${wanted}`],
      `can't be opened as ${Class.name}`,
    );
  }
  return new Class(opened);
}

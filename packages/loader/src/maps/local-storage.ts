import type { Codec } from "../codec/index.ts";
import { openCgroup } from "../links/cgroup-directory.ts";
import { openPath, openProcess } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BpfMap, elementCodec, lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMap, NewMapOptions } from "./map-class.ts";
import type { Descriptor } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import type { ElementHints, MapElements } from "./map-elements.ts";
import { socketDescriptor } from "./socket-descriptor.ts";
import type { SocketOwner } from "./socket-descriptor.ts";

/** A storage to be created. */
export interface NewLocalStorage<V> extends NewMapOptions {
  readonly value: Codec<V>;
}

/** O_PATH of Linux, which Node does not name: refers to a file without opening it, so that no device or pipe notices. */
const O_PATH = 0o10000000;

/**
 * Values that are attached to objects of the kernel, and go when these do. `O` says which object. The kernel finds a value by the
 * object's descriptor and keeps no list: the map can't be iterated, counted or cleared.
 */
abstract class LocalStorage<O, V> extends BpfMap {
  readonly #value: Codec<V>;
  readonly #hints: ElementHints;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap, hints: ElementHints) {
    super(opened);
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#value = elementCodec(opened, "value") as Codec<V>;
    this.#hints = hints;
  }

  /**
   * The value of an object; `undefined` when it has none.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such object, `ERR_BPF_CLOSED`
   */
  get(owner: O, options?: LookupOptions): V | undefined {
    const flags = lookupFlags(options);
    return this.#withOwner(owner, (elements) =>
      elements.lookup(flags, this.#hints) ? this.#value.read(elements.view, elements.valueOffset) : undefined,
    );
  }

  /**
   * Gives an object a value. True unless `options.flag` forbids it: `noExist` and it has one, `exist` and it has none.
   *
   * @throws CodecError when the value does not fit its type; nothing is written then
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such object, `ERR_BPF_CLOSED`
   */
  set(owner: O, value: V, options?: UpdateOptions): boolean {
    const flags = updateFlags(options);
    return this.#withOwner(owner, (elements) => {
      this.#value.write(elements.view, elements.valueOffset, value);
      return elements.update(flags, this.#hints);
    });
  }

  /** Whether an object has a value. */
  has(owner: O): boolean {
    return this.#withOwner(owner, (elements) => elements.lookup(0, this.#hints));
  }

  /** Takes the value from an object. False when it had none. */
  delete(owner: O): boolean {
    return this.#withOwner(owner, (elements) => elements.delete(this.#hints));
  }

  /** @internal The number of a descriptor that is open, or one that is closed after use. */
  protected abstract ownerDescriptor(owner: O): number | FileDescriptor;

  #withOwner<T>(owner: O, use: (elements: MapElements) => T): T {
    const { elements } = this.handle;
    const descriptor = this.ownerDescriptor(owner);
    const opened = typeof descriptor === "number" ? undefined : descriptor;
    try {
      elements.view.setInt32(elements.keyOffset, opened?.value ?? Number(descriptor), hostIsLittleEndian);
      return use(elements);
    } finally {
      opened?.close();
    }
  }
}

/**
 * A value for each socket: BPF_MAP_TYPE_SK_STORAGE (since Linux 5.2). Sockets of this process are told by Node's object or by
 * descriptor.
 */
export class SocketStorage<V> extends LocalStorage<SocketOwner, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.SK_STORAGE];

  /**
   * Creates a storage without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, ...options }: NewLocalStorage<V>): SocketStorage<V> {
    return createMapAs(SocketStorage<V>, storage(MapType.SK_STORAGE, value), options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): SocketStorage<V> {
    return mapFromId(SocketStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): SocketStorage<V> {
    return mapFromPin(SocketStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): SocketStorage<V> {
    return mapFromFd(SocketStorage<V>, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, { ENOTSOCK: "the descriptor is no socket", EBADF: "the descriptor is not open" });
  }

  /** @internal */
  protected override ownerDescriptor(owner: SocketOwner): number {
    return socketDescriptor(owner);
  }
}

/**
 * A value for each thread: BPF_MAP_TYPE_TASK_STORAGE (since Linux 5.11). Threads are told by number, as in /proc, or by a
 * descriptor that pidfd_open(2) gave. A process's number stands for its first thread; those of other threads work since Linux 6.9.
 */
export class TaskStorage<V> extends LocalStorage<number | Descriptor, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.TASK_STORAGE];

  /**
   * Creates a storage without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, ...options }: NewLocalStorage<V>): TaskStorage<V> {
    return createMapAs(TaskStorage<V>, storage(MapType.TASK_STORAGE, value), options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): TaskStorage<V> {
    return mapFromId(TaskStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): TaskStorage<V> {
    return mapFromPin(TaskStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): TaskStorage<V> {
    return mapFromFd(TaskStorage<V>, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      EBADF: "the descriptor is none of pidfd_open(2)",
      EINVAL: "the descriptor is none of pidfd_open(2)",
    });
  }

  /** @internal */
  protected override ownerDescriptor(owner: number | Descriptor): number | FileDescriptor {
    return typeof owner === "number" ? openProcess(owner) : owner.fd;
  }
}

/**
 * A value for each file: BPF_MAP_TYPE_INODE_STORAGE (since Linux 5.10, where the BPF security module is on). Files are told by path
 * or descriptor; all names of a file have the same value.
 */
export class InodeStorage<V> extends LocalStorage<string | Descriptor, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.INODE_STORAGE];

  /**
   * Creates a storage without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, ...options }: NewLocalStorage<V>): InodeStorage<V> {
    return createMapAs(InodeStorage<V>, storage(MapType.INODE_STORAGE, value), options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): InodeStorage<V> {
    return mapFromId(InodeStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): InodeStorage<V> {
    return mapFromPin(InodeStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): InodeStorage<V> {
    return mapFromFd(InodeStorage<V>, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      EBADF: 'the descriptor is not open, or the kernel runs without the BPF security module (boot with "bpf" in lsm=)',
    });
  }

  /** @internal */
  protected override ownerDescriptor(owner: string | Descriptor): number | FileDescriptor {
    return typeof owner === "string" ? openPath(owner, O_PATH, "file") : owner.fd;
  }
}

/**
 * A value for each cgroup: BPF_MAP_TYPE_CGRP_STORAGE (since Linux 6.2). Cgroups are told by the path of their directory, or an open
 * descriptor of it.
 */
export class CgroupStorage<V> extends LocalStorage<string | Descriptor, V> {
  static readonly mapTypes: readonly MapType[] = [MapType.CGRP_STORAGE];

  /**
   * Creates a storage without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, ...options }: NewLocalStorage<V>): CgroupStorage<V> {
    return createMapAs(CgroupStorage<V>, storage(MapType.CGRP_STORAGE, value), options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): CgroupStorage<V> {
    return mapFromId(CgroupStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): CgroupStorage<V> {
    return mapFromPin(CgroupStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): CgroupStorage<V> {
    return mapFromFd(CgroupStorage<V>, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, { EBADF: "the descriptor is none of a cgroup's directory" });
  }

  /** @internal */
  protected override ownerDescriptor(owner: string | Descriptor): number | FileDescriptor {
    return typeof owner === "string" ? openCgroup(owner) : owner.fd;
  }
}

function storage(type: MapType, value: Codec<unknown>): NewMap {
  return { type, keySize: 4, value, maxEntries: 0, flags: MapFlag.NO_PREALLOC, typed: true };
}

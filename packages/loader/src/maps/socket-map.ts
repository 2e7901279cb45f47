import { codecs } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { SyscallError } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import { elementCodec } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { DescriptorMap } from "./descriptor-map.ts";
import type { EntryRules, SetOptions } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { ReadableDescriptorMap } from "./readable-descriptor-map.ts";
import { socketDescriptor } from "./socket-descriptor.ts";
import type { SocketOwner } from "./socket-descriptor.ts";

const { u32, u64 } = codecs(hostIsLittleEndian);

const GET_HINTS = {
  ENOSPC: "the kernel gives the socket's cookie, for which the map's values must have 8 bytes: declare them as __u64",
};
const SOCKET_HINTS = {
  EOPNOTSUPP:
    "the kernel takes TCP sockets that are connected or listen, UDP sockets that are bound or connected, stream and datagram sockets of Unix that are connected, and vsock ones; this is another kind, or in another state",
  ENOTSOCK: "the descriptor is no socket",
  EBADF: "the descriptor is not open",
};

/** A map of sockets by index to be created. */
export interface NewSockMap extends NewMapOptions {
  /** Sockets that it has room for. */
  readonly maxEntries: number;
}

/** A map of sockets by key to be created. */
export interface NewSockHash<K> extends NewSockMap {
  readonly key: Codec<K>;
}

/** Sockets by key; what the kernel says of them is their cookie. */
abstract class CookieMap<K> extends ReadableDescriptorMap<K, bigint> {
  constructor(opened: OpenedMap, rules: EntryRules<K>) {
    super(opened, { getHints: GET_HINTS, setHints: SOCKET_HINTS, ...rules });
  }

  /**
   * Puts a socket in. True unless `options.flag` forbids it: `noExist` and the key is there, `exist` and it is not.
   * The socket goes out of the map when it is closed.
   *
   * @throws SyscallError `EOPNOTSUPP` when the kernel does not take this kind of socket, or not in this state; `E2BIG` when
   *   the map is full
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a socket that is not open, and for an index that is not less than
   *   `maxEntries`; `ERR_BPF_CLOSED`
   */
  set(key: K, socket: SocketOwner, options?: SetOptions): boolean {
    const fd = socketDescriptor(socket);
    const codec = this.valueSize === 8 ? u64 : u32;
    return this.put(
      key,
      (view, offset) => (codec === u64 ? u64.write(view, offset, BigInt(fd)) : u32.write(view, offset, fd)),
      options,
    );
  }

  /** @internal The socket's cookie, SO_COOKIE. */
  protected override readValue(view: DataView, offset: number): bigint {
    return u64.read(view, offset);
  }
}

/** The two kinds that programs redirect messages with. */
abstract class RedirectMap<K> extends CookieMap<K> {
  /** Takes the socket out. False when there was none. */
  override delete(key: K): boolean {
    try {
      return super.delete(key);
    } catch (error) {
      // What an array says of an empty entry.
      if (error instanceof SyscallError && error.errno === "EINVAL") return false;
      throw error;
    }
  }
}

/**
 * Sockets by index: BPF_MAP_TYPE_SOCKMAP (since Linux 4.14). Programs attached to the map see what the sockets send and
 * receive, and redirect it between them: those sockets that are put in after the programs were attached. Look-ups give a socket's
 * cookie (since Linux 5.9), when values have 8 bytes.
 *
 * ```ts
 * using link = objs.programs.divert.attach({ map: objs.maps.sockets });
 * objs.maps.sockets.set(0, socket); // one of node:net
 * ```
 */
export class SockMap extends RedirectMap<number> {
  static readonly mapTypes: readonly MapType[] = [MapType.SOCKMAP];

  /**
   * Creates a map without an object. Its values have 8 bytes, for cookies.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewSockMap): SockMap {
    return createMapAs(SockMap, { type: MapType.SOCKMAP, keySize: 4, valueSize: 8, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): SockMap {
    return mapFromId(SockMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): SockMap {
    return mapFromPin(SockMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): SockMap {
    return mapFromFd(SockMap, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {});
  }
}

/** Sockets by key: BPF_MAP_TYPE_SOCKHASH (since Linux 4.18). As {@link SockMap} in everything else. */
export class SockHash<K> extends RedirectMap<K> {
  static readonly mapTypes: readonly MapType[] = [MapType.SOCKHASH];

  /**
   * Creates a map without an object. Its values have 8 bytes, for cookies.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<K>({ key, maxEntries, ...options }: NewSockHash<K>): SockHash<K> {
    return createMapAs(SockHash<K>, { type: MapType.SOCKHASH, key, valueSize: 8, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K = unknown>(id: number, options?: FromOptions<K, never>): SockHash<K> {
    return mapFromId(SockHash<K>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K = unknown>(path: string, options?: FromOptions<K, never>): SockHash<K> {
    return mapFromPin(SockHash<K>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K = unknown>(fd: number, options?: FromFdOptions<K, never>): SockHash<K> {
    return mapFromFd(SockHash<K>, fd, options);
  }

  constructor(opened: OpenedMap) {
    // K is what the caller says that the codec of `opened` reads; the size is checked.
    super(opened, { key: elementCodec(opened, "key") as Codec<K> });
  }
}

/**
 * Sockets of a group that share a port, for a program to choose from: BPF_MAP_TYPE_REUSEPORT_SOCKARRAY (since Linux 4.19). A socket
 * is in one such map at most. Look-ups give a socket's cookie, when values have 8 bytes.
 */
export class ReuseportSockArray extends CookieMap<number> {
  static readonly mapTypes: readonly MapType[] = [MapType.REUSEPORT_SOCKARRAY];

  /**
   * Creates a map without an object. Its values have 8 bytes, for cookies.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewSockMap): ReuseportSockArray {
    return createMapAs(
      ReuseportSockArray,
      { type: MapType.REUSEPORT_SOCKARRAY, keySize: 4, valueSize: 8, maxEntries },
      options,
    );
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): ReuseportSockArray {
    return mapFromId(ReuseportSockArray, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): ReuseportSockArray {
    return mapFromPin(ReuseportSockArray, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): ReuseportSockArray {
    return mapFromFd(ReuseportSockArray, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      setHints: {
        ...SOCKET_HINTS,
        EINVAL: "the kernel takes bound sockets with SO_REUSEPORT, which was set before they were bound",
        EBUSY: "the socket is in such a map already",
        ENOTSUPP: "the kernel takes TCP and UDP sockets of IPv4 and IPv6",
      },
    });
  }
}

/**
 * AF_XDP sockets by index, usually that of the receive queue: BPF_MAP_TYPE_XSKMAP (since Linux 4.18). The kernel lets nobody
 * read it but programs.
 */
export class XskMap extends DescriptorMap<number> {
  static readonly mapTypes: readonly MapType[] = [MapType.XSKMAP];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewSockMap): XskMap {
    return createMapAs(XskMap, { type: MapType.XSKMAP, keySize: 4, valueSize: 4, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): XskMap {
    return mapFromId(XskMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): XskMap {
    return mapFromPin(XskMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): XskMap {
    return mapFromFd(XskMap, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      setHints: {
        EOPNOTSUPP: "the socket is none of the family AF_XDP",
        EBADF: "the descriptor is not open",
        ENOBUFS: "the socket has no ring to receive with (XDP_RX_RING)",
      },
    });
  }

  /**
   * Puts a socket in. True unless `options.flag` forbids it: `noExist` and there is another one, `exist` and there is none. It goes
   * out of the map when it is closed. It gets the packets of the device and the queue that it is bound to; those of others, that a
   * program redirects to it, are dropped.
   *
   * @throws SyscallError `EOPNOTSUPP` for a socket of another family; `ENOBUFS` for one without a ring to receive with
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  set(index: number, socket: SocketOwner, options?: SetOptions): boolean {
    const fd = socketDescriptor(socket);
    return this.put(index, (view, offset) => u32.write(view, offset, fd), options);
  }

  /** Takes the socket out. True also when there was none: the kernel does not tell. */
  override delete(index: number): boolean {
    return super.delete(index);
  }

  /** Takes all out. */
  clear(): void {
    for (let index = 0; index < this.maxEntries; index++) this.delete(index);
  }
}

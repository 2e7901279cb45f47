import { bytes, showName } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { readMapInfo } from "../info/map-info.ts";
import type { MapInfo } from "../info/index.ts";
import { Pin } from "../links/index.ts";
import type { PinOptions } from "../links/index.ts";
import { UpdateFlag } from "../uapi/index.ts";
import type { MapType } from "../uapi/index.ts";
import { freezeMap } from "./freeze.ts";
import { adopt, dupMapFd } from "./map-class.ts";
import { MapHandle } from "./map-handle.ts";
import { openedMap } from "./opened-map.ts";
import type { FileDescriptor } from "../sys/index.ts";

/** An open map, before it has an interface: what {@link BpfMap}'s constructors take. */
export interface OpenedMap {
  /** The new object takes it over. */
  readonly fd: FileDescriptor;
  readonly name: string;
  readonly type: MapType;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Codec of the keys; `undefined` = bytes. */
  readonly key: Codec<unknown> | undefined;
  /** Codec of the values or records; `undefined` = bytes. */
  readonly value: Codec<unknown> | undefined;
  /** Where it is pinned, when it was opened or created with a path. */
  readonly pinnedAt?: string | undefined;
  /** Of a map of maps: opens one of those by a descriptor, which stays the caller's. */
  readonly openInner?: OpenInner | undefined;
}

/**
 * Opens a map that is in a map of maps: `(fd) => HashMap.fromFd(fd, { key: u32, value: u64 })`. Codecs are given where the map of maps
 * is seen with other types than it was opened with.
 */
export type OpenInner<M extends BpfMap = BpfMap> = (fd: number, codecs?: MapCodecs) => M;

/** How a map's content is seen; bytes where there is no codec. */
export interface MapCodecs {
  readonly key?: Codec<unknown> | undefined;
  readonly value?: Codec<unknown> | undefined;
  /** Of a map of maps: of those in it. */
  readonly inner?: MapCodecs | undefined;
}

/** A map of the kernel, open in this process. Closing it does not remove it while others hold it. */
export abstract class BpfMap implements Disposable {
  /** Name in C; the kernel keeps its first 15 bytes. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of one CPU's value in a per-CPU map. */
  readonly valueSize: number;
  /** Entries; bytes of a ring buffer. */
  readonly maxEntries: number;
  /** Bits of `MapFlag`. */
  readonly flags: number;
  /** The kernel's number for it. */
  readonly id: number;
  /** @internal */
  protected readonly handle: MapHandle;
  readonly #opened: OpenedMap;
  readonly #pin: Pin;

  constructor(opened: OpenedMap) {
    this.name = opened.name;
    this.type = opened.type;
    this.keySize = opened.keySize;
    this.valueSize = opened.valueSize;
    this.maxEntries = opened.maxEntries;
    this.flags = opened.flags;
    this.id = opened.id;
    this.handle = new MapHandle(opened.fd, opened.name);
    this.#opened = opened;
    this.#pin = new Pin(opened.pinnedAt);
  }

  /**
   * The descriptor's number, owned by this object: good until {@link close}.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get fd(): number {
    return this.handle.value;
  }

  /** True after {@link close}. */
  get closed(): boolean {
    return this.handle.closed;
  }

  /**
   * A second object for the same map of the kernel, with a descriptor of its own: each is closed for itself. Of a pin it
   * knows nothing.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  clone(): this {
    return this.#alike({ ...this.#opened, fd: this.handle.dup(), pinnedAt: undefined });
  }

  /**
   * {@link clone} with other codecs.
   *
   * @internal
   */
  cloneAs({ key, value, inner }: MapCodecs): this {
    const { openInner } = this.#opened;
    const opened = { ...this.#opened, key, value, pinnedAt: undefined, fd: this.handle.dup() };
    if (openInner === undefined) return this.#alike(opened);
    return this.#alike({ ...opened, openInner: (fd) => openInner(fd, inner ?? {}) });
  }

  /**
   * Those of the keys and values; `undefined` = bytes.
   *
   * @internal
   */
  get codecs(): MapCodecs {
    const { key, value } = this.#opened;
    return { key, value };
  }

  /**
   * Whether this kind of map, or one with the same interface, is of a type.
   *
   * @internal
   */
  isLike(type: MapType): boolean {
    // Every class of maps but that of unknown kinds has the types that it is the interface of.
    const { mapTypes } = this.constructor as { mapTypes?: readonly MapType[] };
    return type === this.type || mapTypes?.includes(type) === true;
  }

  /**
   * Another map of this kind, with the same codecs, by its descriptor, of which it makes a duplicate.
   *
   * @internal
   */
  openAlike(fd: number): this {
    const { key, value, openInner } = this.#opened;
    return adopt(dupMapFd(fd), (own) => this.#alike(openedMap(own, { key, value, openInner })));
  }

  /**
   * Makes the map constant for user space, for good; programs write to it as before. What this process has mapped of it for
   * writing must be closed. Since Linux 5.2.
   *
   * @throws SyscallError `EBUSY` while it is written to or mapped for that, `EPERM` or `EBUSY` when it is frozen already;
   *   NotSupportedError; BpfError `ERR_BPF_CLOSED`
   */
  freeze(): void {
    freezeMap(this.fd, this.handle.what);
  }

  /**
   * Gives the map a name in a bpf file system, where other processes find it (`fromPin`): it lives on while the name exists, also
   * without this process. One that is pinned already is moved. Since Linux 4.4.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the path exists or is not in a bpf file system, `ERR_BPF_NOT_FOUND` when its
   *   directory does not exist, `ERR_BPF_CLOSED`
   */
  pin(path: string, options?: PinOptions): void {
    this.#pin.pin(this.fd, path, this.handle.what, options);
  }

  /** Takes the name away that {@link pin} gave, or by which it was opened. No error when there is none. */
  unpin(): void {
    this.#pin.unpin();
  }

  /** Where it is pinned, as far as this object knows: by {@link pin}, or because it was opened there. */
  get pinnedAt(): string | undefined {
    return this.#pin.path;
  }

  /**
   * What the kernel tells about the map. Since Linux 4.13.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  info(): MapInfo {
    return readMapInfo(this.fd, this.handle.what);
  }

  /** Gives back the descriptor and all memory of the map. Idempotent. */
  close(): void {
    this.handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #alike(opened: OpenedMap): this {
    // Every class of a map is made by its constructor from an OpenedMap.
    const Class = this.constructor as new (opened: OpenedMap) => this;
    return adopt(opened.fd, () => new Class(opened));
  }
}

/** Options of a look-up. */
export interface LookupOptions {
  /** `lock`: takes the `struct bpf_spin_lock` in the value, so that no half-written value is read. Since Linux 5.1. */
  readonly flag?: "any" | "lock";
}

/** Options of an update. */
export interface UpdateOptions {
  /**
   * - `any` (default): creates or replaces.
   * - `noExist`: only creates.
   * - `exist`: only replaces.
   * - `lock`: replaces under the `struct bpf_spin_lock` in the value. Since Linux 5.1.
   */
  readonly flag?: "any" | "noExist" | "exist" | "lock";
}

/** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for one that doesn't exist */
export function lookupFlags(options: LookupOptions | undefined): number {
  const flag = options?.flag;
  if (flag === undefined || flag === "any") return 0;
  if (flag === "lock") return UpdateFlag.LOCK;
  throw unknownFlag(flag, '"any" or "lock"');
}

/** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for one that doesn't exist */
export function updateFlags(options: UpdateOptions | undefined): number {
  switch (options?.flag) {
    case undefined:
    case "any":
      return UpdateFlag.ANY;
    case "noExist":
      return UpdateFlag.NO_EXIST;
    case "exist":
      return UpdateFlag.EXIST;
    case "lock":
      return UpdateFlag.LOCK;
    default:
      throw unknownFlag(options?.flag, '"any", "noExist", "exist" or "lock"');
  }
}

function unknownFlag(flag: unknown, known: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `flag ${JSON.stringify(flag)} does not exist; use ${known}`);
}

/**
 * The codec of a map's keys, or of its values: the one given, or bytes.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when its size is not the kernel's.
 */
export function elementCodec(opened: OpenedMap, part: "key" | "value"): Codec<unknown> {
  const size = part === "key" ? opened.keySize : opened.valueSize;
  const codec = opened[part];
  if (codec === undefined) return bytes(size);
  if (codec.size !== size) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `map ${quoteName(opened.name)}: its ${part}s have ${size} bytes, the codec of ${showName(codec.name)} has ${codec.size}`,
    );
  }
  return codec;
}

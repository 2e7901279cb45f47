import { codecs } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { MapType } from "../uapi/index.ts";
import type { AttachType } from "../uapi/index.ts";
import { BpfMap, elementCodec, lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { perCpuCodec } from "./per-cpu.ts";

const { u32, u64 } = codecs(hostIsLittleEndian);

/** A storage of attachments to be created. */
export interface NewCgroupAttachmentStorage<V> extends NewMapOptions {
  /** Codec of the values, of one CPU's value for per-CPU maps. */
  readonly value: Codec<V>;
  /** True: one value for all attachments to a cgroup. Since Linux 5.9. */
  readonly perCgroup?: boolean;
}

/** To which attachment a value belongs. */
export interface CgroupAttachment {
  /** Number of the cgroup: the inode of its directory, `fs.statSync(path, { bigint: true }).ino`. */
  readonly cgroupId: bigint;
  /** How the program is attached; `undefined` in a map whose keys are cgroups alone (`__u64`, since Linux 5.9). */
  readonly attachType: AttachType | undefined;
}

/**
 * A value for each cgroup that a program is attached to: BPF_MAP_TYPE_CGROUP_STORAGE (since Linux 4.19). The kernel makes and
 * removes entries with the attachments, and knows the map as deprecated: new programs use {@link CgroupStorage}.
 */
export class CgroupAttachmentStorage<V> extends BpfMap implements Iterable<[CgroupAttachment, V]> {
  static readonly mapTypes: readonly MapType[] = [MapType.CGROUP_STORAGE_DEPRECATED];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, perCgroup, ...options }: NewCgroupAttachmentStorage<V>): CgroupAttachmentStorage<V> {
    const keySize = perCgroup === true ? 8 : 16;
    return createMapAs(
      CgroupAttachmentStorage<V>,
      { type: MapType.CGROUP_STORAGE_DEPRECATED, keySize, value, maxEntries: 0 },
      options,
    );
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): CgroupAttachmentStorage<V> {
    return mapFromId(CgroupAttachmentStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): CgroupAttachmentStorage<V> {
    return mapFromPin(CgroupAttachmentStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): CgroupAttachmentStorage<V> {
    return mapFromFd(CgroupAttachmentStorage<V>, fd, options);
  }

  readonly #key: Codec<CgroupAttachment>;
  readonly #value: Codec<V>;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap, value: Codec<unknown> = elementCodec(opened, "value")) {
    super(opened);
    this.#key = attachmentCodec(opened.keySize);
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#value = value as Codec<V>;
  }

  /** The value of an attachment; `undefined` when there is no such attachment. */
  get(attachment: CgroupAttachment, options?: LookupOptions): V | undefined {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, attachment);
    return elements.lookup(lookupFlags(options)) ? this.#value.read(elements.view, elements.valueOffset) : undefined;
  }

  /** Replaces the value of an attachment. False when there is no such attachment: only the kernel adds entries. */
  set(attachment: CgroupAttachment, value: V, options?: UpdateOptions): boolean {
    const { elements } = this.handle;
    this.#key.write(elements.view, elements.keyOffset, attachment);
    this.#value.write(elements.view, elements.valueOffset, value);
    return elements.update(updateFlags(options));
  }

  /** Whether there is such an attachment. */
  has(attachment: CgroupAttachment): boolean {
    return this.get(attachment) !== undefined;
  }

  /** Attachments with a value. */
  get size(): number {
    return this.#keys().length;
  }

  /** The attachments that have a value, as they are at the first step. */
  *keys(): Generator<CgroupAttachment, void, undefined> {
    yield* this.#keys();
  }

  /** The values, as {@link entries} finds them. */
  *values(): Generator<V, void, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  /** As {@link keys}, with values, without those that have gone meanwhile. */
  *entries(): Generator<[CgroupAttachment, V], void, undefined> {
    for (const key of this.#keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  [Symbol.iterator](): Generator<[CgroupAttachment, V], void, undefined> {
    return this.entries();
  }

  /**
   * The kernel keeps a list and ends the walk at a key that is gone (cgroup_storage_get_next_key()): all keys are fetched without a
   * pause. There are few: one for each attachment.
   */
  #keys(): CgroupAttachment[] {
    const { elements } = this.handle;
    const { bytes, keyOffset, nextKeyOffset } = elements;
    const keys: CgroupAttachment[] = [];
    for (let first = true; elements.nextKey(first); first = false) {
      keys.push(this.#key.read(elements.view, nextKeyOffset));
      bytes.copyWithin(keyOffset, nextKeyOffset, nextKeyOffset + this.keySize);
    }
    return keys;
  }
}

/** {@link CgroupAttachmentStorage} for classes that extend it: as a constructor, since their statics have other types. */
const CgroupAttachmentStorageBase: new <V>(opened: OpenedMap, value?: Codec<unknown>) => CgroupAttachmentStorage<V> =
  CgroupAttachmentStorage;

/**
 * A value for each CPU and each cgroup that a program is attached to: BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE (since Linux 4.20). As
 * {@link CgroupAttachmentStorage}; a value is an array with one element for each possible CPU.
 */
export class PerCpuCgroupAttachmentStorage<V> extends CgroupAttachmentStorageBase<V[]> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERCPU_CGROUP_STORAGE_DEPRECATED];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, perCgroup, ...options }: NewCgroupAttachmentStorage<V>): PerCpuCgroupAttachmentStorage<V> {
    const keySize = perCgroup === true ? 8 : 16;
    return createMapAs(
      PerCpuCgroupAttachmentStorage<V>,
      { type: MapType.PERCPU_CGROUP_STORAGE_DEPRECATED, keySize, value, maxEntries: 0 },
      options,
    );
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): PerCpuCgroupAttachmentStorage<V> {
    return mapFromId(PerCpuCgroupAttachmentStorage<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): PerCpuCgroupAttachmentStorage<V> {
    return mapFromPin(PerCpuCgroupAttachmentStorage<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): PerCpuCgroupAttachmentStorage<V> {
    return mapFromFd(PerCpuCgroupAttachmentStorage<V>, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
  }
}

/** `struct bpf_cgroup_storage_key` (16 bytes), or the cgroup's number alone (8). */
function attachmentCodec(size: number): Codec<CgroupAttachment> {
  return {
    name: "struct bpf_cgroup_storage_key",
    size,
    align: 8,
    read: (view, offset) => ({
      cgroupId: u64.read(view, offset),
      attachType: size < 16 ? undefined : u32.read(view, offset + 8),
    }),
    write(view, offset, { cgroupId, attachType }) {
      u64.write(view, offset, cgroupId);
      if (size < 16) return;
      u32.write(view, offset + 8, attachType ?? 0);
      u32.write(view, offset + 12, 0);
    },
  };
}

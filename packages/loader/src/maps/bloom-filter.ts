import type { Codec } from "../codec/index.ts";
import { MapType } from "../uapi/index.ts";
import { BpfMap, elementCodec } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";

/** A bloom filter to be created. */
export interface NewBloomFilter<V> extends NewMapOptions {
  readonly value: Codec<V>;
  /** Values that it is dimensioned for. */
  readonly maxEntries: number;
  /** Bits that a value sets, 1 to 15; 5 when not given. */
  readonly hashes?: number;
}

/**
 * A set that may say "yes" wrongly, and never "no": BPF_MAP_TYPE_BLOOM_FILTER (since Linux 5.16). It takes a few bits for
 * each value and can't list, count or delete them. `maxEntries` is how many values it is dimensioned for; more are taken, and
 * make it wrong more often.
 */
export class BloomFilter<V> extends BpfMap {
  static readonly mapTypes: readonly MapType[] = [MapType.BLOOM_FILTER];

  /**
   * Creates a filter, without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, maxEntries, hashes = 0, ...options }: NewBloomFilter<V>): BloomFilter<V> {
    const mapExtra = BigInt(hashes);
    return createMapAs(BloomFilter<V>, { type: MapType.BLOOM_FILTER, value, maxEntries, mapExtra }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): BloomFilter<V> {
    return mapFromId(BloomFilter<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): BloomFilter<V> {
    return mapFromPin(BloomFilter<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): BloomFilter<V> {
    return mapFromFd(BloomFilter<V>, fd, options);
  }

  readonly #value: Codec<V>;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap) {
    super(opened);
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#value = elementCodec(opened, "value") as Codec<V>;
  }

  /**
   * Adds a value.
   *
   * @throws CodecError when the value does not fit its type
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  add(value: V): void {
    const { elements } = this.handle;
    this.#value.write(elements.view, elements.valueOffset, value);
    elements.update(0);
  }

  /** False: the value was certainly never added. True: it probably was. */
  has(value: V): boolean {
    const { elements } = this.handle;
    // The kernel takes the value of a look-up from the buffer for its result (map_lookup_elem() in kernel/bpf/syscall.c).
    this.#value.write(elements.view, elements.valueOffset, value);
    return elements.lookup(0);
  }
}

import { MapFlag, MapType } from "../uapi/index.ts";
import type { OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { HashMapBase } from "./map-bases.ts";
import type { NewHashMap } from "./hash-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions } from "./map-class.ts";
import { CpuValues, perCpuCodec, sumOf } from "./per-cpu.ts";

/**
 * A hash map with a value for each CPU: BPF_MAP_TYPE_PERCPU_HASH (since Linux 4.6) and BPF_MAP_TYPE_LRU_PERCPU_HASH
 * (4.10). A value is an array with one element for each possible CPU, those that are offline too; what is written
 * must have as many.
 *
 * ```ts
 * const packets = objs.maps.packets.sum(6);
 * ```
 */
export class PerCpuHashMap<K, V> extends HashMapBase<K, V[]> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH];

  readonly #cpuValues: CpuValues<V>;

  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
    this.#cpuValues = new CpuValues(opened, this.handle.what);
  }

  /** Creates a map, without an object, as {@link HashMap.create} does. */
  static create<K, V>({ key, value, maxEntries, lru, preallocate, ...options }: NewHashMap<K, V>): PerCpuHashMap<K, V> {
    const type = lru === true ? MapType.LRU_PERCPU_HASH : MapType.PERCPU_HASH;
    const flags = preallocate === false ? MapFlag.NO_PREALLOC : 0;
    return createMapAs(PerCpuHashMap<K, V>, { type, key, value, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<K = unknown, V = unknown>(id: number, options?: FromOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromId(PerCpuHashMap<K, V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<K = unknown, V = unknown>(path: string, options?: FromOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromPin(PerCpuHashMap<K, V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<K = unknown, V = unknown>(fd: number, options?: FromFdOptions<K, V>): PerCpuHashMap<K, V> {
    return mapFromFd(PerCpuHashMap<K, V>, fd, options);
  }

  /**
   * The sum of all CPUs' values: numbers and bigints are added, structs and arrays member by member. Members that can't be added, such
   * as strings, take a function that adds two values.
   *
   * ```ts
   * const packets = objs.maps.packets.sum(6);
   * ```
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a value that has no sum
   */
  sum(key: K, add?: (sum: V, ofCpu: V) => V): V | undefined {
    const values = this.get(key);
    return values === undefined ? undefined : sumOf(values, add);
  }

  /**
   * One CPU's value. Where the kernel can't look up one (before Linux 7.0), it looks up all.
   *
   * @param cpu from 0 to the number of possible CPUs − 1
   */
  getOfCpu(key: K, cpu: number): V | undefined {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return this.#cpuValues.get(elements, cpu);
  }

  /**
   * Writes one CPU's value, and zeros for the others when the entry is new. Since Linux 7.0, which does not look whether the entry
   * is there.
   *
   * @throws NotSupportedError on older kernels: writing back all CPUs' values would undo what programs count meanwhile
   */
  setOfCpu(key: K, cpu: number, value: V): void {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    this.#cpuValues.set(elements, cpu, value);
  }

  /** Writes the same value for every CPU. */
  fill(key: K, value: V, options?: UpdateOptions): boolean {
    return this.set(key, this.#cpuValues.repeat(value), options);
  }
}

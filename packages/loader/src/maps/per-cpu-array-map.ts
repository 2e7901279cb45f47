import { MapType } from "../uapi/index.ts";
import { noElement } from "./array-map.ts";
import { ArrayMapBase } from "./map-bases.ts";
import type { NewArrayMap } from "./array-map.ts";
import type { OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions } from "./map-class.ts";
import { CpuValues, perCpuCodec, sumOf } from "./per-cpu.ts";

/**
 * An array with a value for each CPU: BPF_MAP_TYPE_PERCPU_ARRAY (since Linux 4.6). An element is an array with one value
 * for each possible CPU, those that are offline too; what is written must have as many.
 */
export class PerCpuArrayMap<V> extends ArrayMapBase<V[]> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERCPU_ARRAY];

  readonly #cpuValues: CpuValues<V>;

  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
    this.#cpuValues = new CpuValues(opened, this.handle.what);
  }

  /** Creates an array, without an object. `value` is the codec of one CPU's element. */
  static create<V>({ value, maxEntries, ...options }: Omit<NewArrayMap<V>, "mapped">): PerCpuArrayMap<V> {
    return createMapAs(PerCpuArrayMap<V>, { type: MapType.PERCPU_ARRAY, keySize: 4, value, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromId(PerCpuArrayMap<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromPin(PerCpuArrayMap<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): PerCpuArrayMap<V> {
    return mapFromFd(PerCpuArrayMap<V>, fd, options);
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
  sum(index: number, add?: (sum: V, ofCpu: V) => V): V {
    return sumOf(this.get(index), add);
  }

  /**
   * One CPU's value. Where the kernel can't look up one (before Linux 7.0), it looks up all.
   *
   * @param cpu from 0 to the number of possible CPUs − 1
   */
  getOfCpu(index: number, cpu: number): V {
    const elements = this.select(index);
    const value = this.#cpuValues.get(elements, cpu);
    if (value === undefined) throw noElement(this.handle.what, index);
    return value;
  }

  /**
   * Writes one CPU's value. Since Linux 7.0.
   *
   * @throws NotSupportedError on older kernels: writing back all CPUs' values would undo what programs count meanwhile
   */
  setOfCpu(index: number, cpu: number, value: V): void {
    this.#cpuValues.set(this.select(index), cpu, value);
  }

  /** Writes the same value for every CPU. */
  fill(index: number, value: V, options?: UpdateOptions): boolean {
    return this.set(index, this.#cpuValues.repeat(value), options);
  }
}

import type { OpenedMap } from "./bpf-map.ts";
import { HashMap } from "./hash-map.ts";
import { perCpuCodec } from "./per-cpu.ts";

/**
 * A hash map with a value for each CPU: BPF_MAP_TYPE_PERCPU_HASH (since Linux 4.6) and BPF_MAP_TYPE_LRU_PERCPU_HASH
 * (4.10). A value is an array with one element for each possible CPU, those that are offline too; what is written
 * must have as many.
 *
 * ```ts
 * const packets = objs.maps.packets.get(6)?.reduce((sum, ofCpu) => sum + ofCpu, 0n);
 * ```
 */
export class PerCpuHashMap<K, V> extends HashMap<K, V[]> {
  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
  }
}

import { ArrayMap } from "./array-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { perCpuCodec } from "./per-cpu.ts";

/**
 * An array with a value for each CPU: BPF_MAP_TYPE_PERCPU_ARRAY (since Linux 4.6). An element is an array with one value
 * for each possible CPU, those that are offline too; what is written must have as many.
 */
export class PerCpuArrayMap<V> extends ArrayMap<V[]> {
  constructor(opened: OpenedMap) {
    super(opened, perCpuCodec(opened));
  }
}

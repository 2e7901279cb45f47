import { checkLength, within, zeroFill } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { possibleCpus } from "../sys/index.ts";
import { elementCodec } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";

/**
 * The value of a per-CPU map as the kernel copies it: one value for each CPU that it could ever use, offline ones too,
 * each at a multiple of 8 bytes (bpf_percpu_hash_copy).
 */
export function perCpuCodec(opened: OpenedMap): Codec<unknown[]> {
  const codec = elementCodec(opened, "value");
  const stride = Math.ceil(codec.size / 8) * 8;
  const cpus = possibleCpus();
  return {
    name: `${codec.name} per CPU`,
    size: stride * cpus,
    align: 8,
    read(view, offset) {
      const values: unknown[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) values.push(codec.read(view, offset + cpu * stride));
      return values;
    },
    write(view, offset, values) {
      checkLength(values, cpus);
      for (let cpu = 0; cpu < cpus; cpu++) {
        const at = offset + cpu * stride;
        try {
          codec.write(view, at, values[cpu]);
        } catch (error) {
          throw within(cpu, error);
        }
        zeroFill(view, at + codec.size, stride - codec.size);
      }
    },
  };
}

import { minimalBtf } from "../btf/index.ts";
import type { Btf } from "../btf/index.ts";
import type { CollectionSpec } from "./collection-spec.ts";

/**
 * The part of a kernel's types that objects need for CO-RE, to ship for kernels without BTF: pass it as `kernelTypes` when
 * they are loaded there. `kernelTypes` is that kernel's whole BTF, from its debug information (`pahole -J`) or a collection such
 * as BTFHub; `modules` are those of its modules, split from it.
 *
 * @example
 * const kernel = Btf.parse(await readFile("5.4.0-42-generic.btf"));
 * await writeFile("5.4.0-42-generic.min.btf", minCoreBtf([spec], kernel).bytes);
 *
 * @throws BpfError `ERR_BPF_CO_RE` when an object's relocations contradict its types.
 */
export function minCoreBtf(
  specs: Iterable<CollectionSpec>,
  kernelTypes: Btf,
  modules: () => readonly Btf[] = () => [],
): Btf {
  const needs = Array.from(specs).flatMap(({ btf, programs }) =>
    btf === undefined
      ? []
      : [
          {
            local: btf,
            relocations: [...programs.values()].flatMap(({ functions }) =>
              functions.flatMap(({ coreRelocations }) => coreRelocations),
            ),
          },
        ],
  );
  return minimalBtf(needs, kernelTypes, modules);
}

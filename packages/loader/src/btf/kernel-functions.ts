import type { Btf } from "./btf.ts";
import type { TypeId } from "./types.ts";

/** A function of the kernel that BPF programs may call. */
export interface KernelFunction {
  readonly name: string;
  /** Of the function. */
  readonly typeId: TypeId;
  readonly prototypeId: TypeId;
  /** Calls keep the registers that hold no result or argument. Since Linux 6.12. */
  readonly fastcall: boolean;
}

/** Tag that pahole gives to functions that the kernel registers for BPF (kfuncs). Since pahole 1.26, Linux 6.10. */
const KFUNC_TAG = "bpf_kfunc";
const FASTCALL_TAG = "bpf_fastcall";

/** The functions that a kernel's or module's BTF marks as callable from BPF, by name. */
export function kernelFunctions(btf: Btf): readonly KernelFunction[] {
  const functions = new Map<string, Omit<KernelFunction, "fastcall">>();
  const fastcalls = new Set<TypeId>();
  for (const id of btf.ofKinds("declTag")) {
    const tag = btf.name(id);
    const typeId = btf.word(id, 2);
    if (tag === FASTCALL_TAG) fastcalls.add(typeId);
    if (tag !== KFUNC_TAG || typeId === 0 || btf.kind(typeId) !== "function") continue;
    const prototypeId = btf.word(typeId, 2);
    if (prototypeId === 0 || btf.kind(prototypeId) !== "functionPrototype") continue;
    const name = btf.name(typeId);
    if (!functions.has(name)) functions.set(name, { name, typeId, prototypeId });
  }
  return Array.from(functions.values(), (found) => ({ ...found, fastcall: fastcalls.has(found.typeId) })).sort(
    (left, right) => (left.name < right.name ? -1 : 1),
  );
}

import { BpfError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import type { CoreRelocation } from "./core-relocation.ts";

/** An instruction that was replaced by one that the verifier refuses if it is ever reached. */
export interface PoisonedInstruction {
  /** As in the relocation. */
  readonly slot: number;
  /** What the kernel does not have: `"struct task_struct.foo (0:1:2)"`. */
  readonly description: string;
}

/** What {@link CoreResolver.apply} did. */
export interface CoreResult {
  /** In the order of the relocations. */
  readonly poisoned: readonly PoisonedInstruction[];
}

/**
 * Adapts programs to the types of the kernel they are loaded into (CO-RE: compile once, run everywhere).
 * Make one for all programs of an object: what it finds in the kernel's types is kept.
 */
export class CoreResolver {
  /**
   * `local` describes the object's types, `target` the kernel's. `modules` is called only when a type isn't in
   * `target`, and gives the split BTF of the kernel's modules.
   */
  constructor(local: Btf, target: Btf, modules?: () => readonly Btf[]) {
    throw new BpfError(
      "ERR_BPF_CO_RE",
      `not there yet: ${local.typeCount} ${target.typeCount} ${modules?.length ?? 0}`,
    );
  }

  /** Looks up the types of many relocations in one pass over the kernel's types. Optional; `apply` looks up what is missing. */
  prepare(relocations: Iterable<CoreRelocation>): void {
    void relocations;
  }

  /**
   * Patches `code` (instructions in the byte order of `local`) in place. `program` is used in messages.
   * Throws {@link BpfError} with the code `ERR_BPF_CO_RE` when a relocation is ambiguous or does not fit its instruction.
   */
  apply(code: Uint8Array, relocations: readonly CoreRelocation[], program: string): CoreResult {
    throw new BpfError("ERR_BPF_CO_RE", `not there yet: ${program} ${code.length} ${relocations.length}`);
  }
}

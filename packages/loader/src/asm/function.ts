import type { CoreRelocation } from "../btf/core-relocation.ts";
import type { TypeId } from "../btf/types.ts";
import { lineAt } from "./line-info.ts";

/** Bytes of one instruction slot; a 64-bit immediate takes two slots. */
export const SLOT_BYTES = 8;

/** A place in a function's code that stands for something outside of it, to be filled in when it is loaded. */
export type Reference =
  /** ld_imm64 of a map's descriptor. */
  | { readonly kind: "map"; readonly slot: number; readonly name: string }
  /** ld_imm64 of an address in a data section's map, `offset` bytes in. */
  | { readonly kind: "mapValue"; readonly slot: number; readonly name: string; readonly offset: number }
  /** Call of a function of the same object. */
  | { readonly kind: "call"; readonly slot: number; readonly name: string }
  /** ld_imm64 of a function of the same object. */
  | { readonly kind: "functionPointer"; readonly slot: number; readonly name: string }
  /** Call of a kernel function, found by its BTF; a weak one may be missing. `typeId`: as it is declared, 0 = as the kernel has it. */
  | {
      readonly kind: "kfunc";
      readonly slot: number;
      readonly name: string;
      readonly weak: boolean;
      readonly typeId: TypeId;
    }
  /** ld_imm64 of a kernel symbol's address; typed ones are found by BTF, the others (`typeId` 0) in /proc/kallsyms. */
  | {
      readonly kind: "ksym";
      readonly slot: number;
      readonly name: string;
      readonly weak: boolean;
      readonly typeId: TypeId;
    }
  /**
   * ld_imm64 of a table of places to jump to, which LLVM 22 makes of a `switch`: slots from the start of the function. It becomes a map
   * when the program is loaded. Since Linux 6.19.
   */
  | { readonly kind: "jumpTable"; readonly slot: number; readonly name: string; readonly targets: readonly number[] }
  /** An undefined symbol of which only the name is known; the user may patch it, loading it is an error. */
  | { readonly kind: "symbol"; readonly slot: number; readonly name: string };

/** Where an instruction comes from in the C source. */
export interface LineInfo {
  /** First instruction that the line stands for, in slots from the start of the function. */
  readonly slot: number;
  readonly file: string;
  /** The line's text, as the compiler saved it; often with leading white space. */
  readonly text: string;
  /** From 1; 0 when the compiler knew none. */
  readonly line: number;
  /** From 1; 0 when the compiler knew none. */
  readonly column: number;
  /** Offsets of `file` and `text` in the object's BTF strings, to pass them to the kernel as they are. */
  readonly fileOffset: number;
  readonly textOffset: number;
}

/** One C function, as compiled. */
export interface FunctionSpec {
  name: string;
  /** Section that it was in. */
  readonly sectionName: string;
  /** Instructions in the object's byte order, a multiple of 8 bytes. */
  code: Uint8Array;
  references: Reference[];
  coreRelocations: CoreRelocation[];
  /** Its BTF function; 0 = none. */
  typeId: TypeId;
  lines: LineInfo[];
}

/** A copy of a reference, for a function that starts `slots` later in its program. */
export function moveReference(reference: Reference, slots: number): Reference {
  const slot = reference.slot + slots;
  if (reference.kind !== "jumpTable") return { ...reference, slot };
  return { ...reference, slot, targets: reference.targets.map((target) => target + slots) };
}

/** A copy that shares nothing with the original. */
export function copyFunction(spec: FunctionSpec): FunctionSpec {
  return {
    ...spec,
    code: Uint8Array.from(spec.code),
    references: spec.references.map((reference) => moveReference(reference, 0)),
    coreRelocations: spec.coreRelocations.map((relocation) => ({ ...relocation })),
    lines: spec.lines.map((line) => lineAt(line, line.slot)),
  };
}

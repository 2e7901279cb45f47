import type { TypeId } from "../btf/types.ts";

/** A global variable of the C program, static ones excepted: those have no name outside of their file. */
export interface VariableSpec {
  readonly name: string;
  /**
   * Name of its section, and of the map that holds it: `".bss"`, `".rodata"`, `".data.custom"`. Of a variable in an arena, the name
   * of the arena's map.
   */
  readonly sectionName: string;
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Its C type, qualifiers included, in the collection's BTF; 0 = not known. */
  readonly typeId: TypeId;
  /** True in `.rodata*`: it can be rewritten before loading and never after. */
  readonly constant: boolean;
  readonly linkage: "global" | "weak";
}

/** A variable that gets its value from the running kernel's configuration: `extern int CONFIG_HZ __kconfig`. */
export interface KconfigSpec {
  readonly name: string;
  /** Bytes from the start of the `.kconfig` map's value. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Its C type, qualifiers included, in the collection's BTF. */
  readonly typeId: TypeId;
  /** True: it is zero when the kernel does not know it. False: that is an error. */
  readonly weak: boolean;
}

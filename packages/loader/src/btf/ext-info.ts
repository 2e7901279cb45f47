import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import type { CoreRelocationKind } from "./core-relocation.ts";
import type { TypeId } from "./types.ts";

/** Where a function starts, and its type. */
export interface FunctionInfo {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** A function type. */
  readonly typeId: TypeId;
}

/** Where instructions come from in the C source. */
export interface LineRecord {
  /** Bytes from the start of the section; the line stands for all instructions up to the next record. */
  readonly offset: number;
  /** Offsets in the strings of the BTF, for {@link Btf.string}. */
  readonly fileOffset: number;
  readonly textOffset: number;
  /** From 1; 0 when the compiler knew none. */
  readonly line: number;
  /** From 1; 0 when the compiler knew none. */
  readonly column: number;
}

/** An instruction that depends on the running kernel's types. */
export interface CoreRelocationRecord {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** In the object's own BTF. */
  readonly typeId: TypeId;
  /** Path to the field as the compiler wrote it: `"0:1:2"`. */
  readonly access: string;
  readonly kind: CoreRelocationKind;
}

/** What .BTF.ext says, by the name of the section that it is about. Records are ordered by offset. */
export interface ExtInfo {
  readonly functions: ReadonlyMap<string, readonly FunctionInfo[]>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly relocations: ReadonlyMap<string, readonly CoreRelocationRecord[]>;
}

/**
 * Reads a section `.BTF.ext`; `btf` is the object's own.
 * Throws {@link ObjectFormatError}.
 */
export function parseExtInfo(bytes: Uint8Array, btf: Btf): ExtInfo {
  throw new ObjectFormatError(`not there yet: ${bytes.length} ${btf.typeCount}`);
}

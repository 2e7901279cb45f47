/**
 * The instructions of a loaded program, with what its BTF says about them.
 *
 * @module
 */

import { endianness } from "node:os";
import { SLOT_BYTES, SourceLine } from "../asm/code.ts";
import type { LineInfo } from "../asm/code.ts";
import type { Btf } from "../btf/index.ts";
import { BpfError, MissingCapabilityError } from "../errors/index.ts";
import { btfById } from "./btf-object.ts";

/** `struct bpf_func_info` of include/uapi/linux/bpf.h. */
export const FUNCTION_RECORD_BYTES = 8;
/** `struct bpf_line_info`. */
export const LINE_RECORD_BYTES = 16;

const LITTLE = endianness() === "LE";

/** Where a function of a loaded program starts. */
export interface TranslatedFunction {
  /** In slots of 8 bytes, from the start of the program. */
  readonly slot: number;
  readonly name: string;
  /** In the program's BTF; 0 without. */
  readonly typeId: number;
}

/** The instructions of a loaded program: something that `disassemble` takes. */
export interface TranslatedProgram {
  /** Name of its first function, in full where its BTF can be read; else what the kernel kept of it. */
  readonly name: string;
  /** In the byte order of this machine, a multiple of 8 bytes. */
  readonly code: Uint8Array;
  /** In the order of slots: all of them with BTF, else the first. */
  readonly functions: readonly TranslatedFunction[];
  /** In the order of slots; none without BTF. */
  readonly lines: readonly LineInfo[];
}

/** What the kernel gave. */
export interface TranslatedBytes {
  readonly translated: Uint8Array;
  readonly functions: Uint8Array;
  readonly lines: Uint8Array;
  /** 0 = none. */
  readonly btfId: number;
  /** What the kernel kept of the name. */
  readonly name: string;
}

/** Without the privilege to read BTF there are the instructions alone. */
export function translatedProgram(bytes: TranslatedBytes): TranslatedProgram {
  const btf = bytes.btfId === 0 ? undefined : readableBtf(bytes.btfId);
  return annotate(bytes, btf);
}

/** Puts instructions and infos together; infos beyond the instructions are left out. */
export function annotate(
  { translated, functions, lines, name }: TranslatedBytes,
  btf: Btf | undefined,
): TranslatedProgram {
  const slots = Math.floor(translated.length / SLOT_BYTES);
  const named = btf === undefined ? [] : functionsOf(functions, btf, slots);
  const [first] = named;
  return {
    name: first?.slot === 0 ? first.name : name,
    code: translated.subarray(0, slots * SLOT_BYTES),
    functions: first?.slot === 0 ? named : [{ slot: 0, name, typeId: 0 }, ...named],
    lines: btf === undefined ? [] : linesOf(lines, btf, slots),
  };
}

function readableBtf(id: number): Btf | undefined {
  try {
    return btfById(id);
  } catch (error) {
    if (error instanceof MissingCapabilityError) return undefined;
    // The program is gone, and its BTF with it.
    if (error instanceof BpfError && error.code === "ERR_BPF_NOT_FOUND") return undefined;
    throw error;
  }
}

function functionsOf(records: Uint8Array, btf: Btf, slots: number): readonly TranslatedFunction[] {
  const view = viewOf(records);
  const functions: TranslatedFunction[] = [];
  for (let at = 0; at + FUNCTION_RECORD_BYTES <= records.length; at += FUNCTION_RECORD_BYTES) {
    const slot = view.getUint32(at, LITTLE);
    const typeId = view.getUint32(at + 4, LITTLE);
    if (slot < slots && typeId < btf.typeCount) functions.push({ slot, name: btf.name(typeId), typeId });
  }
  return functions.sort((left, right) => left.slot - right.slot);
}

function linesOf(records: Uint8Array, btf: Btf, slots: number): readonly LineInfo[] {
  const view = viewOf(records);
  const lines: LineInfo[] = [];
  for (let at = 0; at + LINE_RECORD_BYTES <= records.length; at += LINE_RECORD_BYTES) {
    const slot = view.getUint32(at, LITTLE);
    const lineAndColumn = view.getUint32(at + 12, LITTLE);
    if (slot >= slots) continue;
    lines.push(
      new SourceLine(btf, slot, {
        fileOffset: view.getUint32(at + 4, LITTLE),
        textOffset: view.getUint32(at + 8, LITTLE),
        line: lineAndColumn >>> 10,
        column: lineAndColumn & 0x3ff,
      }),
    );
  }
  return lines.sort((left, right) => left.slot - right.slot);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

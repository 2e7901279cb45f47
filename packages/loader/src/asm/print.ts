import { printFormat } from "./formats/index.ts";
import type { PrintStyle } from "./formats/index.ts";
import type { Instruction } from "./instruction.ts";

const STYLE: PrintStyle = { wordRegisters: false };

/**
 * An instruction in the C-like syntax of llvm-objdump: `r1 = *(u32 *)(r2 + 0x10)`, `if r1 == 0x0 goto +0x5`. Numbers are
 * hexadecimal; `<unknown>` is what is no instruction.
 *
 * Where LLVM shows less than there is, this shows all: 32-bit atomics without `wordRegisters`, which LLVM 19 takes for
 * others or does not know, and packet loads with index and offset. Instructions that are younger than LLVM 19 look as in
 * the LLVM that brought them.
 */
export function printInstruction(instruction: Instruction, style: Partial<PrintStyle> = STYLE): string {
  return printFormat(instruction, { ...STYLE, ...style });
}

import { decode, decodeSlots, disassemble, encode, printInstruction } from "bpf-loader/asm";
import type { Disassemblable } from "bpf-loader/asm";
import { attempt, checkText } from "./attempt.ts";

/** Decodes, prints and encodes instructions, which must give the same bytes. */
export function readCode(code: Uint8Array, littleEndian: boolean): void {
  const instructions = attempt(() => decode(code, littleEndian));
  if (instructions === undefined) return;
  if (Buffer.compare(encode(instructions, littleEndian), code) !== 0) throw new Error("encoded to other bytes");
  for (const { instruction } of decodeSlots(code, littleEndian)) {
    checkText(printInstruction(instruction));
    checkText(printInstruction(instruction, { wordRegisters: true }));
  }
}

/** Disassembles code with what is known of it. */
export function readDisassembly(subject: Disassemblable, littleEndian: boolean): void {
  const text = attempt(() => disassemble(subject, { littleEndian }));
  if (text !== undefined) checkText(text);
}

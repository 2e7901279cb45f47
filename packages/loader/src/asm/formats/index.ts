/**
 * The formats of all kinds of instructions. A new kind is a type in `instruction.ts` and a format here.
 *
 * @module
 */

import type { Instruction, InstructionKind } from "../instruction.ts";
import { alu, byteSwap, castAddress, negate, perCpuAddress, signExtend } from "./alu.ts";
import { callFunction, callHelper, callKernel, callRegister } from "./call.ts";
import type { Fields, Format, PrintStyle } from "./format.ts";
import { exit, jump, jumpIf, jumpRegister, mayGoto } from "./jump.ts";
import { atomic, load, loadAcquire, loadPacket, store, storeRelease } from "./memory.ts";
import { raw } from "./raw.ts";
import { loadWide } from "./wide.ts";

export type { Fields, PrintStyle } from "./format.ts";

const FORMATS: { readonly [K in InstructionKind]: Format<K> } = {
  alu,
  negate,
  signExtend,
  byteSwap,
  castAddress,
  perCpuAddress,
  loadWide,
  load,
  store,
  atomic,
  loadAcquire,
  storeRelease,
  loadPacket,
  jump,
  jumpIf,
  mayGoto,
  jumpRegister,
  callHelper,
  callFunction,
  callKernel,
  callRegister,
  exit,
  raw,
};

interface Decoder {
  decode(fields: Fields): Instruction | undefined;
}

const OPCODES = 256;

/** The formats that an opcode may be of. At most one of them takes it. */
const BY_OPCODE: readonly (readonly Decoder[])[] = Array.from({ length: OPCODES }, (_, opcode) =>
  Object.values(FORMATS).filter((format) => format.opcodes.includes(opcode)),
);

/** The format of an instruction's own kind. */
function formatOf(instruction: Instruction): Format<InstructionKind> {
  // Every format is for instructions of the kind that it is found by, which types can't say of one value.
  return FORMATS[instruction.kind] as Format<InstructionKind>;
}

/** What a slot says; `undefined` when that is nothing. */
export function decodeFields(fields: Fields): Instruction | undefined {
  for (const format of BY_OPCODE[fields.opcode] ?? []) {
    const instruction = format.decode(fields);
    if (instruction !== undefined) return instruction;
  }
  return undefined;
}

/**
 * The fields that stand for an instruction. Whether they fit is not checked.
 * Throws BpfError `ERR_BPF_INVALID_ARGUMENT` for values that no instruction has.
 */
export function encodeFields(instruction: Instruction): Fields {
  return formatOf(instruction).encode(instruction);
}

/** As llvm-objdump writes it. */
export function printFormat(instruction: Instruction, style: PrintStyle): string {
  return formatOf(instruction).print(instruction, style);
}

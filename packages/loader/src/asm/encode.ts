import { BpfError } from "../errors/index.ts";
import { encodeFields } from "./formats/index.ts";
import type { Fields } from "./formats/index.ts";
import { SLOT_BYTES } from "./function.ts";
import { slotsOf } from "./instruction.ts";
import type { Instruction } from "./instruction.ts";
import { Instructions } from "./instructions.ts";

/**
 * Instructions as bytes: what {@link decode} made them of, or new ones.
 * Throws BpfError `ERR_BPF_INVALID_ARGUMENT`, with the index of the instruction, for a number that does not fit into its
 * field, registers that can't go together, and jumps to labels, which only {@link assemble} resolves.
 */
export function encode(instructions: readonly Instruction[], littleEndian = true): Uint8Array {
  const slots = instructions.reduce((sum, instruction) => sum + slotsOf(instruction), 0);
  const writer = new Instructions(new Uint8Array(slots * SLOT_BYTES), littleEndian);
  let slot = 0;
  for (const [index, instruction] of instructions.entries()) {
    writeFields(writer, slot, checkedFields(instruction, index));
    slot += slotsOf(instruction);
  }
  return writer.code;
}

/** Fields that can be written as they are. */
function checkedFields(instruction: Instruction, index: number): Fields {
  try {
    const fields = encodeFields(instruction);
    check("the opcode", fields.opcode, 0, 0xff);
    check("the destination", fields.destination, 0, 0xf);
    check("the source", fields.source, 0, 0xf);
    check("an offset or target", fields.offset, -0x8000, 0x7fff);
    check("a number or target", fields.immediate, -0x8000_0000, 0x7fff_ffff);
    return fields;
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    throw new BpfError(error.code, `instruction ${index} (${instruction.kind}): ${error.message}`, { cause: error });
  }
}

function check(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${name} of ${value} is not a whole number from ${least} to ${most}`);
}

function writeFields(writer: Instructions, slot: number, fields: Fields): void {
  writer.setOpcode(slot, fields.opcode);
  writer.setRegisters(slot, fields.destination, fields.source);
  writer.setOffset(slot, fields.offset);
  writer.setImmediate(slot, fields.immediate);
  if (fields.high !== undefined) writer.setImmediate(slot + 1, fields.high);
}

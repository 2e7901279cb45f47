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

interface Range {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

const RANGES: Readonly<Record<keyof Fields, Range>> = {
  opcode: { name: "the opcode", least: 0, most: 0xff },
  destination: { name: "the destination", least: 0, most: 0xf },
  source: { name: "the source", least: 0, most: 0xf },
  offset: { name: "an offset or target", least: -0x8000, most: 0x7fff },
  immediate: { name: "a number or target", least: -0x8000_0000, most: 0x7fff_ffff },
  high: { name: "the high half", least: -0x8000_0000, most: 0x7fff_ffff },
};

/** Fields that can be written as they are. */
function checkedFields(instruction: Instruction, index: number): Fields {
  const where = `instruction ${index} (${instruction.kind})`;
  let fields;
  try {
    fields = encodeFields(instruction);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    throw new BpfError(error.code, `${where}: ${error.message}`, { cause: error });
  }
  for (const [field, value] of Object.entries(fields)) {
    // Fields has no others.
    const { name, least, most } = RANGES[field as keyof Fields];
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${where}: ${name} of ${value} is not a whole number from ${least} to ${most}`,
    );
  }
  return fields;
}

function writeFields(writer: Instructions, slot: number, fields: Fields): void {
  writer.setOpcode(slot, fields.opcode);
  writer.setRegisters(slot, fields.destination, fields.source);
  writer.setOffset(slot, fields.offset);
  writer.setImmediate(slot, fields.immediate);
  if (fields.high !== undefined) writer.setImmediate(slot + 1, fields.high);
}

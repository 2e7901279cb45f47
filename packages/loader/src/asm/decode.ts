import { SLOT_BYTES } from "./function.ts";
import { decodeFields } from "./formats/index.ts";
import { slotsOf } from "./instruction.ts";
import type { Instruction } from "./instruction.ts";
import { Instructions } from "./instructions.ts";
import { ObjectFormatError } from "../errors/index.ts";

/** An instruction and where it is. */
export interface PlacedInstruction {
  /** In slots of 8 bytes, from the start of the code. */
  readonly slot: number;
  readonly instruction: Instruction;
}

/**
 * Reads code as data. Nothing in it is an error: a slot that is no instruction, or that has something in a field that must
 * be zero, comes out as kind `"raw"`, so that {@link encode} makes the same bytes of every result.
 * Throws {@link ObjectFormatError} when `code` is not a multiple of 8 bytes.
 *
 * @example
 * decode(spec.code).filter((instruction) => instruction.kind === "callHelper");
 */
export function decode(code: Uint8Array, littleEndian = true): Instruction[] {
  return Array.from(decodeSlots(code, littleEndian), ({ instruction }) => instruction);
}

/** As {@link decode}, one instruction after the other, with their places. */
export function* decodeSlots(code: Uint8Array, littleEndian = true): Generator<PlacedInstruction, void, undefined> {
  if (code.length % SLOT_BYTES !== 0) {
    throw new ObjectFormatError(`the last instruction is cut off: ${code.length} bytes are not a multiple of 8`, {
      offset: code.length - (code.length % SLOT_BYTES),
    });
  }
  const slots = new Instructions(code, littleEndian);
  let slot = 0;
  while (slot < slots.slots) {
    const instruction = decodeAt(slots, slot);
    yield { slot, instruction };
    slot += slotsOf(instruction);
  }
}

/** The instruction that starts at a slot. */
function decodeAt(slots: Instructions, slot: number): Instruction {
  const opcode = slots.opcode(slot);
  const destination = slots.destination(slot);
  const source = slots.source(slot);
  const offset = slots.offset(slot);
  const immediate = slots.immediate(slot);
  const high = slots.isWide(slot) && isSecondHalf(slots, slot + 1) ? slots.immediate(slot + 1) : undefined;
  return (
    decodeFields({ opcode, destination, source, offset, immediate, high }) ?? {
      kind: "raw",
      opcode,
      destination,
      source,
      offset,
      immediate,
    }
  );
}

/** The second slot of a 64-bit immediate has nothing but its half of that. */
function isSecondHalf(slots: Instructions, slot: number): boolean {
  return (
    slots.opcode(slot) === 0 && slots.destination(slot) === 0 && slots.source(slot) === 0 && slots.offset(slot) === 0
  );
}

import { BpfError, quoteName } from "../../errors/index.ts";
import type { InstructionKind, InstructionOf, JumpTarget } from "../instruction.ts";
import { isWordRegister, registerNumber } from "../register.ts";
import type { AnyRegister } from "../register.ts";

/** What is in a slot, apart from the order of its bytes. */
export interface Fields {
  readonly opcode: number;
  /** 0 to 15. */
  readonly destination: number;
  /** 0 to 15. */
  readonly source: number;
  /** 16 bits, signed. */
  readonly offset: number;
  /** 32 bits, signed. */
  readonly immediate: number;
  /** The immediate of the second slot, for instructions that have a valid one. */
  readonly high: number | undefined;
}

/** How instructions are spelled where there are several ways. */
export interface PrintStyle {
  /**
   * Where loads and stores of less than 64 bits name their register: `w1 = *(u32 *)(r2 + 0x0)` instead of `r1 = …`. It is
   * the same instruction: llvm-objdump writes the former with `--mcpu=v3` and above, and since LLVM 20 always.
   */
  readonly wordRegisters: boolean;
}

/** All that there is to know of a kind of instruction. */
export interface Format<K extends InstructionKind> {
  /** The opcodes that it may have; others may have the same. */
  readonly opcodes: readonly number[];
  /** Returns `undefined` when the fields are not those of an instruction of this kind. */
  decode(fields: Fields): InstructionOf<K> | undefined;
  /** Throws BpfError `ERR_BPF_INVALID_ARGUMENT` for values that no instruction has. */
  encode(instruction: InstructionOf<K>): Fields;
  /** As llvm-objdump writes it. */
  print(instruction: InstructionOf<K>, style: PrintStyle): string;
}

/** Fields of which the unused ones are zero. */
export function makeFields(used: Partial<Fields>): Fields {
  return { opcode: 0, destination: 0, source: 0, offset: 0, immediate: 0, high: undefined, ...used };
}

/** Throws what all encoders throw. */
export function refuse(message: string): never {
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", message);
}

/** Throws for what is no register. */
export function encodeRegister(register: string): number {
  return registerNumber(register) ?? refuse(`${quoteName(register)} is not a register`);
}

const UINT32_RANGE = 0x1_0000_0000;

/**
 * The fields for an operand that is a register of the same width as the other one, or a number. For operations on 32 bits
 * the number may as well be unsigned.
 */
export function encodeOperand(
  operand: AnyRegister | number,
  other: AnyRegister,
): Pick<Fields, "source" | "immediate"> & { readonly isRegister: boolean } {
  if (typeof operand === "number") {
    return { isRegister: false, source: 0, immediate: encodeNumber(operand, isWordRegister(other)) };
  }
  const source = encodeRegister(operand);
  if (isWordRegister(operand) !== isWordRegister(other)) {
    refuse(`${other} and ${operand} do not have the same width`);
  }
  return { isRegister: true, source, immediate: 0 };
}

/** An immediate for 32 bits, where numbers from 2³¹ on mean the negative ones. */
export function encodeNumber(value: number, unsignedToo: boolean): number {
  const negative = unsignedToo && value >= UINT32_RANGE / 2 && value < UINT32_RANGE;
  return negative ? value - UINT32_RANGE : value;
}

/** Throws for the name of a label: only `assemble` knows where these are. */
export function encodeTarget(target: JumpTarget): number {
  if (typeof target === "number") return target;
  return refuse(`label ${quoteName(target)} has no place yet: only assemble() finds it`);
}

/** `0x10`, `-0x1` */
export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** `+0x10`, `-0x1`, or the name of a label. */
export function printTarget(target: JumpTarget): string {
  if (typeof target === "string") return target;
  return target < 0 ? hex(target) : `+${hex(target)}`;
}

/** `r1`, `0x5` */
export function printOperand(operand: AnyRegister | number): string {
  return typeof operand === "number" ? hex(operand) : operand;
}

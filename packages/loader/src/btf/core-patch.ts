import { coreError } from "./core-error.ts";

/** What becomes of an instruction: a value, or poison. */
export interface CoreDecision {
  /** 64 bits, unsigned. `undefined` when the kernel lacks what the instruction needs. */
  readonly newValue: bigint | undefined;
  readonly oldValue: bigint;
  /** Whether the instruction must hold `oldValue`. */
  readonly certain: boolean;
  /** Bytes of a load or store, in the object's types and the kernel's; both 0 where that is no matter. */
  readonly oldSize: number;
  readonly newSize: number;
  /** False when the sizes differ in a way that would change the value. */
  readonly canChangeSize: boolean;
}

const SLOT_BYTES = 8;

const CLASS_MASK = 0x07;
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const ALU64 = 7;
const LD_IMM64 = 0x18;
const SOURCE_REGISTER = 0x08;
const CALL = 0x85;

/** By the bits of the opcode that say the size. */
const SIZE_MASK = 0x18;
const BYTES_BY_SIZE: ReadonlyMap<number, number> = new Map([
  [0x00, 4],
  [0x08, 2],
  [0x10, 1],
  [0x18, 8],
]);

const LARGEST_OFFSET = 0x7fff;

/** Number of a helper that doesn't exist: the verifier says "invalid func unknown#195896080" when it gets there. */
const POISON = 0xbad2310;

/** One instruction, in place. */
export class PatchedInstruction {
  readonly #view: DataView;
  readonly #at: number;
  readonly #littleEndian: boolean;

  /** Throws when there is no such slot. */
  constructor(code: DataView, slot: number, littleEndian: boolean) {
    this.#at = slot * SLOT_BYTES;
    if (this.#at + SLOT_BYTES > code.byteLength) throw coreError("there is no such instruction");
    this.#view = code;
    this.#littleEndian = littleEndian;
  }

  /** Writes a decision. Returns false when the instruction had to be poisoned. Throws when it does not fit. */
  apply(decision: CoreDecision): boolean {
    const { newValue } = decision;
    if (newValue === undefined) {
      this.#poison();
      return false;
    }
    switch (this.#opcode & CLASS_MASK) {
      case ALU:
      case ALU64:
        this.#patchImmediate(decision, newValue);
        return true;
      case LDX:
      case ST:
      case STX:
        return this.#patchAccess(decision, newValue);
      case LD:
        this.#patchImmediate64(decision, newValue);
        return true;
      default:
        throw this.#misfit("can't hold a relocated value");
    }
  }

  get #opcode(): number {
    return this.#view.getUint8(this.#at);
  }

  /** Assignments to a register and arithmetic. */
  #patchImmediate(decision: CoreDecision, newValue: bigint): void {
    if ((this.#opcode & SOURCE_REGISTER) !== 0) throw this.#misfit("has no immediate");
    const immediate = this.#view.getInt32(this.#at + 4, this.#littleEndian);
    this.#check(decision, BigInt(immediate));
    if (BigInt.asIntN(32, newValue) !== BigInt.asIntN(64, newValue) && newValue > 0xffff_ffffn) {
      throw this.#misfit(`can't hold ${newValue} in 32 bits`);
    }
    this.#view.setInt32(this.#at + 4, Number(BigInt.asIntN(32, newValue)), this.#littleEndian);
  }

  /** Loads and stores: the offset, and the size where the field's has changed. */
  #patchAccess(decision: CoreDecision, newValue: bigint): boolean {
    const offset = this.#view.getInt16(this.#at + 2, this.#littleEndian);
    this.#check(decision, BigInt(offset));
    if (newValue > BigInt(LARGEST_OFFSET))
      throw this.#misfit(`can't reach offset ${newValue}, the largest is ${LARGEST_OFFSET}`);
    if (!decision.canChangeSize) {
      this.#poison();
      return false;
    }
    this.#view.setInt16(this.#at + 2, Number(newValue), this.#littleEndian);
    if (decision.newSize !== decision.oldSize) this.#changeSize(decision);
    return true;
  }

  #changeSize({ oldSize, newSize }: CoreDecision): void {
    const opcode = this.#opcode;
    const size = BYTES_BY_SIZE.get(opcode & SIZE_MASK);
    if (size !== oldSize) throw this.#misfit(`accesses ${size} bytes of a field of ${oldSize}`);
    for (const [bits, bytes] of BYTES_BY_SIZE) {
      if (bytes !== newSize) continue;
      this.#view.setUint8(this.#at, (opcode & ~SIZE_MASK) | bits);
      return;
    }
    throw this.#misfit(`can't access ${newSize} bytes at once`);
  }

  #patchImmediate64(decision: CoreDecision, newValue: bigint): void {
    const { value, usable } = this.#immediate64();
    if (!usable) throw this.#misfit("is no plain load of a 64-bit immediate");
    this.#check(decision, value);
    this.#view.setUint32(this.#at + 4, Number(newValue & 0xffff_ffffn), this.#littleEndian);
    this.#view.setUint32(this.#at + SLOT_BYTES + 4, Number(newValue >> 32n), this.#littleEndian);
  }

  /** The immediate of both slots; not usable where something else than a number is loaded. */
  #immediate64(): { readonly value: bigint; readonly usable: boolean } {
    const next = this.#at + SLOT_BYTES;
    if (this.#opcode !== LD_IMM64 || next + SLOT_BYTES > this.#view.byteLength) return { value: 0n, usable: false };
    const registers = this.#view.getUint8(this.#at + 1);
    const source = this.#littleEndian ? registers >> 4 : registers & 0xf;
    const rest = this.#view.getUint16(this.#at + 2) | this.#view.getUint32(next);
    const low = BigInt(this.#view.getUint32(this.#at + 4, this.#littleEndian));
    const high = BigInt(this.#view.getUint32(next + 4, this.#littleEndian));
    return { value: (high << 32n) | low, usable: source === 0 && rest === 0 };
  }

  /** Calls a helper that doesn't exist, in both slots of a 64-bit load, so that the verifier names it and not an opcode. */
  #poison(): void {
    const slots = this.#opcode === LD_IMM64 && this.#at + 2 * SLOT_BYTES <= this.#view.byteLength ? 2 : 1;
    for (let slot = 0; slot < slots; slot++) {
      const at = this.#at + slot * SLOT_BYTES;
      this.#view.setUint32(at, 0);
      this.#view.setUint8(at, CALL);
      this.#view.setInt32(at + 4, POISON, this.#littleEndian);
    }
  }

  #check(decision: CoreDecision, found: bigint): void {
    if (!decision.certain || BigInt.asUintN(64, found) === decision.oldValue) return;
    throw this.#misfit(
      `holds ${found}, but the object's types say ${BigInt.asIntN(64, decision.oldValue)}: instruction and types don't belong together`,
    );
  }

  #misfit(problem: string): Error {
    return coreError(`the instruction (opcode 0x${this.#opcode.toString(16).padStart(2, "0")}) ${problem}`);
  }
}

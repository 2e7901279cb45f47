import { SLOT_BYTES } from "./function.ts";
import { Opcode } from "./opcode.ts";

const UINT32_RANGE = 0x1_0000_0000;

/**
 * Reads and writes the fields of instructions in place, in the byte order of the object they come from. Positions
 * are slots of 8 bytes. Nothing is decoded ahead, so that it costs nothing to make one.
 */
export class Instructions {
  readonly code: Uint8Array;
  readonly littleEndian: boolean;
  /** How many slots there are. */
  readonly slots: number;
  readonly #view: DataView;

  /** @throws RangeError when `code` is not a multiple of 8 bytes. */
  constructor(code: Uint8Array, littleEndian: boolean) {
    if (code.length % SLOT_BYTES !== 0) {
      throw new RangeError(`${code.length} bytes of instructions are not a multiple of ${SLOT_BYTES}`);
    }
    this.code = code;
    this.littleEndian = littleEndian;
    this.slots = code.length / SLOT_BYTES;
    this.#view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  }

  opcode(slot: number): number {
    return this.#view.getUint8(slot * SLOT_BYTES);
  }

  setOpcode(slot: number, opcode: number): void {
    this.#view.setUint8(slot * SLOT_BYTES, opcode);
  }

  // The two registers share a byte, and C's bitfields put the first in the low half on little endian only.

  destination(slot: number): number {
    const registers = this.#view.getUint8(slot * SLOT_BYTES + 1);
    return this.littleEndian ? registers & 0xf : registers >> 4;
  }

  source(slot: number): number {
    const registers = this.#view.getUint8(slot * SLOT_BYTES + 1);
    return this.littleEndian ? registers >> 4 : registers & 0xf;
  }

  setRegisters(slot: number, destination: number, source: number): void {
    const registers = this.littleEndian ? (source << 4) | destination : (destination << 4) | source;
    this.#view.setUint8(slot * SLOT_BYTES + 1, registers);
  }

  setSource(slot: number, source: number): void {
    this.setRegisters(slot, this.destination(slot), source);
  }

  /** Signed, 16 bits. */
  offset(slot: number): number {
    return this.#view.getInt16(slot * SLOT_BYTES + 2, this.littleEndian);
  }

  setOffset(slot: number, offset: number): void {
    this.#view.setInt16(slot * SLOT_BYTES + 2, offset, this.littleEndian);
  }

  /** Signed, 32 bits. */
  immediate(slot: number): number {
    return this.#view.getInt32(slot * SLOT_BYTES + 4, this.littleEndian);
  }

  setImmediate(slot: number, immediate: number): void {
    this.#view.setInt32(slot * SLOT_BYTES + 4, immediate, this.littleEndian);
  }

  /** Both halves of a 64-bit immediate. */
  setWideImmediate(slot: number, immediate: bigint): void {
    const bits = BigInt.asUintN(64, immediate);
    this.setImmediate(slot, Number(bits % BigInt(UINT32_RANGE)));
    this.setImmediate(slot + 1, Number(bits / BigInt(UINT32_RANGE)));
  }

  /** True where a 64-bit immediate starts that has its second slot. */
  isWide(slot: number): boolean {
    return this.opcode(slot) === Opcode.LD_IMM64 && slot + 1 < this.slots;
  }

  isCall(slot: number): boolean {
    return this.opcode(slot) === Opcode.CALL;
  }
}

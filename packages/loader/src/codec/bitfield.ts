/**
 * Bitfields. `bitOffset` counts from the start of the byte at `offset`, as BTF counts: in little endian from the
 * lowest bit of that byte up, in big endian from its highest bit down.
 *
 * @module
 */

import { checkBits, checkBits64, checkBool } from "./check.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import type { Bitfield } from "./shape.ts";

/** An unsigned bitfield of up to 32 bits. */
export function readBits(
  view: DataView,
  offset: number,
  bitOffset: number,
  bits: number,
  littleEndian: boolean,
): number {
  const first = offset + (bitOffset >>> 3);
  const skip = bitOffset & 7;
  const count = (skip + bits + 7) >>> 3;
  const shift = littleEndian ? skip : count * 8 - skip - bits;
  return Math.floor(readUnit(view, first, count, littleEndian) / 2 ** shift) % 2 ** bits;
}

/** A signed bitfield of up to 32 bits. */
export function readSignedBits(
  view: DataView,
  offset: number,
  bitOffset: number,
  bits: number,
  littleEndian: boolean,
): number {
  const value = readBits(view, offset, bitOffset, bits, littleEndian);
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/**
 * Writes a bitfield of up to 32 bits, signed or not, and leaves the bits around it as they are.
 *
 * @throws CodecError when the value does not fit.
 */
export function writeBits(
  view: DataView,
  offset: number,
  bitOffset: number,
  bits: number,
  signed: boolean,
  value: unknown,
  littleEndian: boolean,
  field: PathSegment = "",
): void {
  const checked = checkBits(value, bits, signed, field);
  const first = offset + (bitOffset >>> 3);
  const skip = bitOffset & 7;
  const count = (skip + bits + 7) >>> 3;
  const unit = readUnit(view, first, count, littleEndian);
  const scale = 2 ** (littleEndian ? skip : count * 8 - skip - bits);
  const old = Math.floor(unit / scale) % 2 ** bits;
  // At most 40 bits, so exact as a number.
  let updated = unit + ((checked < 0 ? checked + 2 ** bits : checked) - old) * scale;
  for (let i = 0; i < count; i++) {
    view.setUint8(littleEndian ? first + i : first + count - 1 - i, updated % 256);
    updated = Math.floor(updated / 256);
  }
}

/** The unsigned integer in `count` bytes, at most 5. */
function readUnit(view: DataView, first: number, count: number, littleEndian: boolean): number {
  let unit = 0;
  for (let i = 0; i < count; i++) unit = unit * 256 + view.getUint8(littleEndian ? first + count - 1 - i : first + i);
  return unit;
}

/** A bitfield of up to 64 bits as a bigint. */
export function readBits64(
  view: DataView,
  offset: number,
  bitOffset: number,
  bits: number,
  signed: boolean,
  littleEndian: boolean,
): bigint {
  const first = offset + (bitOffset >>> 3);
  const skip = bitOffset & 7;
  const count = (skip + bits + 7) >>> 3;
  const shift = littleEndian ? skip : count * 8 - skip - bits;
  const value = readUnit64(view, first, count, littleEndian) >> BigInt(shift);
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/**
 * Writes a bitfield of up to 64 bits from a bigint, and leaves the bits around it as they are.
 *
 * @throws CodecError when the value does not fit.
 */
export function writeBits64(
  view: DataView,
  offset: number,
  bitOffset: number,
  bits: number,
  signed: boolean,
  value: unknown,
  littleEndian: boolean,
  field: PathSegment = "",
): void {
  const checked = checkBits64(value, bits, signed, field);
  const first = offset + (bitOffset >>> 3);
  const skip = bitOffset & 7;
  const count = (skip + bits + 7) >>> 3;
  const shift = BigInt(littleEndian ? skip : count * 8 - skip - bits);
  const mask = BigInt.asUintN(bits, -1n) << shift;
  let updated = readUnit64(view, first, count, littleEndian) & ~mask;
  updated |= BigInt.asUintN(bits, checked) << shift;
  for (let i = 0; i < count; i++) {
    view.setUint8(littleEndian ? first + i : first + count - 1 - i, Number(updated & 0xffn));
    updated >>= 8n;
  }
}

/** The unsigned integer in `count` bytes, at most 9: a packed struct can put 64 bits across as many. */
function readUnit64(view: DataView, first: number, count: number, littleEndian: boolean): bigint {
  let unit = 0n;
  for (let i = 0; i < count; i++)
    unit = (unit << 8n) | BigInt(view.getUint8(littleEndian ? first + count - 1 - i : first + i));
  return unit;
}

/**
 * A bitfield's codec; its `size` is that of the bytes it lies in. Writing leaves the other bits of these bytes as they
 * are, so a struct's writer sets them to zero first.
 */
export function bitfieldCodec(bitfield: Bitfield, littleEndian: boolean, name: string): Codec<unknown> {
  const { bitOffset, bits, signed, value: kind } = bitfield;
  const shape = { name, size: (bitOffset + bits + 7) >>> 3, align: 1 };
  switch (kind) {
    case "boolean":
      return {
        ...shape,
        read: (view, offset) => readBits(view, offset, bitOffset, bits, littleEndian) !== 0,
        write: (view, offset, value) =>
          writeBits(view, offset, bitOffset, bits, false, checkBool(value) ? 1 : 0, littleEndian),
      };
    case "bigint":
      return {
        ...shape,
        read: (view, offset) => readBits64(view, offset, bitOffset, bits, signed, littleEndian),
        write: (view, offset, value) => writeBits64(view, offset, bitOffset, bits, signed, value, littleEndian),
      };
    case "number":
      return {
        ...shape,
        read: signed
          ? (view, offset) => readSignedBits(view, offset, bitOffset, bits, littleEndian)
          : (view, offset) => readBits(view, offset, bitOffset, bits, littleEndian),
        write: (view, offset, value) => writeBits(view, offset, bitOffset, bits, signed, value, littleEndian),
      };
  }
}

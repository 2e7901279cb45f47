/**
 * Checks of values before they are written. Each returns the value, so that generated code can write
 * `view.setUint32(at, checkU32(event.pid, "pid"), true)`; each looks at it once and converts nothing, since a
 * conversion would run code of the value.
 *
 * @module
 */

import { codecError, describeValue, showName } from "./codec-error.ts";
import type { CodecError, PathSegment } from "./codec-error.ts";

/** @throws CodecError unless it is an integer from 0 to 255. */
export function checkU8(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && (value & 0xff) === value) return value;
  throw notInteger(field, value, "__u8", 0, 0xff);
}

/** @throws CodecError unless it is an integer from 0 to 65535. */
export function checkU16(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && (value & 0xffff) === value) return value;
  throw notInteger(field, value, "__u16", 0, 0xffff);
}

/** @throws CodecError unless it is an integer from 0 to 2³² − 1. */
export function checkU32(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && value >>> 0 === value) return value;
  throw notInteger(field, value, "__u32", 0, 0xffff_ffff);
}

/** @throws CodecError unless it is an integer from −128 to 127. */
export function checkI8(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && (value << 24) >> 24 === value) return value;
  throw notInteger(field, value, "__s8", -0x80, 0x7f);
}

/** @throws CodecError unless it is an integer from −32768 to 32767. */
export function checkI16(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && (value << 16) >> 16 === value) return value;
  throw notInteger(field, value, "__s16", -0x8000, 0x7fff);
}

/** @throws CodecError unless it is an integer from −2³¹ to 2³¹ − 1. */
export function checkI32(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && (value | 0) === value) return value;
  throw notInteger(field, value, "__s32", -0x8000_0000, 0x7fff_ffff);
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const I64_MIN = -0x8000_0000_0000_0000n;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;

/** @throws CodecError unless it is a bigint from 0 to 2⁶⁴ − 1. */
export function checkU64(value: unknown, field: PathSegment = ""): bigint {
  if (typeof value === "bigint" && value >= 0n && value <= U64_MAX) return value;
  throw notBigint(field, value, "__u64", 0n, U64_MAX);
}

/** @throws CodecError unless it is a bigint from −2⁶³ to 2⁶³ − 1. */
export function checkI64(value: unknown, field: PathSegment = ""): bigint {
  if (typeof value === "bigint" && value >= I64_MIN && value <= I64_MAX) return value;
  throw notBigint(field, value, "__s64", I64_MIN, I64_MAX);
}

/** @throws CodecError unless it is an integer from 0 to 2⁵³ − 1. */
export function checkU64AsNumber(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) return value;
  throw notInteger(field, value, "__u64 as number", 0, Number.MAX_SAFE_INTEGER);
}

/** @throws CodecError unless it is an integer from −(2⁵³ − 1) to 2⁵³ − 1. */
export function checkI64AsNumber(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw notInteger(field, value, "__s64 as number", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

/** @throws CodecError unless it is `true` or `false`. */
export function checkBool(value: unknown, field: PathSegment = ""): boolean {
  if (typeof value === "boolean") return value;
  throw codecError(field, `${describeValue(value)} is not a boolean`);
}

/** @throws CodecError unless it is a number that, when finite, stays finite in 32 bits. It is rounded, as C does. */
export function checkF32(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number") {
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
      throw codecError(field, `${describeValue(value)} does not fit float (up to 3.4028235e38)`);
    return value;
  }
  throw codecError(field, `${describeValue(value)} is not a number`);
}

/** @throws CodecError unless it is a number. */
export function checkF64(value: unknown, field: PathSegment = ""): number {
  if (typeof value === "number") return value;
  throw codecError(field, `${describeValue(value)} is not a number`);
}

/** @throws CodecError unless it is an array of exactly `length` elements. */
export function checkLength(value: unknown, length: number, field: PathSegment = ""): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw codecError(field, `${describeValue(value)} is not an array of ${length}`);
}

/** @throws CodecError unless it is an object, as a struct or union needs. `type` is the C type's name. */
export function checkObject(value: unknown, type: string, field: PathSegment = ""): object {
  if (typeof value === "object" && value !== null) return value;
  throw codecError(field, `${describeValue(value)} is not an object, as ${showName(type)} needs`);
}

/**
 * For a bitfield of up to 32 bits.
 *
 * @throws CodecError unless it is an integer that fits.
 */
export function checkBits(value: unknown, bits: number, signed: boolean, field: PathSegment = ""): number {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw notInteger(field, value, bitfieldName(bits, signed), min, max);
}

/**
 * For a bitfield of 33 to 64 bits.
 *
 * @throws CodecError unless it is a bigint that fits.
 */
export function checkBits64(value: unknown, bits: number, signed: boolean, field: PathSegment = ""): bigint {
  if (typeof value === "bigint" && (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value)
    return value;
  const half = 1n << BigInt(bits - 1);
  throw notBigint(field, value, bitfieldName(bits, signed), signed ? -half : 0n, signed ? half - 1n : half * 2n - 1n);
}

function bitfieldName(bits: number, signed: boolean): string {
  return `${signed ? "a signed" : "an unsigned"} bitfield of ${bits}`;
}

function notInteger(field: PathSegment, value: unknown, type: string, min: number, max: number): CodecError {
  const shown = describeValue(value);
  const range = `${type} (${min} … ${max})`;
  if (typeof value === "number")
    return codecError(
      field,
      Number.isInteger(value) ? `${shown} does not fit ${range}` : `${shown} is not an integer, as ${range} needs`,
    );
  return codecError(
    field,
    typeof value === "bigint"
      ? `${shown} is a bigint; ${range} takes a number`
      : `${shown} is not a number, as ${range} needs`,
  );
}

function notBigint(field: PathSegment, value: unknown, type: string, min: bigint, max: bigint): CodecError {
  const shown = describeValue(value);
  const range = `${type} (${min} … ${max})`;
  if (typeof value === "bigint") return codecError(field, `${shown} does not fit ${range}`);
  return codecError(
    field,
    typeof value === "number"
      ? `${shown} is a number; ${range} takes a bigint${Number.isSafeInteger(value) ? `: ${value}n` : ""}`
      : `${shown} is not a bigint, as ${range} needs`,
  );
}

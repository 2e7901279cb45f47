import {
  checkBool,
  checkF32,
  checkF64,
  checkI16,
  checkI32,
  checkI64,
  checkI64AsNumber,
  checkI8,
  checkU16,
  checkU32,
  checkU64,
  checkU64AsNumber,
  checkU8,
} from "./check.ts";
import { codecError } from "./codec-error.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";

declare const pointerBrand: unique symbol;
/** An address in the kernel or in the traced process: a number to print or compare, never to follow. */
export type Pointer = bigint & { readonly [pointerBrand]: true };

/** An address as a {@link Pointer}, to write one. */
export function toPointer(address: bigint): Pointer {
  // The brand exists in the type system only.
  return address as Pointer;
}

/** A value of an enum that its declaration doesn't list: C allows any that fits. */
export type UnknownEnum = number & {};

const TWO_32 = 0x1_0000_0000;

/**
 * An unsigned 64-bit integer as a number, with which one can calculate.
 *
 * @throws CodecError when it is above 2⁵³ − 1, where numbers lose exactness.
 */
export function readU64AsNumber(
  view: DataView,
  offset: number,
  littleEndian: boolean,
  field: PathSegment = "",
): number {
  const high = view.getUint32(littleEndian ? offset + 4 : offset, littleEndian);
  if (high > 0x1f_ffff) throw notExact(field, view.getBigUint64(offset, littleEndian));
  return high * TWO_32 + view.getUint32(littleEndian ? offset : offset + 4, littleEndian);
}

/**
 * A signed 64-bit integer as a number, with which one can calculate.
 *
 * @throws CodecError when it is beyond ±(2⁵³ − 1), where numbers lose exactness.
 */
export function readI64AsNumber(
  view: DataView,
  offset: number,
  littleEndian: boolean,
  field: PathSegment = "",
): number {
  const high = view.getInt32(littleEndian ? offset + 4 : offset, littleEndian);
  const value = high * TWO_32 + view.getUint32(littleEndian ? offset : offset + 4, littleEndian);
  if (!Number.isSafeInteger(value)) throw notExact(field, view.getBigInt64(offset, littleEndian));
  return value;
}

function notExact(field: PathSegment, value: bigint): Error {
  return codecError(field, `${value} can't be read as a number: it is beyond 2^53 - 1; read it as a bigint`);
}

/** @throws CodecError unless it is an integer from 0 to 2⁵³ − 1. */
export function writeU64AsNumber(
  view: DataView,
  offset: number,
  value: unknown,
  littleEndian: boolean,
  field: PathSegment = "",
): void {
  writeHalves(view, offset, checkU64AsNumber(value, field), littleEndian);
}

/** @throws CodecError unless it is an integer from −(2⁵³ − 1) to 2⁵³ − 1. */
export function writeI64AsNumber(
  view: DataView,
  offset: number,
  value: unknown,
  littleEndian: boolean,
  field: PathSegment = "",
): void {
  writeHalves(view, offset, checkI64AsNumber(value, field), littleEndian);
}

/** `setUint32` takes its argument modulo 2³², which also makes the two's complement of a negative one. */
function writeHalves(view: DataView, offset: number, value: number, littleEndian: boolean): void {
  view.setUint32(littleEndian ? offset : offset + 4, value, littleEndian);
  view.setUint32(littleEndian ? offset + 4 : offset, Math.floor(value / TWO_32), littleEndian);
}

/** Codecs of C's scalars in one byte order. */
export interface ScalarCodecs {
  readonly u8: Codec<number>;
  readonly u16: Codec<number>;
  readonly u32: Codec<number>;
  /** 64-bit integers are bigint: see {@link u64AsNumber}. */
  readonly u64: Codec<bigint>;
  readonly i8: Codec<number>;
  readonly i16: Codec<number>;
  readonly i32: Codec<number>;
  readonly i64: Codec<bigint>;
  /** Reads throw above 2⁵³ − 1. */
  readonly u64AsNumber: Codec<number>;
  /** Reads throw beyond ±(2⁵³ − 1). */
  readonly i64AsNumber: Codec<number>;
  /** `_Bool`: any byte but 0 reads as `true`. */
  readonly bool: Codec<boolean>;
  /** `float`. */
  readonly f32: Codec<number>;
  /** `double`. */
  readonly f64: Codec<number>;
  /** Any pointer, 8 bytes. */
  readonly pointer: Codec<Pointer>;
}

function scalar<T>(
  name: string,
  size: number,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): Codec<T> {
  return { name, size, align: size, read, write };
}

function scalarCodecs(le: boolean): ScalarCodecs {
  return {
    u8: scalar(
      "__u8",
      1,
      (v, o) => v.getUint8(o),
      (v, o, x) => v.setUint8(o, checkU8(x)),
    ),
    u16: scalar(
      "__u16",
      2,
      (v, o) => v.getUint16(o, le),
      (v, o, x) => v.setUint16(o, checkU16(x), le),
    ),
    u32: scalar(
      "__u32",
      4,
      (v, o) => v.getUint32(o, le),
      (v, o, x) => v.setUint32(o, checkU32(x), le),
    ),
    u64: scalar(
      "__u64",
      8,
      (v, o) => v.getBigUint64(o, le),
      (v, o, x) => v.setBigUint64(o, checkU64(x), le),
    ),
    i8: scalar(
      "__s8",
      1,
      (v, o) => v.getInt8(o),
      (v, o, x) => v.setInt8(o, checkI8(x)),
    ),
    i16: scalar(
      "__s16",
      2,
      (v, o) => v.getInt16(o, le),
      (v, o, x) => v.setInt16(o, checkI16(x), le),
    ),
    i32: scalar(
      "__s32",
      4,
      (v, o) => v.getInt32(o, le),
      (v, o, x) => v.setInt32(o, checkI32(x), le),
    ),
    i64: scalar(
      "__s64",
      8,
      (v, o) => v.getBigInt64(o, le),
      (v, o, x) => v.setBigInt64(o, checkI64(x), le),
    ),
    u64AsNumber: scalar(
      "__u64",
      8,
      (v, o) => readU64AsNumber(v, o, le),
      (v, o, x) => writeU64AsNumber(v, o, x, le),
    ),
    i64AsNumber: scalar(
      "__s64",
      8,
      (v, o) => readI64AsNumber(v, o, le),
      (v, o, x) => writeI64AsNumber(v, o, x, le),
    ),
    bool: scalar(
      "_Bool",
      1,
      (v, o) => v.getUint8(o) !== 0,
      (v, o, x) => v.setUint8(o, checkBool(x) ? 1 : 0),
    ),
    f32: scalar(
      "float",
      4,
      (v, o) => v.getFloat32(o, le),
      (v, o, x) => v.setFloat32(o, checkF32(x), le),
    ),
    f64: scalar(
      "double",
      8,
      (v, o) => v.getFloat64(o, le),
      (v, o, x) => v.setFloat64(o, checkF64(x), le),
    ),
    pointer: scalar(
      "void *",
      8,
      (v, o) => toPointer(v.getBigUint64(o, le)),
      (v, o, x) => v.setBigUint64(o, checkU64(x), le),
    ),
  };
}

const little = scalarCodecs(true);
const big = scalarCodecs(false);

/** The scalars' codecs in the byte order of an object: `codecs(btf.littleEndian)`. Always the same two objects. */
export function codecs(littleEndian: boolean): ScalarCodecs {
  return littleEndian ? little : big;
}

/** `__u8`: 0 … 255. */
export const u8: Codec<number> = little.u8;
/** `__u16`, little endian: 0 … 65535. */
export const u16: Codec<number> = little.u16;
/** `__u32`, little endian: 0 … 4294967295. */
export const u32: Codec<number> = little.u32;
/** `__u64`, little endian, as bigint. */
export const u64: Codec<bigint> = little.u64;
/** `__s8`: −128 … 127. */
export const i8: Codec<number> = little.i8;
/** `__s16`, little endian: −32768 … 32767. */
export const i16: Codec<number> = little.i16;
/** `__s32`, little endian: −2147483648 … 2147483647. */
export const i32: Codec<number> = little.i32;
/** `__s64`, little endian, as bigint. */
export const i64: Codec<bigint> = little.i64;
/** `__u64`, little endian, as a number; reading more than 2⁵³ − 1 throws. */
export const u64AsNumber: Codec<number> = little.u64AsNumber;
/** `__s64`, little endian, as a number; reading beyond ±(2⁵³ − 1) throws. */
export const i64AsNumber: Codec<number> = little.i64AsNumber;
/** `_Bool`. */
export const bool: Codec<boolean> = little.bool;
/** `float`, little endian. */
export const f32: Codec<number> = little.f32;
/** `double`, little endian. */
export const f64: Codec<number> = little.f64;
/** A pointer, little endian. */
export const pointer: Codec<Pointer> = little.pointer;

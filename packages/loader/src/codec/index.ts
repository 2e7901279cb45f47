/**
 * Codecs: bytes of C types to JavaScript values and back, at fixed offsets. Runs anywhere, a browser included.
 *
 * @module
 */

export { bytes, readBytes, writeBytes, zeroFill } from "./bytes.ts";
export {
  checkBits,
  checkBits64,
  checkBool,
  checkF32,
  checkF64,
  checkI16,
  checkI32,
  checkI64,
  checkI64AsNumber,
  checkI8,
  checkLength,
  checkObject,
  checkU16,
  checkU32,
  checkU64,
  checkU64AsNumber,
  checkU8,
} from "./check.ts";
export { CodecError, codecError, describeValue, within } from "./codec-error.ts";
export type { PathSegment } from "./codec-error.ts";
export type { Codec, CodecValue } from "./codec.ts";
export { array, enumeration, readField, struct, writeField } from "./composite.ts";
export { cstring, readCString, writeCString } from "./cstring.ts";
export {
  bool,
  codecs,
  f32,
  f64,
  i16,
  i32,
  i64,
  i64AsNumber,
  i8,
  pointer,
  readI64AsNumber,
  readU64AsNumber,
  toPointer,
  u16,
  u32,
  u64,
  u64AsNumber,
  u8,
  writeI64AsNumber,
  writeU64AsNumber,
} from "./scalar.ts";
export type { Pointer, ScalarCodecs, UnknownEnum } from "./scalar.ts";

/**
 * Codecs: bytes of C types to JavaScript values and back, at fixed offsets. Runs anywhere, a browser included.
 *
 * @module
 */

export { Ipv4, Ipv6, Mac, toIpv4, toIpv6, toMac } from "./address.ts";
export { bitfieldCodec, readBits, readBits64, readSignedBits, writeBits, writeBits64 } from "./bitfield.ts";
export { millisecondsToNanoseconds, nanosecondsToDate, nanosecondsToMilliseconds } from "./brand.ts";
export type { Be16, Be32, Be64, Brand, Ifindex, Nanoseconds, Pid } from "./brand.ts";
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
export { CodecError, codecError, describeValue, showName, within } from "./codec-error.ts";
export type { PathSegment } from "./codec-error.ts";
export type { Codec, CodecValue } from "./codec.ts";
export { array, enumeration, readField, struct, writeField } from "./composite.ts";
export { cstring, readCString, writeCString } from "./cstring.ts";
export { enumName } from "./enum-name.ts";
export { elements, flexibleStruct } from "./flexible.ts";
export type { FlexibleMember } from "./flexible.ts";
export { formatValue } from "./format-value.ts";
export type { FormatOptions } from "./format-value.ts";
export { codecFromBtf } from "./from-btf.ts";
export type { CodecOptions } from "./from-btf.ts";
export { ipv4Prefix, ipv6Prefix, lpmKey } from "./ip-prefix.ts";
export type { LpmKey } from "./ip-prefix.ts";
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
export { fieldsOf, gapsOf, isAnonymous, shapeOf } from "./shape.ts";
export type {
  ArrayShape,
  Bitfield,
  BoolShape,
  ByteRange,
  BytesShape,
  CompositeShape,
  EnumShape,
  FloatShape,
  IntShape,
  MemberShape,
  OpaqueShape,
  PointerShape,
  StringShape,
  TypeShape,
} from "./shape.ts";
export { taggedUnion } from "./tagged-union.ts";
export type { TaggedMember, TaggedUnion } from "./tagged-union.ts";
export { bigintToJson, bytesToBase64, bytesToHex, pointerToHex } from "./to-json.ts";
export { fieldValue, union, writeUnion } from "./union.ts";
export type { UnionCodec, UnionMember } from "./union.ts";

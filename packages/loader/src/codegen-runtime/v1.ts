/**
 * What modules made by `bpf-codegen` import. Their contract with this package: names here stay, whatever else changes. Programs
 * use what the modules export, and have no need for this one.
 *
 * It names files and not folders where values come from: what is built from it has no more than bindings need before they load something.
 *
 * @module
 */

export type { AttachedLinks } from "./attached-links.ts";
export { base64 } from "./base64.ts";
export * from "./big-endian.ts";
export type {
  AttachOptionsOf,
  BpfObject,
  Fields,
  LiveMap,
  LiveProgram,
  LivePrograms,
  LoadOptions,
  MapChoice,
  ObjectDefinition,
  Objects,
  ProgramChoice,
  StructureValues,
  ValueOf,
} from "./bpf-object.ts";
export { defineObject } from "./define-object.ts";
export { defineDetachedObject } from "./detached-object.ts";
export type { DetachedObject } from "./detached-object.ts";
export { forThisMachine, hostOrder, littleEndian, objectFile } from "./embedded.ts";
export { defineLibrary } from "./library.ts";
export type { BoundObjects, BpfLibrary, LibraryHost } from "./library.ts";
export * from "./map-tags.ts";
export * from "./program-tags.ts";
export type { Structure, StructureFields } from "./structures.ts";
export { structWithUnions } from "./struct-with-unions.ts";
export { constant, variable } from "./variable-tags.ts";
export type { ConstantTag, VariableTag } from "./variable-tags.ts";
export { Ipv4, Ipv6, Mac } from "../codec/address.ts";
export { bitfieldCodec, readBits, readBits64, readSignedBits, writeBits, writeBits64 } from "../codec/bitfield.ts";
export { bytes, readBytes, writeBytes, zeroFill } from "../codec/bytes.ts";
export {
  checkBool,
  checkF32,
  checkF64,
  checkI16,
  checkI32,
  checkI64,
  checkI8,
  checkU16,
  checkU32,
  checkU64,
  checkU8,
} from "../codec/check.ts";
export { array, readField, struct, writeField } from "../codec/composite.ts";
export { cstring, readCString, writeCString } from "../codec/cstring.ts";
export { elements, flexibleStruct } from "../codec/flexible.ts";
export {
  bool,
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
} from "../codec/scalar.ts";
export { taggedUnion } from "../codec/tagged-union.ts";
export { bigintToJson, bytesToBase64, bytesToHex, pointerToHex } from "../codec/to-json.ts";
export { union } from "../codec/union.ts";
export type {
  Be16,
  Be32,
  Be64,
  Brand,
  Codec,
  Ifindex,
  Nanoseconds,
  Pid,
  Pointer,
  TaggedUnion,
  UnionCodec,
  UnknownEnum,
} from "../codec/index.ts";
export type { UnknownEnum64 } from "./unknown-enum64.ts";

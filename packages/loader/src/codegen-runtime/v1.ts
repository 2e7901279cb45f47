/**
 * What modules made by `bpf-codegen` import. Their contract with this package: names here stay, whatever else changes. Programs
 * use what the modules export, and have no need for this one.
 *
 * @module
 */

export { AttachedLinks } from "./attached-links.ts";
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
export {
  array,
  bigintToJson,
  bitfieldCodec,
  bool,
  bytes,
  bytesToBase64,
  bytesToHex,
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
  cstring,
  elements,
  f32,
  f64,
  flexibleStruct,
  i16,
  i32,
  i64,
  i64AsNumber,
  i8,
  Ipv4,
  Ipv6,
  Mac,
  pointer,
  pointerToHex,
  readBits,
  readBits64,
  readBytes,
  readCString,
  readField,
  readI64AsNumber,
  readSignedBits,
  readU64AsNumber,
  struct,
  taggedUnion,
  toPointer,
  u16,
  u32,
  u64,
  u64AsNumber,
  u8,
  union,
  writeBits,
  writeBits64,
  writeBytes,
  writeCString,
  writeField,
  writeI64AsNumber,
  writeU64AsNumber,
  zeroFill,
} from "../codec/index.ts";
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

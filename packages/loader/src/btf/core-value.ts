import { isEnumValueKind, isFieldKind } from "./core-access.ts";
import type { AccessSpec } from "./core-access.ts";
import type { Btf } from "./btf.ts";
import { coreError } from "./core-error.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { BtfMember, BtfType, TypeId } from "./types.ts";

/** What a field's offset does not say and loads and stores have to agree with. */
export interface FieldAccess {
  /** Bytes; of an array those of its elements. */
  readonly size: number;
  readonly type: BtfType;
}

/** What a relocation wants to know, of the object's types or the kernel's. */
export interface CoreValue {
  /** 64 bits, unsigned. */
  readonly value: bigint;
  /** Only of byte offsets, and not of bitfields. */
  readonly field: FieldAccess | undefined;
  /** Whether the instruction must hold the value that the object's types give: of bitfields, compilers choose. */
  readonly certain: boolean;
}

/** Answers a relocation for a type that has what it asks for. */
export function coreValue(spec: AccessSpec, kind: CoreRelocationKind): CoreValue {
  if (isFieldKind(kind)) return fieldValue(spec, kind);
  if (isEnumValueKind(kind)) return plain(kind === CoreRelocationKind.ENUMVAL_EXISTS ? 1n : enumeratorValue(spec));
  return typeValue(spec, kind);
}

/** The answer where the kernel lacks what a relocation asks for; `undefined` when there is none. */
export function missingValue(kind: CoreRelocationKind): CoreValue | undefined {
  const hasAnswer =
    kind === CoreRelocationKind.FIELD_EXISTS ||
    kind === CoreRelocationKind.ENUMVAL_EXISTS ||
    (!isFieldKind(kind) && !isEnumValueKind(kind));
  return hasAnswer ? plain(0n) : undefined;
}

function plain(value: bigint | number): CoreValue {
  return { value: BigInt(value), field: undefined, certain: true };
}

function typeValue(spec: AccessSpec, kind: CoreRelocationKind): CoreValue {
  switch (kind) {
    case CoreRelocationKind.TYPE_EXISTS:
    case CoreRelocationKind.TYPE_MATCHES:
      return plain(1n);
    case CoreRelocationKind.TYPE_SIZE:
      return plain(spec.btf.sizeOf(spec.rootId));
    default:
      // ids change when objects are linked
      return { ...plain(spec.rootId), certain: false };
  }
}

/** 32-bit enumerators are sign-extended, as compilers write them. */
function enumeratorValue(spec: AccessSpec): bigint {
  const [accessor] = spec.accessors;
  const type = spec.btf.resolve(spec.rootId);
  const value =
    accessor !== undefined && (type.kind === "enum" || type.kind === "enum64")
      ? type.values[accessor.index]?.value
      : undefined;
  if (value === undefined) throw coreError(`${spec.btf.typeName(spec.rootId)} is no enum`);
  return BigInt.asUintN(64, typeof value === "bigint" ? value : BigInt(value | 0));
}

function fieldValue(spec: AccessSpec, kind: CoreRelocationKind): CoreValue {
  if (kind === CoreRelocationKind.FIELD_EXISTS) return plain(1n);
  const last = spec.accessors.at(-1);
  if (last === undefined) throw coreError("a path without a step");
  if (last.name === undefined) return elementValue(spec, last.typeId, kind);
  const type = spec.btf.type(last.typeId);
  const member = type.kind === "struct" || type.kind === "union" ? type.members[last.index] : undefined;
  if (member === undefined) throw coreError(`${spec.btf.typeName(last.typeId)} has no member ${last.index}`);
  return memberValue(spec, member, kind);
}

/** Of `a[n]`, which can't be a bitfield. */
function elementValue(spec: AccessSpec, typeId: TypeId, kind: CoreRelocationKind): CoreValue {
  switch (kind) {
    case CoreRelocationKind.FIELD_BYTE_OFFSET:
      return {
        ...plain(spec.bitOffset / 8),
        field: { size: accessSize(spec.btf, typeId), type: spec.btf.type(typeId) },
      };
    case CoreRelocationKind.FIELD_BYTE_SIZE:
      return plain(spec.btf.sizeOf(typeId));
    default:
      throw coreError("only offset, size and existence of an array's element can be asked for");
  }
}

function memberValue(spec: AccessSpec, member: BtfMember, kind: CoreRelocationKind): CoreValue {
  const type = spec.btf.resolve(member.typeId);
  const isBitfield = member.bitSize > 0;
  const place = isBitfield ? bitfieldPlace(spec, member) : ordinaryPlace(spec, type.id);
  switch (kind) {
    case CoreRelocationKind.FIELD_BYTE_OFFSET:
      return {
        value: BigInt(place.byteOffset),
        field: isBitfield ? undefined : { size: accessSize(spec.btf, type.id), type },
        certain: !isBitfield,
      };
    case CoreRelocationKind.FIELD_BYTE_SIZE:
      return { ...plain(place.byteSize), certain: !isBitfield };
    case CoreRelocationKind.FIELD_SIGNED:
      return plain((type.kind === "int" || type.kind === "enum" || type.kind === "enum64") && type.signed ? 1n : 0n);
    case CoreRelocationKind.FIELD_LSHIFT_U64: {
      const bitsBefore = spec.bitOffset - place.byteOffset * 8;
      const shift = spec.btf.littleEndian ? 64 - (bitsBefore + place.bitSize) : (8 - place.byteSize) * 8 + bitsBefore;
      return { value: BigInt.asUintN(64, BigInt(shift)), field: undefined, certain: !isBitfield };
    }
    default: // FIELD_RSHIFT_U64
      return plain(BigInt.asUintN(64, BigInt(64 - place.bitSize)));
  }
}

/** The bytes that have to be loaded to get at a field. */
interface FieldPlace {
  readonly byteOffset: number;
  readonly byteSize: number;
  readonly bitSize: number;
}

function ordinaryPlace(spec: AccessSpec, typeId: TypeId): FieldPlace {
  const byteSize = spec.btf.sizeOf(typeId);
  return { byteOffset: Math.floor(spec.bitOffset / 8), byteSize, bitSize: byteSize * 8 };
}

/** The smallest aligned integer, starting from the declared type, that has all bits of the field in it. */
function bitfieldPlace(spec: AccessSpec, member: BtfMember): FieldPlace {
  const { bitOffset } = spec;
  const { bitSize } = member;
  let byteSize = spec.btf.sizeOf(member.typeId);
  if (byteSize === 0) throw coreError(`bitfield ${JSON.stringify(member.name)} is of a type without size`);
  const start = (): number => Math.floor(Math.floor(bitOffset / 8) / byteSize) * byteSize;
  while (bitOffset + bitSize - start() * 8 > byteSize * 8) {
    if (byteSize >= 8)
      throw coreError(`bitfield ${JSON.stringify(member.name)} can't be read with one load of 64 bits`);
    byteSize *= 2;
  }
  return { byteOffset: start(), byteSize, bitSize };
}

/** Bytes that one load or store takes: those of a value, or of the elements of an array. */
function accessSize(btf: Btf, typeId: TypeId): number {
  let type = btf.resolve(typeId);
  // sizeOf has refused arrays that contain themselves
  for (btf.sizeOf(typeId); type.kind === "array"; type = btf.resolve(type.elementTypeId));
  return btf.sizeOf(type.id);
}

/**
 * Whether a load or store of one field's size may be changed to the other's: pointers and unsigned integers are
 * zero-extended, which keeps their value.
 */
export function canChangeAccessSize(local: FieldAccess, target: FieldAccess): boolean {
  if (local.type.kind === "pointer" && target.type.kind === "pointer") return true;
  return isZeroExtended(local.type) && isZeroExtended(target.type);
}

function isZeroExtended(type: BtfType): boolean {
  return type.kind === "int" && !(type.signed && !type.char && !type.bool);
}

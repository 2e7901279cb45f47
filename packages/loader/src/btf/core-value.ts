import { enumeratorOf, isEnumValueKind, isFieldKind } from "./core-access.ts";
import type { AccessSpec } from "./core-access.ts";
import type { Btf } from "./btf.ts";
import { coreError } from "./core-error.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { TypeId } from "./types.ts";

/** What a field's offset does not say and loads and stores have to agree with. */
export interface FieldAccess {
  /** Bytes; of an array those of its elements. */
  readonly size: number;
  readonly btf: Btf;
  readonly typeId: TypeId;
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
  const { value } = enumeratorOf(spec);
  return BigInt.asUintN(64, typeof value === "bigint" ? value : BigInt(value | 0));
}

function fieldValue(spec: AccessSpec, kind: CoreRelocationKind): CoreValue {
  if (kind === CoreRelocationKind.FIELD_EXISTS) return plain(1n);
  const last = spec.accessors.at(-1);
  if (last === undefined) throw coreError("a path without a step");
  const { btf } = spec;
  if (last.nameOffset === 0) return elementValue(spec, last.typeId, kind);
  const members = btf.members(last.typeId);
  if (members === undefined) throw coreError(`type ${last.typeId} has no members`);
  return memberValue(spec, btf.resolveId(members.typeId(last.index)), members.bitSize(last.index), kind);
}

/** Of `a[n]`, which can't be a bitfield. */
function elementValue(spec: AccessSpec, typeId: TypeId, kind: CoreRelocationKind): CoreValue {
  switch (kind) {
    case CoreRelocationKind.FIELD_BYTE_OFFSET:
      return {
        ...plain(Math.floor(spec.bitOffset / 8)),
        field: accessOf(spec.btf, typeId),
      };
    case CoreRelocationKind.FIELD_BYTE_SIZE:
      return plain(spec.btf.sizeOf(typeId));
    default:
      throw coreError("only offset, size and existence of an array's element can be asked for");
  }
}

/** `bitSize` is 0 but for bitfields. */
function memberValue(spec: AccessSpec, typeId: TypeId, bitSize: number, kind: CoreRelocationKind): CoreValue {
  const isBitfield = bitSize > 0;
  const place = isBitfield ? bitfieldPlace(spec, typeId, bitSize) : ordinaryPlace(spec, typeId);
  switch (kind) {
    case CoreRelocationKind.FIELD_BYTE_OFFSET:
      return {
        value: BigInt(place.byteOffset),
        field: isBitfield ? undefined : accessOf(spec.btf, typeId),
        certain: !isBitfield,
      };
    case CoreRelocationKind.FIELD_BYTE_SIZE:
      return { ...plain(place.byteSize), certain: !isBitfield };
    case CoreRelocationKind.FIELD_SIGNED:
      return plain(isSigned(spec.btf, typeId) ? 1n : 0n);
    case CoreRelocationKind.FIELD_LSHIFT_U64: {
      const bitsBefore = spec.bitOffset - place.byteOffset * 8;
      const shift = spec.btf.littleEndian ? 64 - (bitsBefore + place.bitSize) : (8 - place.byteSize) * 8 + bitsBefore;
      return { value: BigInt.asUintN(64, BigInt(shift)), field: undefined, certain: !isBitfield };
    }
    default: // FIELD_RSHIFT_U64
      return plain(BigInt.asUintN(64, BigInt(64 - place.bitSize)));
  }
}

function isSigned(btf: Btf, typeId: TypeId): boolean {
  const type = btf.members(typeId) === undefined ? btf.type(typeId) : undefined;
  return (type?.kind === "int" || type?.kind === "enum" || type?.kind === "enum64") && type.signed;
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
function bitfieldPlace(spec: AccessSpec, typeId: TypeId, bitSize: number): FieldPlace {
  const { bitOffset } = spec;
  let byteSize = spec.btf.sizeOf(typeId);
  if (byteSize === 0) throw coreError("a bitfield is of a type without size");
  const start = (): number => Math.floor(Math.floor(bitOffset / 8) / byteSize) * byteSize;
  while (bitOffset + bitSize - start() * 8 > byteSize * 8) {
    if (byteSize >= 8) throw coreError("the bitfield can't be read with one load of 64 bits");
    byteSize *= 2;
  }
  return { byteOffset: start(), byteSize, bitSize };
}

/** How one load or store reads a value, or an element of an array. */
function accessOf(btf: Btf, typeId: TypeId): FieldAccess {
  // sizeOf refuses arrays that contain themselves
  let size = btf.sizeOf(typeId);
  for (let id = btf.resolveId(typeId); btf.kind(id) === "array";) {
    const array = btf.type(id);
    if (array.kind !== "array") break;
    id = btf.resolveId(array.elementTypeId);
    size = btf.sizeOf(id);
  }
  return { size, btf, typeId };
}

/**
 * Whether a load or store of one field's size may be changed to the other's: pointers and unsigned integers are
 * zero-extended, which keeps their value.
 */
export function canChangeAccessSize(local: FieldAccess, target: FieldAccess): boolean {
  if (local.btf.kind(local.typeId) === "pointer" && target.btf.kind(target.typeId) === "pointer") return true;
  return isZeroExtended(local) && isZeroExtended(target);
}

function isZeroExtended({ btf, typeId }: FieldAccess): boolean {
  if (btf.kind(typeId) !== "int") return false;
  const type = btf.type(typeId);
  return type.kind === "int" && !(type.signed && !type.char && !type.bool);
}

/**
 * What a C type is as a JavaScript value. This is the one place that decides it: codecs made at run time and generated
 * code both follow it.
 *
 * | C | value |
 * | --- | --- |
 * | integers up to 32 bits, `char` too | `number` |
 * | integers of 64 bits | `bigint` |
 * | `__int128` | `Uint8Array` of 16 |
 * | `_Bool` | `boolean` |
 * | enums up to 32 bits, of 64 bits | `number`, `bigint`; open: any value that fits |
 * | `float`, `double` | `number` |
 * | pointers | `bigint` (branded) |
 * | `char[N]` | `string` up to the first NUL |
 * | `unsigned char[N]`, `__u8[N]` | `Uint8Array` |
 * | any other `T[N]`, `signed char[N]` too | array of N values; a flexible array has none |
 * | struct | object; members of anonymous structs and unions are its own, as in C |
 * | union | object with every member; written from one member, or from several that agree |
 * | bitfields up to 32 bits, of more | `number`, `bigint`; of `_Bool`: `boolean` |
 * | anything else (`long double`, a type known by name only …) | `Uint8Array` of its size, and a reason to show |
 *
 * Typedefs and qualifiers change the name only: `typedef char byte_t; byte_t name[8]` is a string.
 *
 * @module
 */

import type { Btf, ResolvedType } from "../btf/btf.ts";
import type { BtfArray, BtfComposite, BtfEnumerator, BtfMember, TypeId } from "../btf/types.ts";
import { isUnknownType, unknownBytes } from "../btf/unknown-type.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";

interface ShapeBase {
  /** The type as it is declared, typedefs and qualifiers included. */
  readonly typeId: TypeId;
  /** Its C spelling: `"__u32"`, `"struct event"`, `"flow_key_t"`. From the object: escape it where it is shown. */
  readonly typeName: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
}

/** An integer of up to 64 bits, `char` included. */
export interface IntShape extends ShapeBase {
  readonly kind: "int";
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** `_Bool`. */
export interface BoolShape extends ShapeBase {
  readonly kind: "bool";
  readonly size: 1;
}

/** `float` or `double`. */
export interface FloatShape extends ShapeBase {
  readonly kind: "float";
  readonly size: 4 | 8;
}

/** An enum: any integer of its size, with names for some. */
export interface EnumShape extends ShapeBase {
  readonly kind: "enum";
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** The enum itself, behind typedefs and qualifiers. */
  readonly enumId: TypeId;
  /** The enum's tag; empty when it has none. */
  readonly name: string;
  readonly values: readonly BtfEnumerator[];
}

/** A pointer to anything. */
export interface PointerShape extends ShapeBase {
  readonly kind: "pointer";
  readonly size: 8;
  /** What it points to. Its shape is not part of this one, so that types that point to each other end. */
  readonly target: TypeId;
}

/** `char[size]`. */
export interface StringShape extends ShapeBase {
  readonly kind: "string";
}

/** Bytes without structure of their own: arrays of unsigned 1-byte integers, and `__int128`. */
export interface BytesShape extends ShapeBase {
  readonly kind: "bytes";
}

/** An array of anything but characters and bytes. */
export interface ArrayShape extends ShapeBase {
  readonly kind: "array";
  readonly element: TypeShape;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}

/** A struct or a union. */
export interface CompositeShape extends ShapeBase {
  readonly kind: "struct" | "union";
  /** The struct or union itself, behind typedefs and qualifiers. */
  readonly compositeId: TypeId;
  /** Its tag; empty when it has none. */
  readonly name: string;
  /** As declared, anonymous ones included: see {@link fieldsOf} for what is on the JavaScript object. */
  readonly members: readonly MemberShape[];
}

/** A type that has no better value than its bytes. */
export interface OpaqueShape extends ShapeBase {
  readonly kind: "opaque";
  /** Why: `"long double has no JavaScript value"`. */
  readonly reason: string;
}

/** A C type as a JavaScript value: see the table above. */
export type TypeShape =
  | IntShape
  | BoolShape
  | FloatShape
  | EnumShape
  | PointerShape
  | StringShape
  | BytesShape
  | ArrayShape
  | CompositeShape
  | OpaqueShape;

/** Where a bitfield's bits are. */
export interface Bitfield {
  /** Bits from the start of the byte at the member's `offset`, 0–7: from the lowest bit in little endian, from the highest in big. */
  readonly bitOffset: number;
  /** Bits, 1–64. */
  readonly bits: number;
  readonly signed: boolean;
  readonly value: "number" | "bigint" | "boolean";
}

/** A member of a struct or union. */
export interface MemberShape {
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  /** Bytes from the start of the struct to the member, or to the byte with the bitfield's first bit. */
  readonly offset: number;
  /** Of a bitfield: the type that it is declared with. */
  readonly shape: TypeShape;
  readonly bitfield: Bitfield | undefined;
}

/** Composites and arrays inside each other; the kernel allows 32 when it resolves types. */
const DEPTH_LIMIT = 64;
/** BTF counts the members of one struct in 16 bits. */
const FIELD_LIMIT = 65_535;

/**
 * Values that a struct or union may have for each byte, and besides: unions that nest in each other could say a few bytes in more ways than
 * there is time to read them. Those of the kernel have less than one for each byte.
 */
const VALUES_PER_BYTE = 8;
const VALUES_AT_LEAST = 256;

/** Values that are read for one of a type that is made of others. */
const valueCounts = new WeakMap<TypeShape, number>();

const known = new WeakMap<Btf, Map<TypeId, TypeShape>>();

/**
 * How a value of the type looks. The same object for the same type of the same BTF.
 *
 * @throws ObjectFormatError when the BTF contradicts itself: a member outside its struct, a struct that contains itself.
 */
export function shapeOf(btf: Btf, typeId: TypeId): TypeShape {
  let shapes = known.get(btf);
  if (shapes === undefined) known.set(btf, (shapes = new Map()));
  return shapeAt(btf, typeId, shapes, 0);
}

function shapeAt(btf: Btf, typeId: TypeId, shapes: Map<TypeId, TypeShape>, depth: number): TypeShape {
  const before = shapes.get(typeId);
  if (before !== undefined) return before;
  if (depth > DEPTH_LIMIT)
    throw new ObjectFormatError(
      `type ${quoteName(btf.typeName(typeId))} is nested more than ${DEPTH_LIMIT} deep, or contains itself`,
    );
  const shape = makeShape(btf, typeId, shapes, depth);
  shapes.set(typeId, shape);
  return shape;
}

function makeShape(btf: Btf, typeId: TypeId, shapes: Map<TypeId, TypeShape>, depth: number): TypeShape {
  const type = btf.resolve(typeId);
  switch (type.kind) {
    // What other types are inside of is spelled when those could be: types that contain themselves are found out first.
    case "array":
      return arrayShape(btf, type, typeId, shapes, depth);
    case "struct":
    case "union":
      return compositeShape(btf, type, typeId, shapes, depth);
    case "variable":
      return shapeAt(btf, type.typeId, shapes, depth + 1);
    default:
      return simpleShape(btf, type, typeId);
  }
}

type SimpleType = Exclude<ResolvedType, { kind: "array" | "struct" | "union" | "variable" }>;

function simpleShape(btf: Btf, type: SimpleType, typeId: TypeId): TypeShape {
  const typeName = btf.typeName(typeId);
  const opaque = (size: number, align: number, reason: string): OpaqueShape => ({
    kind: "opaque",
    typeId,
    typeName,
    size,
    align,
    reason,
  });
  switch (type.kind) {
    case "int": {
      const { size, signed } = type;
      if (size === 16) return { kind: "bytes", typeId, typeName, size, align: 16 };
      if (type.bool && size === 1) return { kind: "bool", typeId, typeName, size, align: size };
      if (isWordSize(size)) return { kind: "int", typeId, typeName, size, align: size, signed };
      return opaque(size, 1, `an integer of ${size} bytes has no JavaScript value`);
    }
    case "float": {
      const { size } = type;
      if (size === 4 || size === 8) return { kind: "float", typeId, typeName, size, align: size };
      return opaque(size, btf.alignOf(typeId), `a float of ${size} bytes has no JavaScript value`);
    }
    case "enum":
    case "enum64": {
      const { size, signed, values, name, id } = type;
      if (isWordSize(size))
        return { kind: "enum", typeId, typeName, size, align: size, signed, enumId: id, name, values };
      return opaque(size, 1, `an enum of ${size} bytes has no JavaScript value`);
    }
    case "pointer":
      return { kind: "pointer", typeId, typeName, size: 8, align: 8, target: type.typeId };
    case "dataSection":
      return opaque(type.size, 8, "a data section has no value as a whole, its variables have");
    case "forward":
      return opaque(0, 1, "the type is known by name only");
    default:
      return opaque(0, 1, `a ${type.kind} has no size`);
  }
}

function compositeShape(
  btf: Btf,
  type: BtfComposite,
  typeId: TypeId,
  shapes: Map<TypeId, TypeShape>,
  depth: number,
): TypeShape {
  const members = type.members
    .map((member, index) => {
      const next = type.members[index + 1]?.bitOffset;
      return unknownMember(btf, type, member, next) ?? memberShape(btf, type, member, shapes, depth);
    })
    .filter((member) => member.name !== "" || isAnonymous(member)); // an unnamed bitfield is padding
  const { kind, size, name, id } = type;
  const typeName = btf.typeName(typeId);
  const align = btf.alignOf(typeId);
  const values = members.reduce((sum, member) => sum + valueCount(member.shape), 1);
  if (values > size * VALUES_PER_BYTE + VALUES_AT_LEAST)
    return { kind: "opaque", typeId, typeName, size, align, reason: "its unions nest in too many ways" };
  const shape: CompositeShape = { kind, typeId, typeName, size, align, compositeId: id, name, members };
  valueCounts.set(shape, values);
  return shape;
}

function valueCount(shape: TypeShape): number {
  return valueCounts.get(shape) ?? 1;
}

function arrayShape(
  btf: Btf,
  array: BtfArray,
  typeId: TypeId,
  shapes: Map<TypeId, TypeShape>,
  depth: number,
): TypeShape {
  const { length } = array;
  const elementType = btf.resolve(array.elementTypeId);
  if (elementType.kind === "int" && elementType.size === 1 && !elementType.bool) {
    const typeName = btf.typeName(typeId);
    // clang writes `char` as a signed integer of that name, other compilers as unsigned or with the CHAR encoding.
    if (elementType.name === "char" || elementType.char)
      return { kind: "string", typeId, typeName, size: length, align: 1 };
    if (!elementType.signed) return { kind: "bytes", typeId, typeName, size: length, align: 1 };
  }
  const element = shapeAt(btf, array.elementTypeId, shapes, depth + 1);
  const typeName = btf.typeName(typeId);
  const size = element.size * length;
  if (!Number.isSafeInteger(size)) throw new ObjectFormatError(`type ${quoteName(typeName)} is too large`);
  // Without this, a few bytes of BTF could ask for four thousand million empty objects.
  if (element.size === 0 && length > 0)
    return { kind: "opaque", typeId, typeName, size: 0, align: element.align, reason: "the elements have no size" };
  const shape: ArrayShape = { kind: "array", typeId, typeName, size, align: element.align, element, length };
  valueCounts.set(shape, length * valueCount(element));
  return shape;
}

/** A member of which BTF says nothing but where it starts: its bytes, up to the next one. */
function unknownMember(
  btf: Btf,
  owner: BtfComposite,
  { name, typeId, bitOffset, bitSize }: BtfMember,
  next: number | undefined,
): MemberShape | undefined {
  const isBytes = bitSize === 0 && bitOffset % 8 === 0 && bitOffset <= owner.size * 8;
  if (!isBytes || !isUnknownType(btf, typeId)) return undefined;
  const size = unknownBytes(owner, bitOffset, next);
  const reason = "BTF does not say what it is, as clang has no type for _Atomic there";
  return {
    name,
    offset: bitOffset / 8,
    shape: { kind: "opaque", typeId, typeName: btf.typeName(typeId), size, align: 1, reason },
    bitfield: undefined,
  };
}

function memberShape(
  btf: Btf,
  owner: BtfComposite,
  member: BtfMember,
  shapes: Map<TypeId, TypeShape>,
  depth: number,
): MemberShape {
  const shape = shapeAt(btf, member.typeId, shapes, depth + 1);
  const bitfield = bitfieldOf(btf, member);
  const outside = (): ObjectFormatError =>
    new ObjectFormatError(
      `member ${quoteName(member.name)} of ${owner.kind} ${quoteName(owner.name)} is outside its ${owner.size} bytes`,
    );
  if (bitfield !== undefined) {
    const { firstBit, bits, signed, bool } = bitfield;
    if (bits > 64 || firstBit + bits > owner.size * 8) throw outside();
    const value = bool ? "boolean" : bits > 32 ? "bigint" : "number";
    return {
      name: member.name,
      offset: Math.floor(firstBit / 8),
      shape,
      bitfield: { bitOffset: firstBit % 8, bits, signed, value },
    };
  }
  if (member.bitOffset % 8 !== 0 || member.bitOffset / 8 + shape.size > owner.size) throw outside();
  return { name: member.name, offset: member.bitOffset / 8, shape, bitfield: undefined };
}

/** Compilers before clang 8 put offset and width of a bitfield into an integer type of its own. */
function bitfieldOf(
  btf: Btf,
  member: BtfMember,
): { firstBit: number; bits: number; signed: boolean; bool: boolean } | undefined {
  const type = btf.resolve(member.typeId);
  if (type.kind === "int") {
    const { signed, bool } = type;
    if (member.bitSize > 0) return { firstBit: member.bitOffset, bits: member.bitSize, signed, bool };
    if (type.bits < type.size * 8 && type.bits > 0)
      return { firstBit: member.bitOffset + type.bitOffset, bits: type.bits, signed, bool };
    return undefined;
  }
  if (member.bitSize === 0) return undefined;
  const signed = (type.kind === "enum" || type.kind === "enum64") && type.signed;
  return { firstBit: member.bitOffset, bits: member.bitSize, signed, bool: false };
}

function isWordSize(size: number): size is 1 | 2 | 4 | 8 {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

/**
 * The properties of the value's object, in order of declaration: the members, those of anonymous structs and unions in
 * place of these, with offsets from the start of `composite`. A name that the BTF gives twice counts once, as C has it.
 *
 * @throws ObjectFormatError for more than 65535 fields.
 */
export function fieldsOf(composite: CompositeShape): readonly MemberShape[] {
  const fields = new Map<string, MemberShape>();
  let visited = 0;
  const visit = (shape: CompositeShape, offset: number): void => {
    for (const member of shape.members) {
      if (++visited > FIELD_LIMIT)
        throw new ObjectFormatError(`type ${quoteName(composite.typeName)} has more than ${FIELD_LIMIT} fields`);
      if (isAnonymous(member)) visit(member.shape, offset + member.offset);
      else if (!fields.has(member.name)) fields.set(member.name, { ...member, offset: offset + member.offset });
    }
  };
  visit(composite, 0);
  return [...fields.values()];
}

/** True for a member whose own members belong to the struct around it. */
export function isAnonymous(member: MemberShape): member is MemberShape & { readonly shape: CompositeShape } {
  return member.name === "" && (member.shape.kind === "struct" || member.shape.kind === "union");
}

/** Bytes of a struct from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * What a writer must set to zero before it writes the members: padding, and the bytes that hold bitfields, since these
 * are written into what is there.
 */
export function gapsOf(struct: CompositeShape): readonly ByteRange[] {
  const covered = struct.members
    .filter((member) => member.bitfield === undefined && member.shape.size > 0)
    .map((member) => ({ from: member.offset, to: member.offset + member.shape.size }))
    .sort((a, b) => a.from - b.from);
  const gaps: ByteRange[] = [];
  let end = 0;
  for (const { from, to } of [...covered, { from: struct.size, to: struct.size }]) {
    if (from > end) gaps.push({ offset: end, length: from - end });
    end = Math.max(end, to);
  }
  return gaps;
}

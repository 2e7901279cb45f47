import { BpfError, quoteName } from "../errors/index.ts";
import { Kind } from "./raw-type.ts";
import type {
  BtfArray,
  BtfComposite,
  BtfDataSection,
  BtfDeclTag,
  BtfEnum,
  BtfFloat,
  BtfForward,
  BtfFunction,
  BtfFunctionPrototype,
  BtfInt,
  BtfModifier,
  BtfPointer,
  BtfVariable,
  Linkage,
} from "./types.ts";

/** A type without its id; kinds that have no name may leave it out. */
export type NewBtfType =
  | Omit<BtfInt, "id">
  | Unnamed<BtfPointer>
  | Unnamed<BtfArray>
  | Omit<BtfComposite, "id">
  | Omit<BtfEnum, "id">
  | Omit<BtfForward, "id">
  | Unnamed<BtfModifier>
  | Omit<BtfFunction, "id">
  | Unnamed<BtfFunctionPrototype>
  | Omit<BtfVariable, "id">
  | Omit<BtfDataSection, "id">
  | Omit<BtfFloat, "id">
  | Omit<BtfDeclTag, "id">;

type Unnamed<T extends { readonly name: string }> = Omit<T, "id" | "name"> & { readonly name?: T["name"] };

const LINKAGES: Readonly<Record<Linkage, number>> = { static: 0, global: 1, extern: 2 };
const KIND_FLAG = 0x8000_0000;
/** Linux before 7.1 takes 65,535. */
const MOST_ELEMENTS = 0xff_ffff;

/** The words of a type; `name` gives the offset of a name. */
export function encodeType(type: NewBtfType, name: (text: string) => number): number[] {
  const check = checker(type);
  const nameOffset = type.name === undefined ? 0 : name(type.name);
  const head = (kind: number, sizeOrType: number, elements = 0, flag = false): number[] => [
    nameOffset,
    ((flag ? KIND_FLAG : 0) | (kind << 24) | check(elements, 0, MOST_ELEMENTS, "elements")) >>> 0,
    u32(sizeOrType),
  ];
  const u32 = (value: number): number => check(value, 0, 0xffff_ffff, "a size, offset or type");
  switch (type.kind) {
    case "int": {
      const encoding = (type.signed ? 1 : 0) | (type.char ? 2 : 0) | (type.bool ? 4 : 0);
      const bits = check(type.bits, 0, 0xff, "bits");
      const bitOffset = check(type.bitOffset, 0, 0xff, "an offset in bits");
      return [...head(Kind.INT, type.size), (encoding << 24) | (bitOffset << 16) | bits];
    }
    case "pointer":
      return head(Kind.PTR, type.typeId);
    case "array":
      return [...head(Kind.ARRAY, 0), u32(type.elementTypeId), u32(type.indexTypeId), u32(type.length)];
    case "struct":
    case "union": {
      const packed = type.members.some(({ bitSize }) => bitSize > 0);
      const words = head(type.kind === "struct" ? Kind.STRUCT : Kind.UNION, type.size, type.members.length, packed);
      for (const { name: member, typeId, bitOffset, bitSize } of type.members) {
        check(bitOffset, 0, packed ? 0xff_ffff : 0xffff_ffff, "an offset in bits");
        check(bitSize, 0, 0xff, "bits");
        words.push(name(member), u32(typeId), ((bitSize << 24) | bitOffset) >>> 0);
      }
      return words;
    }
    case "enum": {
      const words = head(Kind.ENUM, type.size, type.values.length, type.signed);
      const [least, most] = type.signed ? [-0x8000_0000, 0x7fff_ffff] : [0, 0xffff_ffff];
      for (const { name: enumerator, value } of type.values) {
        words.push(name(enumerator), check(Number(value), least, most, "a value") >>> 0);
      }
      return words;
    }
    case "enum64": {
      const words = head(Kind.ENUM64, type.size, type.values.length, type.signed);
      for (const { name: enumerator, value } of type.values) {
        const bits = BigInt(value);
        if ((type.signed ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits)) !== bits) check(NaN, 0, 0, "a value");
        words.push(name(enumerator), Number(BigInt.asUintN(32, bits)), Number(BigInt.asUintN(32, bits >> 32n)));
      }
      return words;
    }
    case "forward":
      return head(Kind.FWD, 0, 0, type.union);
    case "typedef":
      return head(Kind.TYPEDEF, type.typeId);
    case "volatile":
      return head(Kind.VOLATILE, type.typeId);
    case "const":
      return head(Kind.CONST, type.typeId);
    case "restrict":
      return head(Kind.RESTRICT, type.typeId);
    case "typeTag":
      return head(Kind.TYPE_TAG, type.typeId);
    case "function":
      return head(Kind.FUNC, type.typeId, LINKAGES[type.linkage]);
    case "functionPrototype": {
      const words = head(Kind.FUNC_PROTO, type.returnTypeId, type.parameters.length);
      for (const parameter of type.parameters) words.push(name(parameter.name), u32(parameter.typeId));
      return words;
    }
    case "variable":
      return [...head(Kind.VAR, type.typeId), LINKAGES[type.linkage]];
    case "dataSection": {
      const words = head(Kind.DATASEC, type.size, type.entries.length);
      for (const { typeId, offset, size } of type.entries) words.push(u32(typeId), u32(offset), u32(size));
      return words;
    }
    case "float":
      return head(Kind.FLOAT, type.size);
    case "declTag":
      return [...head(Kind.DECL_TAG, type.typeId), check(type.componentIndex, -1, 0x7fff_ffff, "an index") >>> 0];
  }
}

type Check = (value: number, least: number, most: number, what: string) => number;

function checker({ kind, name = "" }: NewBtfType): Check {
  return (value, least, most, what) => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `BTF ${kind} ${quoteName(name)}: ${what} must be an integer from ${least} to ${most}, not ${value}`,
    );
  };
}

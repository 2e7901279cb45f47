import { ObjectFormatError } from "../errors/index.ts";
import type { BtfKind, BtfMember, BtfType, Linkage, TypeId } from "./types.ts";

/** Numbers of the kinds, as in include/uapi/linux/btf.h. */
export const Kind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** Kinds that are known here, `void` included. */
export const KIND_COUNT = 20;

/** Names of the kinds, by number. */
const KIND_NAMES: readonly BtfKind[] = [
  "void",
  "int",
  "pointer",
  "array",
  "struct",
  "union",
  "enum",
  "forward",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "function",
  "functionPrototype",
  "variable",
  "dataSection",
  "float",
  "declTag",
  "typeTag",
  "enum64",
];

const LINKAGES: readonly Linkage[] = ["static", "global", "extern"];

const INT_SIGNED = 1;
const INT_CHAR = 2;
const INT_BOOL = 4;

/** Of the upper byte of a type's second word, the bits that are its kind. */
export const KIND_MASK = 0x7f;

/** Number of a type's kind, from its second word. */
export function kindNumber(info: number): number {
  return (info >>> 24) & KIND_MASK;
}

/** By number: kinds that only give another type a name, a qualifier or a tag. */
const MODIFIERS = modifiers();

function modifiers(): Uint8Array {
  const table = new Uint8Array(128);
  for (const kind of [Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG]) table[kind] = 1;
  return table;
}

/** Whether a type, of which this is the second word, stands for another. */
export function isModifier(info: number): boolean {
  return MODIFIERS[kindNumber(info)] === 1;
}

/** Number of elements that follow a type, from its second word; a function's linkage. */
export function elementCount(info: number): number {
  return info & 0xffffff;
}

/** Whether the highest bit of a type's second word is set; what it says depends on the kind. */
export function kindFlag(info: number): boolean {
  return info >>> 31 === 1;
}

/** Name of a kind. Throws for those that are newer than this reader. */
export function kindName(number: number, id: TypeId): BtfKind {
  const name = KIND_NAMES[number];
  if (name === undefined) {
    throw new ObjectFormatError(`type ${id} is of kind ${number}, which is not known here`, { section: ".BTF" });
  }
  return name;
}

/** The number of a kind, to compare raw types with. */
export function numberOfKind(kind: BtfKind): number {
  return KIND_NAMES.indexOf(kind);
}

/** Reads the type that starts at `words[at]`. `string` reads from the strings of the blob. */
export function decodeType(words: Uint32Array, at: number, id: TypeId, string: (offset: number) => string): BtfType {
  const nameOffset = words[at] ?? 0;
  const info = words[at + 1] ?? 0;
  const sizeOrType = words[at + 2] ?? 0;
  const rest = at + 3;
  const kind = kindName(kindNumber(info), id);
  switch (kind) {
    case "int": {
      const data = words[rest] ?? 0;
      const encoding = (data >>> 24) & 0xf;
      return {
        kind,
        id,
        name: string(nameOffset),
        size: sizeOrType,
        signed: (encoding & INT_SIGNED) !== 0,
        char: (encoding & INT_CHAR) !== 0,
        bool: (encoding & INT_BOOL) !== 0,
        bits: data & 0xff,
        bitOffset: (data >>> 16) & 0xff,
      };
    }
    case "pointer":
      return { kind, id, name: "", typeId: sizeOrType };
    case "array":
      return {
        kind,
        id,
        name: "",
        elementTypeId: words[rest] ?? 0,
        indexTypeId: words[rest + 1] ?? 0,
        length: words[rest + 2] ?? 0,
      };
    case "struct":
    case "union":
      return {
        kind,
        id,
        name: string(nameOffset),
        size: sizeOrType,
        members: decodeMembers(words, rest, info, string),
      };
    case "enum":
    case "enum64": {
      const signed = kindFlag(info);
      const values =
        kind === "enum"
          ? decodeElements(info, rest, 2, (element) => {
              const value = words[element + 1] ?? 0;
              return { name: string(words[element] ?? 0), value: signed ? value | 0 : value };
            })
          : decodeElements(info, rest, 3, (element) => {
              const value = (BigInt(words[element + 2] ?? 0) << 32n) | BigInt(words[element + 1] ?? 0);
              return { name: string(words[element] ?? 0), value: signed ? BigInt.asIntN(64, value) : value };
            });
      return { kind, id, name: string(nameOffset), size: sizeOrType, signed, values };
    }
    case "forward":
      return { kind, id, name: string(nameOffset), union: kindFlag(info) };
    case "typedef":
    case "typeTag":
      return { kind, id, name: string(nameOffset), typeId: sizeOrType };
    case "volatile":
    case "const":
    case "restrict":
      return { kind, id, name: "", typeId: sizeOrType };
    case "function":
      return { kind, id, name: string(nameOffset), typeId: sizeOrType, linkage: linkage(elementCount(info), id) };
    case "functionPrototype": {
      const parameters = decodeElements(info, rest, 2, (element) => ({
        name: string(words[element] ?? 0),
        typeId: words[element + 1] ?? 0,
      }));
      return { kind, id, name: "", returnTypeId: sizeOrType, parameters };
    }
    case "variable":
      return { kind, id, name: string(nameOffset), typeId: sizeOrType, linkage: linkage(words[rest] ?? 0, id) };
    case "dataSection": {
      const entries = decodeElements(info, rest, 3, (element) => ({
        typeId: words[element] ?? 0,
        offset: words[element + 1] ?? 0,
        size: words[element + 2] ?? 0,
      }));
      return { kind, id, name: string(nameOffset), size: sizeOrType, entries };
    }
    case "float":
      return { kind, id, name: string(nameOffset), size: sizeOrType };
    case "declTag":
      return { kind, id, name: string(nameOffset), typeId: sizeOrType, componentIndex: (words[rest] ?? 0) | 0 };
    default:
      throw new ObjectFormatError(`type ${id} is void, which only type 0 may be`, { section: ".BTF" });
  }
}

function decodeMembers(
  words: Uint32Array,
  rest: number,
  info: number,
  string: (offset: number) => string,
): readonly BtfMember[] {
  const packed = kindFlag(info);
  return decodeElements(info, rest, 3, (element) => {
    const offset = words[element + 2] ?? 0;
    return {
      name: string(words[element] ?? 0),
      typeId: words[element + 1] ?? 0,
      // with the flag, the size of a bitfield is in the high 8 bits
      bitOffset: packed ? offset & 0xffffff : offset,
      bitSize: packed ? offset >>> 24 : 0,
    };
  });
}

function decodeElements<T>(info: number, rest: number, elementWords: number, decode: (at: number) => T): readonly T[] {
  const count = elementCount(info);
  const elements: T[] = [];
  for (let index = 0; index < count; index++) elements.push(decode(rest + index * elementWords));
  return elements;
}

function linkage(number: number, id: TypeId): Linkage {
  const known = LINKAGES[number];
  if (known === undefined)
    throw new ObjectFormatError(`type ${id} has linkage ${number}, which is not known`, { section: ".BTF" });
  return known;
}

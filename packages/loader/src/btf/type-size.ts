import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { Kind, kindNumber } from "./raw-type.ts";
import type { BtfComposite, BtfDataSection, BtfMember, BtfType, TypeId } from "./types.ts";
import { isUnknownType } from "./unknown-type.ts";

/** BPF is a machine of 64 bits, and so are all that load it. */
const POINTER_BYTES = 8;
const LARGEST_SIZE = 0xffff_ffff;
/** As deep as types may nest. */
const MAX_DEPTH = 128;

/** Sizes and alignments of the types of one BTF, kept once known. */
export class TypeSizes {
  readonly #btf: Btf;
  readonly #alignments = new Map<TypeId, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  sizeOf(id: TypeId): number {
    const btf = this.#btf;
    let elements = 1;
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH && current !== 0; depth++) {
      switch (kindNumber(btf.word(current, 1))) {
        case Kind.INT:
        case Kind.STRUCT:
        case Kind.UNION:
        case Kind.ENUM:
        case Kind.ENUM64:
        case Kind.FLOAT:
        case Kind.DATASEC:
          return checkSize(elements * btf.word(current, 2), id);
        case Kind.PTR:
          return checkSize(elements * POINTER_BYTES, id);
        case Kind.ARRAY:
          elements = checkSize(elements * btf.word(current, 5), id);
          current = btf.word(current, 3);
          break;
        case Kind.TYPEDEF:
        case Kind.VOLATILE:
        case Kind.CONST:
        case Kind.RESTRICT:
        case Kind.TYPE_TAG:
        case Kind.VAR:
        case Kind.DECL_TAG:
          current = btf.word(current, 2);
          break;
        default:
          throw hasNone("size", btf.type(current));
      }
    }
    throw current === 0 ? hasNone("size", btf.type(0)) : refersToItself(id);
  }

  alignOf(id: TypeId): number {
    return this.#alignOf(id, 0);
  }

  #alignOf(id: TypeId, depth: number): number {
    const known = this.#alignments.get(id);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw refersToItself(id);
    const alignment = this.#computeAlignment(this.#btf.type(id), depth + 1);
    this.#alignments.set(id, alignment);
    return alignment;
  }

  #computeAlignment(type: BtfType, depth: number): number {
    switch (type.kind) {
      case "int":
      case "enum":
      case "enum64":
      case "float":
        return scalarAlignment(type.size);
      case "pointer":
        return POINTER_BYTES;
      case "array":
        return this.#alignOf(type.elementTypeId, depth);
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "typeTag":
      case "variable":
      case "declTag":
        return this.#alignOf(type.typeId, depth);
      case "struct":
      case "union":
        return this.#compositeAlignment(type, depth);
      case "dataSection":
        return this.#sectionAlignment(type, depth);
      default:
        throw hasNone("alignment", type);
    }
  }

  /** The largest of the members; 1 when one of them isn't aligned, for then the struct is packed. */
  #compositeAlignment(type: BtfComposite, depth: number): number {
    let largest = 1;
    for (const member of type.members) {
      if (isUnknownType(this.#btf, member.typeId)) continue;
      const alignment = this.#alignOf(member.typeId, depth);
      if (!isAligned(member, alignment * 8)) return 1;
      largest = Math.max(largest, alignment);
    }
    return type.size % largest === 0 ? largest : 1;
  }

  #sectionAlignment(type: BtfDataSection, depth: number): number {
    return Math.max(1, ...new Set(type.entries.map(({ typeId }) => this.#alignOf(typeId, depth))));
  }
}

/** Whether a member is where it would be in a struct that is not packed: a bitfield within one unit of its type. */
function isAligned({ bitOffset, bitSize }: BtfMember, unit: number): boolean {
  if (bitSize === 0) return bitOffset % unit === 0;
  return Math.floor(bitOffset / unit) === Math.floor((bitOffset + bitSize - 1) / unit);
}

/** Scalars align to their size, up to 8 bytes but for `__int128` and `long double`, which align to 16. */
function scalarAlignment(size: number): number {
  return size === 16 ? 16 : Math.min(Math.max(size, 1), POINTER_BYTES);
}

function checkSize(size: number, id: TypeId): number {
  if (size > LARGEST_SIZE) {
    throw new ObjectFormatError(`type ${id} takes ${size} bytes, more than 32 bits can count`, { section: ".BTF" });
  }
  return size;
}

function hasNone(what: string, type: BtfType): ObjectFormatError {
  const name = type.name === "" ? "" : ` ${quoteName(type.name)}`;
  return new ObjectFormatError(`type ${type.id}, ${type.kind}${name}, has no ${what}`, { section: ".BTF" });
}

function refersToItself(id: TypeId): ObjectFormatError {
  return new ObjectFormatError(`type ${id} contains itself, or nests too deep`, { section: ".BTF" });
}

import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { Kind, kindNumber } from "./raw-type.ts";
import type { TypeId } from "./types.ts";
import { isUnknownType, unknownBytes } from "./unknown-type.ts";

/** As deep as structs may nest. */
const MAX_DEPTH = 128;
const POINTER_BYTES = 8;

/** A member as it is laid out, in bits from the start of its struct. */
export interface CMember {
  readonly nameOffset: number;
  readonly typeId: TypeId;
  readonly bitOffset: number;
  /** 0 but for bitfields. */
  readonly bitSize: number;
  /** Bits that it takes. */
  readonly bits: number;
  /** Alignment in bits of its type as it is printed; of a bitfield also the unit that it must not straddle. */
  readonly align: number;
  /** BTF does not say what it is: see {@link isUnknownType}. */
  readonly unknown: boolean;
}

/** How a struct or union has to be printed for a compiler to lay it out as BTF says. */
export interface CLayout {
  /** By offset. */
  readonly members: readonly CMember[];
  readonly packed: boolean;
  /** Bytes to which a compiler will align it. */
  readonly align: number;
  /** No C declaration has this layout: members overlap, or go beyond the end. */
  readonly opaque: boolean;
}

/**
 * Knows what a C compiler for a 64-bit machine will make of the declarations that are printed. BTF does not say which structs
 * are packed or aligned to more than their members: it is what explains their members' offsets.
 */
export class CLayouts {
  readonly #btf: Btf;
  /** Bytes, by type id; 0 where it is not known yet. */
  readonly #alignments: Uint32Array;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#alignments = new Uint32Array(btf.typeCount);
  }

  /** Bytes to which a compiler aligns what is printed for a type. */
  alignOf(id: TypeId, depth = 0): number {
    const btf = this.#btf;
    const known = this.#alignments[id] ?? 0;
    if (known !== 0) return known;
    if (depth > MAX_DEPTH) {
      throw new ObjectFormatError(`type ${id} contains itself, or nests too deep`, { section: ".BTF" });
    }
    let align: number;
    switch (kindNumber(btf.word(id, 1))) {
      case Kind.INT:
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.FLOAT:
        align = Math.min(powerOfTwo(btf.sizeOf(id)), 16);
        break;
      case Kind.PTR:
        align = POINTER_BYTES;
        break;
      case Kind.ARRAY:
        align = this.alignOf(btf.word(id, 3), depth + 1);
        break;
      case Kind.STRUCT:
      case Kind.UNION:
        align = this.#plan(id, depth).align;
        break;
      default:
        align = id === 0 ? 1 : this.alignOf(btf.resolveId(id), depth + 1);
    }
    this.#alignments[id] = align;
    return align;
  }

  /** How to print a struct or union. */
  layoutOf(id: TypeId): CLayout {
    const layout = this.#plan(id, 0);
    this.#alignments[id] = layout.align;
    return layout;
  }

  #plan(id: TypeId, depth: number): CLayout {
    const btf = this.#btf;
    const isUnion = kindNumber(btf.word(id, 1)) === Kind.UNION;
    const size = btf.word(id, 2);
    const members = this.#membersOf(id, { kind: isUnion ? "union" : "struct", size }, depth);
    const fits = isUnion ? unionFits : structFits;
    for (const packed of [false, true]) {
      const align = packed ? 1 : members.reduce((largest, member) => Math.max(largest, member.align / 8), 1);
      if (fits(members, size, align, packed)) return { members, packed, align, opaque: false };
    }
    return { members, packed: false, align: 1, opaque: true };
  }

  #membersOf(id: TypeId, owner: Parameters<typeof unknownBytes>[0], depth: number): readonly CMember[] {
    const btf = this.#btf;
    const members = btf.members(id);
    const found: CMember[] = [];
    let sorted = true;
    let previous = 0;
    for (let index = 0; index < (members?.count ?? 0); index++) {
      if (members === undefined) break;
      const typeId = members.typeId(index);
      let bitOffset = members.bitOffset(index);
      let bitSize = members.bitSize(index);
      if (bitSize === 0) {
        // Compilers of old described bitfields by integers that start at some bit.
        const old = oldBitfield(btf, typeId);
        bitOffset += old?.bitOffset ?? 0;
        bitSize = old?.bits ?? 0;
      }
      const unknown = bitSize === 0 && isUnknownType(btf, typeId);
      const next = index + 1 < members.count ? members.bitOffset(index + 1) : undefined;
      const bytes = unknown ? unknownBytes(owner, bitOffset, next) : bitSize === 0 ? btf.sizeOf(typeId) : 0;
      const bits = bitSize === 0 ? bytes * 8 : bitSize;
      const align = unknown ? 8 : bitSize === 0 || canBeBitfield(btf, typeId) ? this.alignOf(typeId, depth + 1) * 8 : 0;
      found.push({ nameOffset: members.nameOffset(index), typeId, bitOffset, bitSize, bits, align, unknown });
      sorted &&= bitOffset >= previous;
      previous = bitOffset;
    }
    return sorted ? found : found.sort((left, right) => left.bitOffset - right.bitOffset);
  }
}

function powerOfTwo(size: number): number {
  return size > 0 && (size & (size - 1)) === 0 ? size : 1;
}

function canBeBitfield(btf: Btf, typeId: TypeId): boolean {
  const kind = kindNumber(btf.word(btf.resolveId(typeId), 1));
  return kind === Kind.INT || kind === Kind.ENUM || kind === Kind.ENUM64;
}

function oldBitfield(btf: Btf, typeId: TypeId): { readonly bits: number; readonly bitOffset: number } | undefined {
  const id = btf.resolveId(typeId);
  if (id === 0 || kindNumber(btf.word(id, 1)) !== Kind.INT) return undefined;
  const data = btf.word(id, 3);
  const bits = data & 0xff;
  const bitOffset = (data >>> 16) & 0xff;
  return bitOffset === 0 && (bits === btf.word(id, 2) * 8 || bits === 0) ? undefined : { bits, bitOffset };
}

/** Whether padding alone brings all members to their offsets. */
function structFits(members: readonly CMember[], size: number, align: number, packed: boolean): boolean {
  let end = 0;
  for (const member of members) {
    if (member.bitOffset < end || !canStartAt(member, packed)) return false;
    end = member.bitOffset + member.bits;
  }
  return end <= size * 8 && size % align === 0;
}

/** A bitfield does not straddle the unit of its type; all else is aligned. In packed structs both may be anywhere. */
function canStartAt({ bitOffset, bitSize, bits, align }: CMember, packed: boolean): boolean {
  if (bitSize === 0) return bitOffset % (packed ? 8 : align) === 0;
  return bits <= align && (packed || Math.floor(bitOffset / align) === Math.floor((bitOffset + bits - 1) / align));
}

function unionFits(members: readonly CMember[], size: number, align: number): boolean {
  return (
    members.every((member) => member.bitOffset === 0 && member.bits <= size * 8 && canStartAt(member, true)) &&
    size % align === 0
  );
}

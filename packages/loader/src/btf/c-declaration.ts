import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { CNameSpace, cStringLiteral } from "./c-names.ts";
import { CLayouts } from "./c-layout.ts";
import type { CLayout, CMember } from "./c-layout.ts";
import { cPadding, paddingArray } from "./c-padding.ts";
import { integerOfSize, ownCSpelling } from "./c-scalar.ts";
import { elementCount, Kind, kindFlag, kindNumber } from "./raw-type.ts";
import type { BtfEnum, TypeId } from "./types.ts";

/** Longer chains of pointers, arrays and functions than any that a compiler writes. */
const MAX_DEPTH = 256;

/** What a parameter takes at least, about. */
const PARAMETER_CHARACTERS = 4;

/** An attribute that a type tag of clang's may stand for: a word, perhaps with an argument. */
const ATTRIBUTE = /^[A-Za-z_]\w*(?:\(\w*\))?$/;

/** Names of types, and what is printed for those without a name. */
export interface CTypeNames {
  /** `struct x`, `union x`, `enum x`, or the name of a typedef, an integer or a float. */
  nameOf(id: TypeId): string;
  /** Is told of every enum without a name that is written out where it is used. */
  inlined(id: TypeId): void;
  /** Takes the name of an enumerator. */
  enumerator(name: string): string;
  /** Counts characters of the output, and throws when there are far too many. */
  spend(characters: number): void;
}

/** Spells types and declarations in C. */
export class CSpeller {
  readonly layouts: CLayouts;
  readonly #btf: Btf;
  readonly #names: CTypeNames;

  constructor(btf: Btf, names: CTypeNames) {
    this.#btf = btf;
    this.#names = names;
    this.layouts = new CLayouts(btf);
  }

  /**
   * Declaration of something, or without a `declarator`, the type's name. Built from the inside out, as C does: `*p`,
   * `(*p)[4]`. `indent` goes before the lines of types that are written out in it.
   */
  spell(id: TypeId, declarator: string, indent: string, depth = 0): string {
    if (depth > MAX_DEPTH) throw new ObjectFormatError(`type ${id} nests too deep for C`, { section: ".BTF" });
    if (id === 0) return join("void", declarator);
    const btf = this.#btf;
    const info = btf.word(id, 1);
    const kind = kindNumber(info);
    switch (kind) {
      case Kind.PTR: {
        const target = btf.word(id, 2);
        return this.spell(
          target,
          this.#needsParentheses(target) ? `(*${declarator})` : `*${declarator}`,
          indent,
          depth + 1,
        );
      }
      case Kind.ARRAY:
        return this.spell(btf.word(id, 3), `${declarator}[${btf.word(id, 5)}]`, indent, depth + 1);
      case Kind.FUNC_PROTO:
        return this.spell(
          btf.word(id, 2),
          `${declarator}(${this.#parameters(id, undefined, indent, depth)})`,
          indent,
          depth + 1,
        );
      case Kind.CONST:
      case Kind.VOLATILE:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.#qualified(id, kind, declarator, indent, depth);
      default:
        return join(this.#base(id, kind, indent), declarator);
    }
  }

  /** Declaration of a function of that prototype; `parameter` gives the names that parameters may have. */
  spellFunction(prototypeId: TypeId, name: string, parameter: (name: string) => string): string {
    const parameters = this.#parameters(prototypeId, parameter, "", 0);
    return this.spell(this.#btf.word(prototypeId, 2), `${name}(${parameters})`, "");
  }

  /** A struct or union with its members, without `;`. */
  spellComposite(id: TypeId, tag: string, indent: string, taken: CNameSpace = new CNameSpace()): string {
    const btf = this.#btf;
    const isUnion = kindNumber(btf.word(id, 1)) === Kind.UNION;
    const layout = this.layouts.layoutOf(id);
    const inner = `${indent}\t`;
    const lines = layout.opaque
      ? [paddingArray(btf.word(id, 2), taken)]
      : this.#members(id, layout, isUnion, inner, taken);
    const head = isUnion ? "union" : "struct";
    const body = lines.length === 0 ? "{" : `{\n${inner}${lines.join(`;\n${inner}`)};\n${indent}`;
    const text = `${head}${tag === "" ? "" : ` ${tag}`} ${body}}${layout.packed ? " __attribute__((packed))" : ""}`;
    this.#names.spend(text.length);
    return text;
  }

  /** An enum with its enumerators, without `;`. */
  spellEnum(id: TypeId, tag: string, indent: string): string {
    const type = this.#btf.type(id);
    if (type.kind !== "enum" && type.kind !== "enum64") return `enum ${tag}`;
    const inner = `${indent}\t`;
    const lines: string[] = [];
    for (const { name, value } of type.values) {
      this.#names.spend(name.length);
      lines.push(`${inner}${this.#names.enumerator(name)} = ${spellValue(value)},\n`);
    }
    const text = `enum${tag === "" ? "" : ` ${tag}`} {\n${lines.join("")}${indent}}${enumMode(type)}`;
    this.#names.spend(text.length);
    return text;
  }

  #members(id: TypeId, layout: CLayout, isUnion: boolean, indent: string, taken: CNameSpace): readonly string[] {
    const size = this.#btf.word(id, 2);
    const lines: string[] = [];
    let end = 0;
    for (const member of layout.members) {
      const align = layout.packed ? 8 : member.align;
      const natural = isUnion || member.bitSize > 0 ? end : roundUp(end, align);
      const padding = isUnion
        ? []
        : cPadding(natural === member.bitOffset ? natural : end, member.bitOffset, layout, taken);
      lines.push(...padding, this.#member(member, indent, taken));
      end = isUnion ? Math.max(end, member.bits) : member.bitOffset + member.bits;
    }
    if (roundUp(end, layout.align * 8) < size * 8) {
      lines.push(...(isUnion ? [paddingArray(size, taken)] : cPadding(end, size * 8, layout, taken)));
    }
    return lines;
  }

  #member(member: CMember, indent: string, taken: CNameSpace): string {
    const btf = this.#btf;
    const original = btf.string(member.nameOffset);
    // Before anything is made of it: a name may be as long as all strings.
    this.#names.spend(original.length);
    const name = original === "" ? "" : taken.take(original);
    if (name === "" && member.unknown) return paddingArray(member.bits / 8, taken);
    if (name === "" && member.bitSize === 0) {
      const { qualifiers, id } = this.#unqualified(member.typeId);
      const kind = id === 0 ? 0 : kindNumber(btf.word(id, 1));
      if ((kind === Kind.STRUCT || kind === Kind.UNION) && btf.word(id, 0) === 0) {
        return qualifiers + this.spellComposite(id, "", indent, taken);
      }
      // C knows no member of any other type without a name.
      return this.spell(member.typeId, taken.take("__unnamed"), indent);
    }
    if (member.unknown) return `unsigned char ${name}[${member.bits / 8}]`;
    return this.spell(member.typeId, member.bitSize === 0 ? name : `${name}: ${member.bitSize}`, indent);
  }

  /** What is behind the qualifiers of a type, and these. */
  #unqualified(typeId: TypeId): { readonly qualifiers: string; readonly id: TypeId } {
    const btf = this.#btf;
    let qualifiers = "";
    let id = typeId;
    for (let depth = 0; depth < MAX_DEPTH && id !== 0; depth++) {
      const kind = kindNumber(btf.word(id, 1));
      if (kind !== Kind.CONST && kind !== Kind.VOLATILE) break;
      qualifiers += kind === Kind.CONST ? "const " : "volatile ";
      id = btf.word(id, 2);
    }
    return { qualifiers, id };
  }

  /** Pointers have their qualifiers and tags behind them, other types before, and tags always behind. */
  #qualified(id: TypeId, kind: number, declarator: string, indent: string, depth: number): string {
    const btf = this.#btf;
    const target = btf.word(id, 2);
    if (kind === Kind.TYPE_TAG) {
      return this.spell(target, join(this.#tag(id), declarator), indent, depth + 1);
    }
    const targetKind = target === 0 ? 0 : kindNumber(btf.word(target, 1));
    // gcc says so of functions that do not return
    if (targetKind === Kind.FUNC_PROTO) return this.spell(target, declarator, indent, depth + 1);
    if (kind === Kind.RESTRICT && !this.#isPointer(target)) return this.spell(target, declarator, indent, depth + 1);
    const qualifier = kind === Kind.CONST ? "const" : kind === Kind.VOLATILE ? "volatile" : "restrict";
    // gcc qualifies arrays as well as their elements
    if (targetKind === Kind.ARRAY && this.#isQualified(btf.word(target, 3), kind)) {
      return this.spell(target, declarator, indent, depth + 1);
    }
    if (this.#endsInPointer(target)) return this.spell(target, join(qualifier, declarator), indent, depth + 1);
    return `${qualifier} ${this.spell(target, declarator, indent, depth + 1)}`;
  }

  #isQualified(id: TypeId, qualifier: number): boolean {
    return id !== 0 && kindNumber(this.#btf.word(id, 1)) === qualifier;
  }

  #tag(id: TypeId): string {
    const text = this.#btf.name(id);
    if (!kindFlag(this.#btf.word(id, 1))) return `__attribute__((btf_type_tag(${cStringLiteral(text)})))`;
    return ATTRIBUTE.test(text) ? `__attribute__((${text}))` : "";
  }

  #isPointer(id: TypeId): boolean {
    const resolved = this.#btf.resolveId(id);
    return resolved !== 0 && kindNumber(this.#btf.word(resolved, 1)) === Kind.PTR;
  }

  /** Whether it is a pointer that is written as one, qualifiers and tags aside. */
  #endsInPointer(id: TypeId): boolean {
    return this.#behindQualifiers(id) === Kind.PTR;
  }

  #needsParentheses(id: TypeId): boolean {
    const kind = this.#behindQualifiers(id);
    return kind === Kind.ARRAY || kind === Kind.FUNC_PROTO;
  }

  #behindQualifiers(id: TypeId): number {
    const btf = this.#btf;
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH && current !== 0; depth++) {
      const kind = kindNumber(btf.word(current, 1));
      if (kind !== Kind.CONST && kind !== Kind.VOLATILE && kind !== Kind.RESTRICT && kind !== Kind.TYPE_TAG)
        return kind;
      current = btf.word(current, 2);
    }
    return 0;
  }

  #parameters(id: TypeId, parameter: ((name: string) => string) | undefined, indent: string, depth: number): string {
    const btf = this.#btf;
    const count = elementCount(btf.word(id, 1));
    // clang describes `(void)` as one parameter of type void
    if (count === 0 || (count === 1 && btf.word(id, 4) === 0)) return "void";
    const spelled: string[] = [];
    for (let index = 0; index < count; index++) {
      const typeId = btf.word(id, 4 + index * 2);
      this.#names.spend(PARAMETER_CHARACTERS);
      if (typeId === 0 && index === count - 1) spelled.push("...");
      else
        spelled.push(this.spell(typeId, parameter?.(btf.string(btf.word(id, 3 + index * 2))) ?? "", indent, depth + 1));
    }
    const text = spelled.join(", ");
    this.#names.spend(text.length);
    return text;
  }

  #base(id: TypeId, kind: number, indent: string): string {
    const isNamed = this.#btf.word(id, 0) !== 0;
    if (!isNamed && (kind === Kind.STRUCT || kind === Kind.UNION)) return this.spellComposite(id, "", indent);
    if (!isNamed && (kind === Kind.ENUM || kind === Kind.ENUM64)) {
      this.#names.inlined(id);
      return this.spellEnum(id, "", indent);
    }
    const name = this.#names.nameOf(id);
    this.#names.spend(name.length);
    return name;
  }
}

/** How an integer or float that C has no name for is declared: `unsigned char u8`. */
export function spellAlias(btf: Btf, id: TypeId, alias: string): string {
  const type = btf.type(id);
  const integer = type.kind === "int" ? integerOfSize(type.size, type.signed) : undefined;
  if (type.kind === "int" && type.bool && type.size === 1) return `_Bool ${alias}`;
  if (integer !== undefined) return `${integer} ${alias}`;
  const size = btf.sizeOf(id);
  const unit = size <= 16 ? integerOfSize(size, false) : undefined;
  return unit === undefined ? `struct { unsigned char bytes[${size}]; } ${alias}` : `struct { ${unit} bits; } ${alias}`;
}

/** Whether an integer or float has to be declared before it can be used. */
export function needsAlias(btf: Btf, id: TypeId): boolean {
  const type = btf.type(id);
  return (type.kind === "int" || type.kind === "float") && ownCSpelling(type) === undefined;
}

function join(left: string, right: string): string {
  if (left === "" || right === "") return left + right;
  return right.startsWith("[") ? left + right : `${left} ${right}`;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

const MIN_INT64 = -(2n ** 63n);

function spellValue(value: number | bigint): string {
  if (typeof value === "number") return value > 0x7fff_ffff ? `${value}U` : `${value}`;
  if (value === MIN_INT64) return `(-${-MIN_INT64 - 1n}LL - 1)`;
  return value > 0x7fff_ffff_ffff_ffffn ? `${value}ULL` : `${value}LL`;
}

/** Enums that are not of the size that their values alone would give them. */
function enumMode({ kind, size, values }: BtfEnum): string {
  switch (size) {
    case 1:
      return " __attribute__((mode(byte)))";
    case 2:
      return " __attribute__((mode(HI)))";
    case 8: {
      const isWide =
        kind === "enum64" &&
        values.some(
          ({ value }) => BigInt.asIntN(32, BigInt(value)) !== value && BigInt.asUintN(32, BigInt(value)) !== value,
        );
      return isWide ? "" : " __attribute__((mode(DI)))";
    }
    default:
      return "";
  }
}

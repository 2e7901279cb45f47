import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { CLayouts } from "./c-layout.ts";
import type { CMember } from "./c-layout.ts";
import type { TypeId } from "./types.ts";

/** Deeper than anonymous structs nest in C. */
const MAX_DEPTH = 64;
/** Of all declarations together; more have only structs that were made for it. */
const MOST_CHARACTERS = 1 << 24;

/** A member of a struct or union, with where it is. */
export interface LayoutMember {
  readonly kind: "member";
  /** Empty for an anonymous struct or union. */
  readonly name: string;
  readonly typeId: TypeId;
  /** In C, without `;`: `"char comm[16]"`, `"unsigned int flags: 3"`. */
  readonly declaration: string;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bytes from the start of the struct; of a bitfield, those before its first bit. */
  readonly offset: number;
  /** Bytes of its type. */
  readonly size: number;
  /** Bits of a bitfield; 0 for an ordinary member. */
  readonly bitSize: number;
  /** Of an anonymous struct or union. Its offsets count from its own start. */
  readonly layout: StructLayout | undefined;
}

/** Bits that no member takes: between members, or behind the last one. */
export interface LayoutGap {
  readonly kind: "hole" | "padding";
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  readonly bits: number;
}

/** How a struct or union lies in memory. */
export interface StructLayout {
  readonly kind: "struct" | "union";
  /** The struct itself, typedefs and qualifiers looked through. */
  readonly typeId: TypeId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes to which a compiler aligns it, as far as its members tell. */
  readonly align: number;
  /** Whether it has members at offsets where only the attribute `packed` puts them. */
  readonly packed: boolean;
  /** Members and gaps, by offset. */
  readonly parts: readonly (LayoutMember | LayoutGap)[];
  /** Bits in holes, anonymous members not looked into. */
  readonly holeBits: number;
  /** Bits behind the last member. */
  readonly paddingBits: number;
}

/**
 * Members of a struct or union with their offsets and sizes, and what is unused between and behind them: what pahole shows.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the type is neither; ObjectFormatError when it contradicts itself.
 */
export function layoutOf(btf: Btf, id: TypeId): StructLayout {
  return new Layouts(btf).of(btf.resolveId(id), 0);
}

class Layouts {
  readonly #btf: Btf;
  readonly #layouts: CLayouts;
  /** Shared between the members of that type, which in a hostile BTF are many. */
  readonly #known = new Map<TypeId, StructLayout>();

  #left = MOST_CHARACTERS;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#layouts = new CLayouts(btf);
  }

  of(typeId: TypeId, depth: number): StructLayout {
    const known = this.#known.get(typeId);
    if (known !== undefined) return known;
    const type = this.#btf.type(typeId);
    if (type.kind !== "struct" && type.kind !== "union") {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `type ${typeId}, ${type.kind} ${quoteName(type.name)}, is no struct or union`,
      );
    }
    const { members, packed, align } = this.#layouts.layoutOf(typeId);
    const parts: (LayoutMember | LayoutGap)[] = [];
    const sizeBits = type.size * 8;
    let end = 0;
    let holeBits = 0;
    for (const member of members) {
      const hole = type.kind === "struct" ? member.bitOffset - end : 0;
      if (hole > 0) {
        parts.push({ kind: "hole", bitOffset: end, bits: hole });
        holeBits += hole;
      }
      parts.push(this.#member(member, depth));
      end = Math.max(end, member.bitOffset + member.bits);
    }
    const paddingBits = Math.max(0, sizeBits - end);
    if (paddingBits > 0) parts.push({ kind: "padding", bitOffset: end, bits: paddingBits });
    const { kind, name, size } = type;
    const layout: StructLayout = { kind, typeId, name, size, align, packed, parts, holeBits, paddingBits };
    this.#known.set(typeId, layout);
    return layout;
  }

  #member({ nameOffset, typeId, bitOffset, bitSize, bits, unknown }: CMember, depth: number): LayoutMember {
    const btf = this.#btf;
    const name = btf.string(nameOffset);
    const declaration = btf.declaration(typeId, bitSize === 0 ? name : `${name}: ${bitSize}`);
    this.#left -= declaration.length;
    if (this.#left < 0) throw new ObjectFormatError("names of its members overlap", { section: ".BTF" });
    const resolved = name === "" && depth < MAX_DEPTH ? btf.resolveId(typeId) : 0;
    const isAnonymous = resolved !== 0 && btf.members(resolved) !== undefined && btf.name(resolved) === "";
    return {
      kind: "member",
      name,
      typeId,
      declaration,
      bitOffset,
      offset: Math.floor(bitOffset / 8),
      size: unknown ? bits / 8 : btf.sizeOf(typeId),
      bitSize,
      layout: isAnonymous ? this.of(resolved, depth + 1) : undefined,
    };
  }
}

/** Lines that are printed at most: anonymous members of types that were made for it would never end. */
const MOST_LINES = 100_000;
const COLUMN = 52;

/**
 * A layout as text: each member with its offset and size in bytes (of bitfields also the bit), and the gaps, as C comments. Fit for
 * a terminal, whatever the names are.
 */
export function formatLayout(layout: StructLayout): string {
  const lines: string[] = [];
  printLayout(layout, 0, "", lines);
  const { size, holeBits, paddingBits, align } = layout;
  if (lines.at(-2) === "") lines.splice(-2, 1);
  lines[lines.length - 1] =
    `\n\t/* size: ${size}, alignment: ${align}${layout.packed ? ", packed" : ""}, holes: ${amount(holeBits)}, ` +
    `padding: ${amount(paddingBits)} */\n};`;
  return `${lines.join("\n")}\n`;
}

/** `base` is the offset in bits of the struct in the one that is printed. */
function printLayout(layout: StructLayout, base: number, indent: string, lines: string[]): void {
  const name = layout.name === "" ? "" : `${inert(layout.name)} `;
  lines.push(`${indent}${layout.kind} ${name}{`);
  for (const part of layout.parts) {
    if (lines.length > MOST_LINES) {
      lines.push(`${indent}\t/* … */`);
      break;
    }
    if (part.kind !== "member") {
      lines.push("", `${indent}\t/* ${part.kind} of ${amount(part.bits)} at ${place(base + part.bitOffset)} */`, "");
      continue;
    }
    const at = `/* ${place(base + part.bitOffset).padStart(6)} ${String(part.size).padStart(6)} */`;
    if (part.layout === undefined) {
      lines.push(`${`${indent}\t${inert(part.declaration)};`.padEnd(COLUMN - 1)} ${at}`);
    } else {
      printLayout(part.layout, base + part.bitOffset, `${indent}\t`, lines);
      lines[lines.length - 1] = `${indent}\t};`.padEnd(COLUMN) + at;
    }
  }
  lines.push(`${indent}};`);
}

function inert(text: string): string {
  return quoteName(text).slice(1, -1);
}

/** `"8"`, or where it starts within a byte, `"8:3"`. */
function place(bit: number): string {
  return bit % 8 === 0 ? `${bit / 8}` : `${Math.floor(bit / 8)}:${bit % 8}`;
}

function amount(bits: number): string {
  const bytes = Math.floor(bits / 8);
  const rest = bits % 8;
  if (rest === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const restText = rest === 1 ? "1 bit" : `${rest} bits`;
  return bytes === 0 ? restText : `${amount(bytes * 8)} ${restText}`;
}

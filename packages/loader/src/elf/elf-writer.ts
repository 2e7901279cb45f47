import { BpfError } from "../errors/index.ts";
import { RESERVED_SECTIONS, SectionFlag, SectionType, SymbolBinding } from "./constants.ts";

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const REL_BYTES = 16;
const TABLE_ALIGN = 8;

const ELFCLASS64 = 2;
const ELFDATA_LITTLE = 1;
const ELFDATA_BIG = 2;
const EV_CURRENT = 1;
const ET_REL = 1;
const EM_BPF = 247;

/** A section to write. */
export interface NewElfSection {
  readonly name: string;
  /** One of `SectionType`. */
  readonly type: number;
  /** Bits of `SectionFlag`. */
  readonly flags: number;
  /** Bytes, a power of two. */
  readonly align: number;
  /** Bytes of one entry, where the section is a table; else 0. */
  readonly entrySize: number;
  /** Its bytes; of a NOBITS section their number. */
  readonly content: Uint8Array | number;
  /** What has to be relocated in it; a section `.rel…` is made of them. */
  readonly relocations: readonly NewElfRelocation[];
}

/** A symbol to write. */
export interface NewElfSymbol {
  readonly name: string;
  /** Bytes from the start of the section. */
  readonly value: number;
  /** Bytes. */
  readonly size: number;
  /** One of `SymbolType`. */
  readonly type: number;
  /** One of `SymbolBinding`. */
  readonly binding: number;
  /** One of `Visibility`. */
  readonly visibility: number;
  /** One of the object's, or one of `SpecialSection`. */
  readonly section: NewElfSection | number;
}

/** A relocation to write. */
export interface NewElfRelocation {
  /** Bytes from the start of the section that is relocated. */
  readonly offset: number;
  /** One of `RelocationType`. */
  readonly type: number;
  /** One of the object's. */
  readonly symbol: NewElfSymbol;
}

/** What {@link writeElf} makes a file of. */
export interface NewElfObject {
  readonly littleEndian: boolean;
  /** Without those of symbols, names and relocations. */
  readonly sections: readonly NewElfSection[];
  /** Without the null symbol, in any order: local ones are written first. */
  readonly symbols: readonly NewElfSymbol[];
}

/**
 * A relocatable ELF file of 64 bits for BPF. The same object always gives the same bytes.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for more than 65,279 sections, and for a relocation or symbol whose symbol or section
 * is not one of the object's.
 */
export function writeElf({ littleEndian, sections, symbols }: NewElfObject): Uint8Array {
  const names = new Names();
  const sorted = [...symbols].sort((left, right) => Number(isGlobal(left)) - Number(isGlobal(right)));
  const symbolIndexes = new Map(sorted.map((symbol, index) => [symbol, index + 1]));
  const sectionIndexes = new Map(sections.map((section, index) => [section, index + 1]));
  const relocated = sections.filter(({ relocations }) => relocations.length > 0);
  const symbolTableIndex = 1 + sections.length + relocated.length;
  const headers: Header[] = [
    ...sections.map((section) => ({ ...section, link: 0, info: 0 })),
    ...relocated.map((section) => ({
      name: `.rel${section.name}`,
      type: SectionType.REL,
      flags: SectionFlag.INFO_LINK,
      align: TABLE_ALIGN,
      entrySize: REL_BYTES,
      content: encodeRelocations(section, symbolIndexes, littleEndian),
      link: symbolTableIndex,
      info: sectionIndexes.get(section) ?? 0,
    })),
    {
      name: ".symtab",
      type: SectionType.SYMTAB,
      flags: 0,
      align: TABLE_ALIGN,
      entrySize: SYMBOL_BYTES,
      content: encodeSymbols(sorted, sectionIndexes, names, littleEndian),
      link: symbolTableIndex + 1,
      // One more than the last local symbol's index.
      info: 1 + sorted.filter((symbol) => !isGlobal(symbol)).length,
    },
  ];
  const nameOffsets = headers.map(({ name }) => names.add(name));
  nameOffsets.push(names.add(".strtab"));
  const strings = { name: ".strtab", type: SectionType.STRTAB, flags: 0, align: 1, entrySize: 0 };
  headers.push({ ...strings, content: names.toBytes(), link: 0, info: 0 });
  if (headers.length >= RESERVED_SECTIONS) throw misuse(`${headers.length} sections are too many`);
  return assemble(headers, nameOffsets, littleEndian);
}

/** A section with the numbers that its header needs. */
interface Header extends Omit<NewElfSection, "relocations"> {
  readonly link: number;
  readonly info: number;
}

/** File header, contents, section headers. */
function assemble(headers: readonly Header[], nameOffsets: readonly number[], littleEndian: boolean): Uint8Array {
  let end = HEADER_BYTES;
  const offsets = headers.map(({ content, align }) => {
    const offset = alignUp(end, align);
    if (typeof content !== "number") end = offset + content.length;
    return offset;
  });
  const headersOffset = alignUp(end, TABLE_ALIGN);
  const bytes = new Uint8Array(headersOffset + (headers.length + 1) * SECTION_HEADER_BYTES);
  const fields = new Fields(bytes, littleEndian);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, ELFCLASS64, littleEndian ? ELFDATA_LITTLE : ELFDATA_BIG, EV_CURRENT]);
  fields.u16(16, ET_REL);
  fields.u16(18, EM_BPF);
  fields.u32(20, EV_CURRENT);
  fields.u64(40, headersOffset);
  fields.u16(52, HEADER_BYTES);
  fields.u16(58, SECTION_HEADER_BYTES);
  fields.u16(60, headers.length + 1);
  fields.u16(62, headers.length);

  headers.forEach(({ type, flags, align, entrySize, content, link, info }, index) => {
    const offset = offsets[index] ?? 0;
    if (typeof content !== "number") bytes.set(content, offset);
    const at = headersOffset + (index + 1) * SECTION_HEADER_BYTES;
    fields.u32(at, nameOffsets[index] ?? 0);
    fields.u32(at + 4, type);
    fields.u64(at + 8, flags);
    fields.u64(at + 24, offset);
    fields.u64(at + 32, typeof content === "number" ? content : content.length);
    fields.u32(at + 40, link);
    fields.u32(at + 44, info);
    fields.u64(at + 48, align);
    fields.u64(at + 56, entrySize);
  });
  return bytes;
}

function encodeSymbols(
  symbols: readonly NewElfSymbol[],
  sectionIndexes: ReadonlyMap<NewElfSection, number>,
  names: Names,
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array((symbols.length + 1) * SYMBOL_BYTES);
  const fields = new Fields(bytes, littleEndian);
  symbols.forEach(({ name, value, size, type, binding, visibility, section }, index) => {
    const at = (index + 1) * SYMBOL_BYTES;
    const sectionIndex = typeof section === "number" ? section : sectionIndexes.get(section);
    if (sectionIndex === undefined) throw misuse("a symbol is in a section that is not there");
    fields.u32(at, names.add(name));
    bytes[at + 4] = (binding << 4) | type;
    bytes[at + 5] = visibility;
    fields.u16(at + 6, sectionIndex);
    fields.u64(at + 8, value);
    fields.u64(at + 16, size);
  });
  return bytes;
}

function encodeRelocations(
  section: NewElfSection,
  symbolIndexes: ReadonlyMap<NewElfSymbol, number>,
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array(section.relocations.length * REL_BYTES);
  const fields = new Fields(bytes, littleEndian);
  section.relocations.forEach(({ offset, type, symbol }, index) => {
    const symbolIndex = symbolIndexes.get(symbol);
    if (symbolIndex === undefined) throw misuse("a relocation is against a symbol that is not there");
    fields.u64(index * REL_BYTES, offset);
    // r_info: the symbol in the high, the type in the low 32 bits
    fields.u64(index * REL_BYTES + 8, symbolIndex * 0x1_0000_0000 + type);
  });
  return bytes;
}

function isGlobal({ binding }: NewElfSymbol): boolean {
  return binding !== SymbolBinding.LOCAL;
}

function alignUp(offset: number, align: number): number {
  return align <= 1 ? offset : Math.ceil(offset / align) * align;
}

/** Writes numbers in a byte order. */
class Fields {
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#view = new DataView(bytes.buffer);
    this.#littleEndian = littleEndian;
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, this.#littleEndian);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, this.#littleEndian);
  }

  u64(at: number, value: number): void {
    this.#view.setBigUint64(at, BigInt(value), this.#littleEndian);
  }
}

/** A string table, each name there once. */
class Names {
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #encoded: Uint8Array[] = [];
  #length = 1;

  add(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(name);
    const offset = this.#length;
    this.#offsets.set(name, offset);
    this.#encoded.push(bytes);
    this.#length += bytes.length + 1;
    return offset;
  }

  toBytes(): Uint8Array {
    const table = new Uint8Array(this.#length);
    let at = 1;
    for (const bytes of this.#encoded) {
      table.set(bytes, at);
      at += bytes.length + 1;
    }
    return table;
  }
}

function misuse(problem: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `ELF object that is written: ${problem}`);
}

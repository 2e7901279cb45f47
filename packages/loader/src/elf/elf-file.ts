import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { SectionFlag, SectionType, SpecialSection } from "./constants.ts";
import { describeNotElf, machineName } from "./not-elf.ts";
import { StringTable } from "./string-table.ts";

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const REL_BYTES = 16;

const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA_LITTLE = 1;
const ELFDATA_BIG = 2;
const ET_REL = 1;
const EM_NONE = 0;
const EM_BPF = 247;

const NO_BYTES = new Uint8Array(0);

/** One section. */
export interface ElfSection {
  /** Index of the section header. */
  readonly index: number;
  readonly name: string;
  /** One of {@link SectionType}, or another number. */
  readonly type: number;
  /** Bits of {@link SectionFlag}. */
  readonly flags: number;
  /** Bytes; of a NOBITS section the bytes that it takes in memory. */
  readonly size: number;
  /** Bytes of one entry, where the section is a table. */
  readonly entrySize: number;
  readonly link: number;
  readonly info: number;
  /** Bytes. */
  readonly align: number;
  /**
   * A view of the file's bytes; empty for NOBITS.
   * Throws {@link ObjectFormatError} when the section is compressed.
   */
  readonly data: Uint8Array;
}

/** One symbol. */
export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  /** Bytes from the start of the section. */
  readonly value: number;
  /** Bytes. */
  readonly size: number;
  /** One of {@link SymbolType}, or another number. */
  readonly type: number;
  /** One of {@link SymbolBinding}, or another number. */
  readonly binding: number;
  /** One of {@link Visibility}. */
  readonly visibility: number;
  /** Index of the section it is in, or one of {@link SpecialSection}. */
  readonly sectionIndex: number;
}

/** One entry of a SHT_REL section. */
export interface ElfRelocation {
  /** Bytes from the start of the section that is relocated. */
  readonly offset: number;
  /** One of {@link RelocationType}, or another number. */
  readonly type: number;
  readonly symbol: ElfSymbol;
}

class Section implements ElfSection {
  readonly index: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly entrySize: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly #file: Uint8Array;
  readonly #nameOffset: number;
  #names: StringTable | undefined;

  constructor(file: Uint8Array, view: DataView, at: number, index: number, littleEndian: boolean) {
    this.#file = file;
    this.index = index;
    this.#nameOffset = view.getUint32(at, littleEndian);
    this.type = view.getUint32(at + 4, littleEndian);
    // All flags that are defined are in the low 32 bits.
    this.flags = view.getUint32(at + (littleEndian ? 8 : 12), littleEndian);
    this.offset = readUint64(view, at + 24, littleEndian);
    this.size = readUint64(view, at + 32, littleEndian);
    this.link = view.getUint32(at + 40, littleEndian);
    this.info = view.getUint32(at + 44, littleEndian);
    this.align = readUint64(view, at + 48, littleEndian);
    this.entrySize = readUint64(view, at + 56, littleEndian);
  }

  get name(): string {
    return this.#names?.at(this.#nameOffset) ?? "";
  }

  get data(): Uint8Array {
    if (this.type === SectionType.NOBITS || this.type === SectionType.NULL) return NO_BYTES;
    if ((this.flags & SectionFlag.COMPRESSED) !== 0) {
      throw new ObjectFormatError("the section is compressed; compile without -gz", { section: this.name });
    }
    return this.#file.subarray(this.offset, this.offset + this.size);
  }

  takeNamesFrom(names: StringTable): void {
    this.#names = names;
  }
}

class TableSymbol implements ElfSymbol {
  readonly index: number;
  readonly value: number;
  readonly size: number;
  readonly type: number;
  readonly binding: number;
  readonly visibility: number;
  readonly sectionIndex: number;
  readonly #names: StringTable;
  readonly #nameOffset: number;

  constructor(
    view: DataView,
    index: number,
    littleEndian: boolean,
    names: StringTable,
    extended: DataView | undefined,
  ) {
    const at = index * SYMBOL_BYTES;
    const info = view.getUint8(at + 4);
    const sectionIndex = view.getUint16(at + 6, littleEndian);
    this.index = index;
    this.#names = names;
    this.#nameOffset = view.getUint32(at, littleEndian);
    this.type = info & 0xf;
    this.binding = info >> 4;
    this.visibility = view.getUint8(at + 5) & 0x3;
    this.value = readUint64(view, at + 8, littleEndian);
    this.size = readUint64(view, at + 16, littleEndian);
    this.sectionIndex =
      sectionIndex === SpecialSection.XINDEX && extended !== undefined
        ? extended.getUint32(index * 4, littleEndian)
        : sectionIndex;
  }

  get name(): string {
    return this.#names.at(this.#nameOffset);
  }
}

/**
 * A relocatable ELF file of 64 bits for BPF, of either byte order.
 *
 * Opening one reads the headers only: names, symbols and relocations are decoded when they are asked for, so that
 * debug information costs nothing. Every offset, size, count and link is checked before it is used.
 */
export class ElfFile {
  readonly littleEndian: boolean;
  /** By index of the section header; the first is the null section. */
  readonly sections: readonly ElfSection[];
  #symbols: readonly ElfSymbol[] | undefined;
  #relocations: ReadonlyMap<number, readonly ElfSection[]> | undefined;

  private constructor(littleEndian: boolean, sections: readonly ElfSection[]) {
    this.littleEndian = littleEndian;
    this.sections = sections;
  }

  /**
   * Opens a file that was read into memory; the bytes are not copied and must not change.
   * Throws {@link ObjectFormatError} when they aren't a relocatable BPF object.
   */
  static parse(input: Uint8Array): ElfFile {
    // Not a subclass: slice() of Node's Buffer does not copy, and whoever changes a copy would change the file.
    const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const littleEndian = checkHeader(bytes, view);
    return new ElfFile(littleEndian, readSections(bytes, view, littleEndian));
  }

  /** The first section of that name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** All symbols, by index; the first is the null symbol. Empty when the file has been stripped of them. */
  get symbols(): readonly ElfSymbol[] {
    this.#symbols ??= readSymbols(this.sections, this.littleEndian);
    return this.#symbols;
  }

  /** What has to be relocated in a section, in the order of the file. */
  relocations(section: ElfSection): readonly ElfRelocation[] {
    this.#relocations ??= relocationSections(this.sections);
    const tables = this.#relocations.get(section.index) ?? [];
    return tables.flatMap((table) => this.#readRelocations(table));
  }

  #readRelocations(table: ElfSection): readonly ElfRelocation[] {
    if (table.type === SectionType.RELA) {
      throw new ObjectFormatError("relocations with addends (SHT_RELA) are not used for BPF", { section: table.name });
    }
    if (this.sections[table.link]?.type !== SectionType.SYMTAB) {
      throw new ObjectFormatError(`its symbol table is said to be section ${table.link}, which is none`, {
        section: table.name,
      });
    }
    const view = tableView(table, REL_BYTES);
    const count = table.size / REL_BYTES;
    const { symbols, littleEndian } = this;
    const relocations: ElfRelocation[] = [];
    for (let index = 0; index < count; index++) {
      const at = index * REL_BYTES;
      // r_info: the symbol in the high, the type in the low 32 bits
      const type = view.getUint32(at + (littleEndian ? 8 : 12), littleEndian);
      const symbolIndex = view.getUint32(at + (littleEndian ? 12 : 8), littleEndian);
      const symbol = symbols[symbolIndex];
      if (symbol === undefined) {
        throw new ObjectFormatError(`a relocation against symbol ${symbolIndex}, of ${symbols.length}`, {
          section: table.name,
          offset: at,
        });
      }
      relocations.push({ offset: readUint64(view, at, littleEndian), type, symbol });
    }
    return relocations;
  }
}

/** Throws unless the file is one that we read; returns its byte order. */
function checkHeader(bytes: Uint8Array, view: DataView): boolean {
  if (bytes.length === 0) throw new ObjectFormatError("not a BPF object: the file is empty");
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new ObjectFormatError(`not a BPF object: ${describeNotElf(bytes)}`);
  }
  if (bytes[4] === ELFCLASS32) {
    throw new ObjectFormatError("not a BPF object: it is an ELF file of 32 bits; compile with clang -target bpf");
  }
  if (bytes.length < HEADER_BYTES) {
    throw new ObjectFormatError(`the object is truncated: ${bytes.length} bytes are less than an ELF header`);
  }
  if (bytes[4] !== ELFCLASS64 || (bytes[5] !== ELFDATA_LITTLE && bytes[5] !== ELFDATA_BIG) || bytes[6] !== 1) {
    throw new ObjectFormatError("the ELF header states no known class, byte order or version", { offset: 4 });
  }
  const littleEndian = bytes[5] === ELFDATA_LITTLE;
  const machine = view.getUint16(18, littleEndian);
  // LLVM before 4.0 wrote EM_NONE
  if (machine !== EM_BPF && machine !== EM_NONE) {
    throw new ObjectFormatError(
      `not a BPF object: it was compiled for ${machineName(machine)}; compile with clang -target bpf`,
    );
  }
  const type = view.getUint16(16, littleEndian);
  if (type !== ET_REL) {
    throw new ObjectFormatError(`not a BPF object: its ELF type is ${type}, not 1 (relocatable)`, { offset: 16 });
  }
  return littleEndian;
}

function readSections(bytes: Uint8Array, view: DataView, littleEndian: boolean): readonly ElfSection[] {
  const start = readUint64(view, 40, littleEndian);
  const entrySize = view.getUint16(58, littleEndian);
  let count = view.getUint16(60, littleEndian);
  let namesIndex = view.getUint16(62, littleEndian);
  if (start === 0) throw new ObjectFormatError("the object has no sections");
  if (entrySize !== SECTION_HEADER_BYTES) {
    throw new ObjectFormatError(`section headers of ${entrySize} bytes, wanted ${SECTION_HEADER_BYTES}`, {
      offset: 58,
    });
  }
  checkInside(bytes, start, SECTION_HEADER_BYTES, "the section headers");
  // Counts that don't fit into 16 bits are in the null section.
  const first = new Section(bytes, view, start, 0, littleEndian);
  if (count === 0) count = first.size;
  if (namesIndex === SpecialSection.XINDEX) namesIndex = first.link;
  checkInside(bytes, start, count * SECTION_HEADER_BYTES, `${count} section headers`);

  const sections = [first];
  for (let index = 1; index < count; index++) {
    const section = new Section(bytes, view, start + index * SECTION_HEADER_BYTES, index, littleEndian);
    if (section.type !== SectionType.NOBITS && section.type !== SectionType.NULL) {
      checkInside(bytes, section.offset, section.size, `section ${index}`);
    }
    sections.push(section);
  }
  const names = sections[namesIndex];
  if (names?.type !== SectionType.STRTAB) {
    throw new ObjectFormatError(
      `the names of sections are said to be in section ${namesIndex}, which is no string table`,
    );
  }
  const table = new StringTable(names.data, "section names");
  for (const section of sections) section.takeNamesFrom(table);
  return sections;
}

function readSymbols(sections: readonly ElfSection[], littleEndian: boolean): readonly ElfSymbol[] {
  const tables = sections.filter((section) => section.type === SectionType.SYMTAB);
  const table = tables[0];
  if (table === undefined) return [];
  if (tables.length > 1) throw new ObjectFormatError("the object has several symbol tables");
  const strings = sections[table.link];
  if (strings?.type !== SectionType.STRTAB) {
    throw new ObjectFormatError(`its names are said to be in section ${table.link}, which is no string table`, {
      section: table.name,
    });
  }
  const view = tableView(table, SYMBOL_BYTES);
  const count = table.size / SYMBOL_BYTES;
  const names = new StringTable(strings.data, strings.name);
  const extended = extendedIndexes(sections, table, count);
  const symbols: ElfSymbol[] = [];
  for (let index = 0; index < count; index++) {
    const symbol = new TableSymbol(view, index, littleEndian, names, extended);
    if (symbol.sectionIndex >= sections.length && !isSpecial(symbol.sectionIndex)) {
      throw new ObjectFormatError(
        `symbol ${quoteName(symbol.name)} is in section ${symbol.sectionIndex} of ${sections.length}`,
        { section: table.name, offset: index * SYMBOL_BYTES },
      );
    }
    symbols.push(symbol);
  }
  return symbols;
}

function isSpecial(sectionIndex: number): boolean {
  return sectionIndex >= SpecialSection.LORESERVE && sectionIndex < SpecialSection.XINDEX;
}

/** Section indexes of symbols that don't fit into 16 bits. */
function extendedIndexes(sections: readonly ElfSection[], symbols: ElfSection, count: number): DataView | undefined {
  const table = sections.find((section) => section.type === SectionType.SYMTAB_SHNDX && section.link === symbols.index);
  if (table === undefined) return undefined;
  if (table.size < count * 4) {
    throw new ObjectFormatError(`section indexes for ${count} symbols take more than ${table.size} bytes`, {
      section: table.name,
    });
  }
  return viewOf(table.data);
}

function relocationSections(sections: readonly ElfSection[]): ReadonlyMap<number, readonly ElfSection[]> {
  const tables = new Map<number, ElfSection[]>();
  for (const section of sections) {
    if (section.type !== SectionType.REL && section.type !== SectionType.RELA) continue;
    const known = tables.get(section.info);
    if (known === undefined) tables.set(section.info, [section]);
    else known.push(section);
  }
  return tables;
}

function tableView(table: ElfSection, entryBytes: number): DataView {
  if (table.entrySize !== entryBytes || table.size % entryBytes !== 0) {
    throw new ObjectFormatError(
      `${table.size} bytes in entries of ${table.entrySize}, wanted entries of ${entryBytes} bytes`,
      { section: table.name },
    );
  }
  return viewOf(table.data);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkInside(bytes: Uint8Array, offset: number, size: number, what: string): void {
  // Both are at most 2^64, so that the sum is far from where doubles overflow and its error does not matter.
  if (offset + size > bytes.length) {
    throw new ObjectFormatError(
      `the object is truncated: ${what} would end at byte ${offset + size} of ${bytes.length}`,
    );
  }
}

/** A number of 64 bits; exact up to 2^53, and everything that a file can hold is less. */
function readUint64(view: DataView, at: number, littleEndian: boolean): number {
  const low = view.getUint32(at + (littleEndian ? 0 : 4), littleEndian);
  const high = view.getUint32(at + (littleEndian ? 4 : 0), littleEndian);
  return high * 0x1_0000_0000 + low;
}

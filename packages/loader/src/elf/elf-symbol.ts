import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { RESERVED_SECTIONS, SECTION_IN_32_BITS, SectionType } from "./constants.ts";
import type { ElfSection } from "./elf-section.ts";
import { StringTable } from "./string-table.ts";
import { readUint64, tableView, viewOf } from "./table.ts";

const SYMBOL_BYTES = 24;
/** The upper half of what {@link SpecialSection} has in 32 bits. */
const SPECIAL = 0xffff_0000;

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
    if (sectionIndex < RESERVED_SECTIONS) this.sectionIndex = sectionIndex;
    else if (sectionIndex === SECTION_IN_32_BITS && extended !== undefined) {
      this.sectionIndex = extended.getUint32(index * 4, littleEndian);
    } else this.sectionIndex = SPECIAL + sectionIndex;
  }

  get name(): string {
    return this.#names.at(this.#nameOffset);
  }
}

/** Reads the symbol table, without the names. Empty when there is none. */
export function readSymbols(sections: readonly ElfSection[], littleEndian: boolean): readonly ElfSymbol[] {
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
        `symbol ${quoteName(symbol.name)} is in section ${symbol.sectionIndex % SPECIAL} of ${sections.length}`,
        { section: table.name, offset: index * SYMBOL_BYTES },
      );
    }
    symbols.push(symbol);
  }
  return symbols;
}

function isSpecial(sectionIndex: number): boolean {
  return sectionIndex >= SPECIAL + RESERVED_SECTIONS && sectionIndex < SPECIAL + SECTION_IN_32_BITS;
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

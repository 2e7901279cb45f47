import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { BoundedFile } from "./bounded-file.ts";
import { ElfHeaders, type SectionHeader } from "./elf-headers.ts";
import { matchesGlob } from "./glob.ts";
import { didYouMean } from "./similar-names.ts";
import { SymbolTable, SymbolType } from "./symbol-table.ts";

/**
 * Functions of an executable or a shared library, as offsets in its file: what a uprobe is attached to.
 *
 * Reads ELF of both sizes and byte orders, but only its headers and symbol tables, which are all that is needed here.
 * The file may be hostile: each range is checked against the file's size before it is read.
 */
export interface Executable {
  readonly path: string;
  /** Offset in the file, in bytes, of the function `symbol`. */
  functionOffset(symbol: string): number;
  /** Functions whose names match `pattern` (`*`, `?`), by name: offsets in the file, in bytes. */
  functionOffsets(pattern: string): ReadonlyMap<string, number>;
}

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_GNU_VERSYM = 0x6fffffff;
const SHN_UNDEF = 0;

interface FoundSymbol {
  readonly offset: number;
  /** Smaller is better: global, weak, local; hidden versions last. */
  readonly rank: number;
}

/**
 * Reads the headers and symbol tables of an executable or a shared library; nothing stays open.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when the file can't be opened; ObjectFormatError when it is not an ELF file or a damaged one.
 */
export function readExecutable(path: string): Executable {
  const file = BoundedFile.open(path);
  try {
    return new ElfExecutable(file);
  } finally {
    file.close();
  }
}

class ElfExecutable implements Executable {
  readonly path: string;
  readonly #headers: ElfHeaders;
  /** The dynamic symbols first: they are fewer, and what a library offers. */
  readonly #tables: readonly SymbolTable[];

  constructor(file: BoundedFile) {
    this.path = file.path;
    this.#headers = new ElfHeaders(file);
    const { sections } = this.#headers;
    this.#tables = sections
      .filter((section) => section.type === SHT_DYNSYM || section.type === SHT_SYMTAB)
      .sort((a, b) => (a.type === b.type ? 0 : a.type === SHT_DYNSYM ? -1 : 1))
      .map((section) => this.#readSymbolTable(file, section, sections));
  }

  functionOffset(symbol: string): number {
    let indirect = false;
    for (const table of this.#tables) {
      const found = [...table.named(symbol)];
      indirect ||= found.some((index) => table.type(index) === SymbolType.GNU_IFUNC);
      const functions = this.#best(table, found);
      if (functions.length > 1) {
        throw new BpfError(
          "ERR_BPF_INVALID_ARGUMENT",
          `${quoteName(this.path)} has ${functions.length} functions named ${quoteName(symbol)}; ` +
            `say which by its offset in the file: ${functions.map(({ offset }) => `0x${offset.toString(16)}`).join(", ")}`,
        );
      }
      if (functions[0] !== undefined) return functions[0].offset;
    }
    throw new BpfError("ERR_BPF_NOT_FOUND", this.#missing(symbol, indirect));
  }

  functionOffsets(pattern: string): ReadonlyMap<string, number> {
    const matches = matchesGlob(pattern);
    const byName = new Map<string, number[]>();
    const result = new Map<string, number>();
    for (const table of this.#tables) {
      byName.clear();
      for (let index = 0; index < table.count; index++) {
        if (table.type(index) !== SymbolType.FUNC) continue;
        const name = table.name(index);
        if (result.has(name) || !matches(name)) continue;
        const indexes = byName.get(name);
        if (indexes === undefined) byName.set(name, [index]);
        else indexes.push(index);
      }
      // Of several functions with one name (static ones), a pattern takes the first.
      for (const [name, indexes] of byName) {
        const best = this.#best(table, indexes)[0];
        if (best !== undefined) result.set(name, best.offset);
      }
    }
    return result;
  }

  /** The functions of the best rank among these symbols, each offset once. */
  #best(table: SymbolTable, indexes: Iterable<number>): FoundSymbol[] {
    const found = new Map<number, FoundSymbol>();
    let best = Number.POSITIVE_INFINITY;
    for (const index of indexes) {
      if (table.type(index) !== SymbolType.FUNC || table.section(index) === SHN_UNDEF) continue;
      const offset = this.#fileOffset(table.address(index));
      if (offset === undefined) continue;
      const rank = table.rank(index);
      best = Math.min(best, rank);
      const known = found.get(offset);
      if (known === undefined || known.rank > rank) found.set(offset, { offset, rank });
    }
    return [...found.values()].filter(({ rank }) => rank === best);
  }

  #fileOffset(address: number): number | undefined {
    const segment = this.#headers.segmentAt(address);
    return segment === undefined ? undefined : address - segment.address + segment.offset;
  }

  #missing(symbol: string, indirect: boolean): string {
    if (indirect) {
      return (
        `${quoteName(symbol)} in ${quoteName(this.path)} is an indirect function: the program's start chooses one of several ` +
        "implementations. Attach to those by their own names or offsets"
      );
    }
    const names = new Set<string>();
    for (const table of this.#tables) {
      for (let index = 0; index < table.count; index++)
        if (table.type(index) === SymbolType.FUNC) names.add(table.name(index));
    }
    const stripped = this.#tables.every((table) => table.dynamic);
    return (
      `${quoteName(this.path)} has no function ${quoteName(symbol)}` +
      (stripped ? " (it is stripped, so that its static functions can only be given by offset)" : "") +
      didYouMean(symbol, names)
    );
  }

  #readSymbolTable(file: BoundedFile, header: SectionHeader, sections: readonly SectionHeader[]): SymbolTable {
    const names = sections[header.link];
    if (names === undefined) {
      throw new ObjectFormatError(`${quoteName(file.path)}: the names of symbol table ${header.index} are missing`);
    }
    const versions = sections.find((section) => section.type === SHT_GNU_VERSYM && section.link === header.index);
    return new SymbolTable({
      layout: this.#headers.layout,
      littleEndian: this.#headers.littleEndian,
      dynamic: header.type === SHT_DYNSYM,
      symbols: file.read(header.offset, header.size, "a symbol table"),
      names: file.read(names.offset, names.size, "a string table"),
      versions: versions === undefined ? undefined : file.read(versions.offset, versions.size, "the symbol versions"),
    });
  }
}

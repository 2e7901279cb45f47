import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { matchesGlob } from "./glob.ts";
import { didYouMean } from "./similar-names.ts";

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

/** Field offsets that differ between the two sizes of ELF, from the System V ABI, chapters 4 and 5. */
interface Layout {
  readonly headerBytes: number;
  readonly programTable: number;
  readonly sectionTable: number;
  readonly counts: number;
  readonly segment: {
    readonly bytes: number;
    readonly offset: number;
    readonly address: number;
    readonly size: number;
  };
  readonly section: { readonly bytes: number; readonly offset: number; readonly size: number; readonly link: number };
  readonly symbol: { readonly bytes: number; readonly info: number; readonly section: number; readonly value: number };
  readonly word: 4 | 8;
}

const elf32: Layout = {
  headerBytes: 52,
  programTable: 28,
  sectionTable: 32,
  counts: 42,
  segment: { bytes: 32, offset: 4, address: 8, size: 16 },
  section: { bytes: 40, offset: 16, size: 20, link: 24 },
  symbol: { bytes: 16, info: 12, section: 14, value: 4 },
  word: 4,
};

const elf64: Layout = {
  headerBytes: 64,
  programTable: 32,
  sectionTable: 40,
  counts: 54,
  segment: { bytes: 56, offset: 8, address: 16, size: 32 },
  section: { bytes: 64, offset: 24, size: 32, link: 40 },
  symbol: { bytes: 24, info: 4, section: 6, value: 8 },
  word: 8,
};

const ELF_MAGIC = 0x7f454c46;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_GNU_VERSYM = 0x6fffffff;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_UNDEF = 0;
/** `.gnu.version`: this version of the symbol is not the one that the linker would take. */
const VERSION_HIDDEN = 0x8000;
/** PN_XNUM and SHN_XINDEX: the count is in the first section header. */
const COUNT_ELSEWHERE = 0xffff;
/** A symbol table of Chromium with all its local symbols takes about 100 MB. */
const LARGEST_TABLE = 1 << 30;

interface Segment {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

interface SectionHeader {
  readonly index: number;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

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
  const file = openFile(path);
  try {
    return new ElfExecutable(new FileReader(path, file));
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BpfError("ERR_BPF_NOT_FOUND", `can't open the executable ${quoteName(path)}: ${reason}`, {
      cause: error,
    });
  }
}

class FileReader {
  readonly path: string;
  readonly #file: number;
  readonly #bytes: number;

  constructor(path: string, file: number) {
    const status = fstatSync(file);
    if (!status.isFile()) throw new ObjectFormatError(`${quoteName(path)} is not a file`);
    this.path = path;
    this.#file = file;
    this.#bytes = status.size;
  }

  read(offset: number, length: number, what: string): DataView {
    if (offset + length > this.#bytes) {
      throw new ObjectFormatError(`${quoteName(this.path)} is cut off: ${what} would end at byte ${offset + length}`, {
        offset,
      });
    }
    if (length > LARGEST_TABLE) {
      throw new ObjectFormatError(`${quoteName(this.path)}: ${what} is larger than 1 GiB`, { offset });
    }
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#file, buffer, filled, length - filled, offset + filled);
      if (count === 0) throw new ObjectFormatError(`${quoteName(this.path)} shrank while it was read`, { offset });
      filled += count;
    }
    return new DataView(buffer.buffer);
  }
}

class ElfExecutable implements Executable {
  readonly path: string;
  readonly #layout: Layout;
  readonly #littleEndian: boolean;
  readonly #segments: readonly Segment[];
  /** The dynamic symbols first: they are fewer, and what a library offers. */
  readonly #tables: readonly SymbolTable[];

  constructor(file: FileReader) {
    this.path = file.path;
    const ident = file.read(0, 16, "the ELF header");
    if (ident.getUint32(0) !== ELF_MAGIC) throw new ObjectFormatError(`${quoteName(file.path)} is not an ELF file`);
    const size = ident.getUint8(4);
    const order = ident.getUint8(5);
    if ((size !== 1 && size !== 2) || (order !== 1 && order !== 2)) {
      throw new ObjectFormatError(`${quoteName(file.path)} is no ELF file of 32 or 64 bits`, { offset: 4 });
    }
    this.#layout = size === 1 ? elf32 : elf64;
    this.#littleEndian = order === 1;

    const header = file.read(0, this.#layout.headerBytes, "the ELF header");
    const sections = this.#readSections(file, header);
    this.#segments = this.#readSegments(file, header);
    this.#tables = sections
      .filter((section) => section.type === SHT_DYNSYM || section.type === SHT_SYMTAB)
      .sort((a, b) => (a.type === b.type ? 0 : a.type === SHT_DYNSYM ? -1 : 1))
      .map((section) => this.#readSymbolTable(file, section, sections));
  }

  functionOffset(symbol: string): number {
    let indirect = false;
    for (const table of this.#tables) {
      const found = [...table.named(symbol)];
      indirect ||= found.some((index) => table.type(index) === STT_GNU_IFUNC);
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
        if (table.type(index) !== STT_FUNC) continue;
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
      if (table.type(index) !== STT_FUNC || table.section(index) === SHN_UNDEF) continue;
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
    const segment = this.#segments.find((each) => address >= each.address && address < each.address + each.size);
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
        if (table.type(index) === STT_FUNC) names.add(table.name(index));
    }
    const stripped = this.#tables.every((table) => table.dynamic);
    return (
      `${quoteName(this.path)} has no function ${quoteName(symbol)}${didYouMean(symbol, names)}` +
      (stripped ? ". The file is stripped: its own (static) functions can only be given by offset" : "")
    );
  }

  #readSections(file: FileReader, header: DataView): readonly SectionHeader[] {
    const { bytes, offset, size, link } = this.#layout.section;
    const table = this.#word(header, this.#layout.sectionTable, "e_shoff");
    if (table === 0) return [];
    let count = header.getUint16(this.#layout.counts + 6, this.#littleEndian);
    if (count === 0) count = this.#word(file.read(table, bytes, "the first section header"), size, "e_shnum");
    const view = file.read(table, count * bytes, "the section header table");
    return Array.from({ length: count }, (_, index) => ({
      index,
      type: view.getUint32(index * bytes + 4, this.#littleEndian),
      offset: this.#word(view, index * bytes + offset, "sh_offset"),
      size: this.#word(view, index * bytes + size, "sh_size"),
      link: view.getUint32(index * bytes + link, this.#littleEndian),
    }));
  }

  #readSegments(file: FileReader, header: DataView): readonly Segment[] {
    const { bytes, offset, address, size } = this.#layout.segment;
    const table = this.#word(header, this.#layout.programTable, "e_phoff");
    const count = header.getUint16(this.#layout.counts + 2, this.#littleEndian);
    if (count === COUNT_ELSEWHERE) throw new ObjectFormatError(`${quoteName(file.path)} has more than 65534 segments`);
    const view = file.read(table, count * bytes, "the program header table");
    const segments: Segment[] = [];
    for (let at = 0; at < count * bytes; at += bytes) {
      if (view.getUint32(at, this.#littleEndian) !== PT_LOAD) continue;
      segments.push({
        address: this.#word(view, at + address, "p_vaddr"),
        offset: this.#word(view, at + offset, "p_offset"),
        size: this.#word(view, at + size, "p_filesz"),
      });
    }
    return segments;
  }

  #readSymbolTable(file: FileReader, header: SectionHeader, sections: readonly SectionHeader[]): SymbolTable {
    const names = sections[header.link];
    if (names === undefined) {
      throw new ObjectFormatError(`${quoteName(file.path)}: the names of symbol table ${header.index} are missing`);
    }
    const versions = sections.find((section) => section.type === SHT_GNU_VERSYM && section.link === header.index);
    return new SymbolTable({
      layout: this.#layout,
      littleEndian: this.#littleEndian,
      dynamic: header.type === SHT_DYNSYM,
      symbols: file.read(header.offset, header.size, "a symbol table"),
      names: file.read(names.offset, names.size, "a string table"),
      versions: versions === undefined ? undefined : file.read(versions.offset, versions.size, "the symbol versions"),
    });
  }

  #word(view: DataView, at: number, field: string): number {
    return readWord(view, at, this.#layout.word, this.#littleEndian, () => {
      throw new ObjectFormatError(`${quoteName(this.path)}: ${field} is not the offset of anything`, { offset: at });
    });
  }
}

/** A field of the file's word size; `tooLarge` answers for what no file can hold. */
function readWord(view: DataView, at: number, word: 4 | 8, littleEndian: boolean, tooLarge: () => number): number {
  if (word === 4) return view.getUint32(at, littleEndian);
  const value = view.getBigUint64(at, littleEndian);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : tooLarge();
}

class SymbolTable {
  readonly count: number;
  readonly dynamic: boolean;
  readonly #layout: Layout["symbol"];
  readonly #word: 4 | 8;
  readonly #littleEndian: boolean;
  readonly #symbols: DataView;
  readonly #names: Buffer;
  readonly #versions: DataView | undefined;

  constructor(parts: {
    layout: Layout;
    littleEndian: boolean;
    dynamic: boolean;
    symbols: DataView;
    names: DataView;
    versions: DataView | undefined;
  }) {
    this.#layout = parts.layout.symbol;
    this.#word = parts.layout.word;
    this.#littleEndian = parts.littleEndian;
    this.dynamic = parts.dynamic;
    this.#symbols = parts.symbols;
    this.#names = Buffer.from(parts.names.buffer);
    this.#versions = parts.versions;
    this.count = Math.floor(parts.symbols.byteLength / this.#layout.bytes);
  }

  /** Indexes of the symbols of that name. Linkers share tails of names, so the name may start inside of another. */
  *named(name: string): Generator<number> {
    const wanted = Buffer.from(`${name}\0`);
    const offsets = new Set<number>();
    for (let at = this.#names.indexOf(wanted); at !== -1; at = this.#names.indexOf(wanted, at + 1)) offsets.add(at);
    if (offsets.size === 0) return;
    for (let index = 0; index < this.count; index++) if (offsets.has(this.#nameOffset(index))) yield index;
  }

  name(index: number): string {
    const start = this.#nameOffset(index);
    const end = this.#names.indexOf(0, start);
    return start >= this.#names.length || end === -1 ? "" : this.#names.toString("utf8", start, end);
  }

  type(index: number): number {
    return this.#info(index) & 0xf;
  }

  section(index: number): number {
    return this.#symbols.getUint16(index * this.#layout.bytes + this.#layout.section, this.#littleEndian);
  }

  address(index: number): number {
    const at = index * this.#layout.bytes + this.#layout.value;
    return readWord(this.#symbols, at, this.#word, this.#littleEndian, () => Number.MAX_SAFE_INTEGER);
  }

  /** Smaller is better: global (1), weak (2), local (3); a hidden version comes after all of them. */
  rank(index: number): number {
    const binding = this.#info(index) >> 4;
    const versionAt = index * 2;
    const version =
      this.#versions !== undefined && versionAt + 2 <= this.#versions.byteLength
        ? this.#versions.getUint16(versionAt, this.#littleEndian)
        : 0;
    return (binding === 0 ? 3 : binding === 2 ? 2 : 1) + ((version & VERSION_HIDDEN) === 0 ? 0 : 3);
  }

  #info(index: number): number {
    return this.#symbols.getUint8(index * this.#layout.bytes + this.#layout.info);
  }

  #nameOffset(index: number): number {
    return this.#symbols.getUint32(index * this.#layout.bytes, this.#littleEndian);
  }
}

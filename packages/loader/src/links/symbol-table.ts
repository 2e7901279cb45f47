import { type ElfLayout, readWord } from "./elf-layout.ts";

/** Of a symbol's type. */
export const SymbolType = { FUNC: 2, GNU_IFUNC: 10 } as const;

/** `.gnu.version`: this version of the symbol is not the one that the linker would take. */
const VERSION_HIDDEN = 0x8000;

/** One symbol table with its names; symbols by index. */
export class SymbolTable {
  readonly count: number;
  readonly dynamic: boolean;
  readonly #layout: ElfLayout["symbol"];
  readonly #word: 4 | 8;
  readonly #littleEndian: boolean;
  readonly #symbols: DataView;
  readonly #names: Buffer;
  readonly #versions: DataView | undefined;

  constructor(parts: {
    layout: ElfLayout;
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

import { ObjectFormatError } from "../errors/index.ts";
import { SectionType } from "./constants.ts";
import { readSections } from "./elf-section.ts";
import type { ElfSection } from "./elf-section.ts";
import { readSymbols } from "./elf-symbol.ts";
import type { ElfSymbol } from "./elf-symbol.ts";
import { describeNotElf, machineName } from "./not-elf.ts";
import { readUint64, tableView, viewOf } from "./table.ts";

const HEADER_BYTES = 64;
const REL_BYTES = 16;

const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA_LITTLE = 1;
const ELFDATA_BIG = 2;
const ET_REL = 1;
const EM_NONE = 0;
const EM_BPF = 247;

/** One entry of a SHT_REL section. */
export interface ElfRelocation {
  /** Bytes from the start of the section that is relocated. */
  readonly offset: number;
  /** One of {@link RelocationType}, or another number. */
  readonly type: number;
  readonly symbol: ElfSymbol;
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
   * Throws {@link ObjectFormatError} when they aren't a relocatable BPF object or, with the machine `"any"`, an ELF file of
   * 64 bits: kernels and programs.
   */
  static parse(input: Uint8Array, options: { readonly machine?: "bpf" | "any" } = {}): ElfFile {
    // Not a subclass: slice() of Node's Buffer does not copy, and whoever changes a copy would change the file.
    const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    const view = viewOf(bytes);
    const littleEndian = checkFormat(bytes);
    if (options.machine !== "any") checkMachine(view, littleEndian);
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

/** Throws unless it is ELF of 64 bits; returns its byte order. */
function checkFormat(bytes: Uint8Array): boolean {
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
  return bytes[5] === ELFDATA_LITTLE;
}

function checkMachine(view: DataView, littleEndian: boolean): void {
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

import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { BoundedFile } from "./bounded-file.ts";
import { elf32, elf64, type ElfLayout, readWord } from "./elf-layout.ts";

const ELF_MAGIC = 0x7f454c46;
const PT_LOAD = 1;
const PF_X = 1;
/** The index is in the first section header, since it does not fit into the ELF header. */
const SHN_XINDEX = 0xffff;
/** Linkers make about ten; what has many more was made to be slow to search. */
const MOST_SEGMENTS = 256;

/** A part of the file that is mapped into memory. */
export interface Segment {
  readonly address: number;
  readonly offset: number;
  /** Bytes that are in the file. */
  readonly size: number;
  readonly executable: boolean;
}

export interface SectionHeader {
  readonly index: number;
  /** Bytes from the start of the section names. */
  readonly nameOffset: number;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Headers of an executable or a shared library, of both sizes and byte orders. */
export class ElfHeaders {
  readonly path: string;
  readonly layout: ElfLayout;
  readonly littleEndian: boolean;
  /** ET_EXEC, ET_DYN … */
  readonly type: number;
  /** EM_X86_64, EM_AARCH64 … */
  readonly machine: number;
  readonly sections: readonly SectionHeader[];
  readonly segments: readonly Segment[];
  readonly #nameSection: number;

  /** @throws ObjectFormatError when the file is not ELF, or a damaged one. */
  constructor(file: BoundedFile) {
    this.path = file.path;
    const ident = file.read(0, 16, "the ELF header");
    if (ident.getUint32(0) !== ELF_MAGIC) throw new ObjectFormatError(`${quoteName(file.path)} is not an ELF file`);
    const size = ident.getUint8(4);
    const order = ident.getUint8(5);
    if ((size !== 1 && size !== 2) || (order !== 1 && order !== 2)) {
      throw new ObjectFormatError(`${quoteName(file.path)} is no ELF file of 32 or 64 bits`, { offset: 4 });
    }
    this.layout = size === 1 ? elf32 : elf64;
    this.littleEndian = order === 1;

    const header = file.read(0, this.layout.headerBytes, "the ELF header");
    this.type = header.getUint16(16, this.littleEndian);
    this.machine = header.getUint16(18, this.littleEndian);
    this.sections = this.#readSections(file, header);
    this.segments = this.#readSegments(file, header);
    const names = header.getUint16(this.layout.counts + 8, this.littleEndian);
    this.#nameSection = names === SHN_XINDEX ? (this.sections[0]?.link ?? 0) : names;
  }

  /** The segment that has this address, where it comes from the file. */
  segmentAt(address: number): Segment | undefined {
    return this.segments.find((each) => address >= each.address && address < each.address + each.size);
  }

  /** The first section of that name. `file` is the one that the headers are of. */
  sectionNamed(file: BoundedFile, name: string): SectionHeader | undefined {
    const strings = this.sections[this.#nameSection];
    if (strings === undefined) return undefined;
    const names = Buffer.from(file.read(strings.offset, strings.size, "the section names").buffer);
    const wanted = Buffer.from(`${name}\0`);
    return this.sections.find(({ nameOffset }) => names.subarray(nameOffset).subarray(0, wanted.length).equals(wanted));
  }

  #readSections(file: BoundedFile, header: DataView): readonly SectionHeader[] {
    const { bytes, address, offset, size, link } = this.layout.section;
    const table = this.#word(header, this.layout.sectionTable, "e_shoff");
    if (table === 0) return [];
    let count = header.getUint16(this.layout.counts + 6, this.littleEndian);
    if (count === 0) count = this.#word(file.read(table, bytes, "the first section header"), size, "e_shnum");
    const view = file.read(table, count * bytes, "the section header table");
    return Array.from({ length: count }, (_, index) => ({
      index,
      nameOffset: view.getUint32(index * bytes, this.littleEndian),
      type: view.getUint32(index * bytes + 4, this.littleEndian),
      address: this.#word(view, index * bytes + address, "sh_addr"),
      offset: this.#word(view, index * bytes + offset, "sh_offset"),
      size: this.#word(view, index * bytes + size, "sh_size"),
      link: view.getUint32(index * bytes + link, this.littleEndian),
    }));
  }

  #readSegments(file: BoundedFile, header: DataView): readonly Segment[] {
    const { bytes, offset, address, size, flags } = this.layout.segment;
    const table = this.#word(header, this.layout.programTable, "e_phoff");
    const count = header.getUint16(this.layout.counts + 2, this.littleEndian);
    if (count > MOST_SEGMENTS) throw new ObjectFormatError(`${quoteName(file.path)} has more than 256 segments`);
    const view = file.read(table, count * bytes, "the program header table");
    const segments: Segment[] = [];
    for (let at = 0; at < count * bytes; at += bytes) {
      if (view.getUint32(at, this.littleEndian) !== PT_LOAD) continue;
      segments.push({
        address: this.#word(view, at + address, "p_vaddr"),
        offset: this.#word(view, at + offset, "p_offset"),
        size: this.#word(view, at + size, "p_filesz"),
        executable: (view.getUint32(at + flags, this.littleEndian) & PF_X) !== 0,
      });
    }
    return segments;
  }

  #word(view: DataView, at: number, field: string): number {
    return readWord(view, at, this.layout.word, this.littleEndian, () => {
      throw new ObjectFormatError(`${quoteName(this.path)}: ${field} is not the offset of anything`, { offset: at });
    });
  }
}

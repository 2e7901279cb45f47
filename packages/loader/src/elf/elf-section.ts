import { ObjectFormatError } from "../errors/index.ts";
import { SECTION_IN_32_BITS, SectionFlag, SectionType } from "./constants.ts";
import { StringTable } from "./string-table.ts";
import { readUint64 } from "./table.ts";

const SECTION_HEADER_BYTES = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * Sections that overlap could make a small file one of gigabytes. Those that tools write share nothing, so that all of them together
 * are no larger than the file.
 */
const CONTENT_PER_BYTE = 4;

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

/** Reads the section headers that the ELF header points to. */
export function readSections(bytes: Uint8Array, view: DataView, littleEndian: boolean): readonly ElfSection[] {
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
  if (namesIndex === SECTION_IN_32_BITS) namesIndex = first.link;
  checkInside(bytes, start, count * SECTION_HEADER_BYTES, `${count} section headers`);

  const sections = [first];
  let content = 0;
  for (let index = 1; index < count; index++) {
    const section = new Section(bytes, view, start + index * SECTION_HEADER_BYTES, index, littleEndian);
    if (section.type !== SectionType.NOBITS && section.type !== SectionType.NULL) {
      checkInside(bytes, section.offset, section.size, `section ${index}`);
      content += section.size;
      if (content > bytes.length * CONTENT_PER_BYTE) {
        throw new ObjectFormatError(
          `sections overlap: up to section ${index}, they take ${content} bytes of ${bytes.length}`,
        );
      }
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

function checkInside(bytes: Uint8Array, offset: number, size: number, what: string): void {
  // Both are at most 2^64, so that the sum is far from where doubles overflow and its error does not matter.
  if (offset + size > bytes.length) {
    throw new ObjectFormatError(
      `the object is truncated: ${what} would end at byte ${offset + size} of ${bytes.length}`,
    );
  }
}

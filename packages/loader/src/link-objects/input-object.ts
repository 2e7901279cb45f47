import { Btf, parseExtInfo } from "../btf/index.ts";
import type { ExtInfo } from "../btf/index.ts";
import { ElfFile, SectionFlag, SectionType, Visibility } from "../elf/index.ts";
import type { ElfSection, ElfSymbol } from "../elf/index.ts";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";

/** One of the objects to link. */
export interface ObjectToLink {
  /** What errors call it: the path of its file. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An object that was read and found fit to be linked. */
export interface InputObject {
  readonly name: string;
  readonly littleEndian: boolean;
  readonly elf: ElfFile;
  /** Code and data, in the order of the file. */
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  readonly btf: Btf | undefined;
  readonly extInfo: ExtInfo | undefined;
}

/** Addresses of symbols that others may not merge: nothing for a loader. */
const LLVM_ADDRSIG = 0x6fff_4c03;
const SLOT_BYTES = 8;
/** The largest page that Linux has; what is aligned to more would make a small file a large one. */
const LARGEST_ALIGN = 0x1_0000;

/**
 * Reads an object.
 *
 * @throws ObjectFormatError
 */
export function openInput({ name, bytes }: ObjectToLink): InputObject {
  const elf = ElfFile.parse(bytes);
  const sections = elf.sections.filter((section) => section.index !== 0 && isLinked(section));
  let contentBytes = 0;
  for (const section of sections) {
    checkSection(section);
    if (section.type !== SectionType.NOBITS) contentBytes += section.size;
  }
  if (contentBytes > bytes.length) throw new ObjectFormatError("its sections overlap");
  const symbols = elf.symbols.filter((symbol) => symbol.index !== 0);
  if (symbols.length === 0) throw new ObjectFormatError("it has no symbols; don't strip objects that are to be linked");
  for (const symbol of symbols) checkSymbol(symbol, elf.sections);
  const btf = readBtf(elf);
  return { name, littleEndian: elf.littleEndian, elf, sections, symbols, btf, extInfo: readExtInfo(elf, btf) };
}

/** Runs what only depends on one input, and lets its errors say which. */
export function aboutInput<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    throw new ObjectFormatError(`${quoteName(name)}: ${error.message}`, {}, { cause: error });
  }
}

export function isCode({ type, flags }: ElfSection): boolean {
  return type === SectionType.PROGBITS && (flags & SectionFlag.EXECINSTR) !== 0;
}

/** Whether a section goes into the linked object as it is. Tables are made anew; DWARF is left out. */
function isLinked({ name, type, size }: ElfSection): boolean {
  switch (type) {
    case SectionType.STRTAB:
    case SectionType.SYMTAB:
    case SectionType.REL:
    case SectionType.NULL:
    case LLVM_ADDRSIG:
      return false;
    case SectionType.PROGBITS:
      if (name === ".BTF" || name === ".BTF.ext" || name.startsWith(".debug_")) return false;
      // What compilers write when there are no functions to be called.
      return name !== ".text" || size > 0;
    case SectionType.NOBITS:
      return true;
    default:
      if (/^(?:\.rela?)?\.debug_/.test(name)) return false;
      throw new ObjectFormatError(`a section of type ${type} can't be linked`, { section: name });
  }
}

function checkSection(section: ElfSection): void {
  const { name, size, align } = section;
  if (name === "") throw new ObjectFormatError(`section ${section.index} has no name`);
  if (align > LARGEST_ALIGN || (align & (align - 1)) !== 0) {
    throw new ObjectFormatError(`it is aligned to ${align} bytes`, { section: name });
  }
  if (isCode(section) && size % SLOT_BYTES !== 0) {
    throw new ObjectFormatError(`${size} bytes of code are no whole number of instructions`, { section: name });
  }
}

function checkSymbol(
  { name, value, size, visibility, sectionIndex }: ElfSymbol,
  sections: readonly ElfSection[],
): void {
  const fail = (problem: string): ObjectFormatError =>
    new ObjectFormatError(`symbol ${quoteName(name)} ${problem}`, { section: ".symtab" });
  if (visibility !== Visibility.DEFAULT && visibility !== Visibility.HIDDEN) {
    throw fail(`has visibility ${visibility}, and only default and hidden are known`);
  }
  const section = sectionIndex === 0 ? undefined : sections[sectionIndex];
  if (section !== undefined && value + size > section.size) throw fail("ends behind its section");
}

function readBtf(elf: ElfFile): Btf | undefined {
  const section = elf.section(".BTF");
  if (section === undefined) return undefined;
  const btf = Btf.parse(section.data);
  if (btf.littleEndian === elf.littleEndian) return btf;
  throw new ObjectFormatError("its byte order is not that of the object", { section: ".BTF" });
}

function readExtInfo(elf: ElfFile, btf: Btf | undefined): ExtInfo | undefined {
  const section = elf.section(".BTF.ext");
  if (section === undefined) return undefined;
  if (btf === undefined) throw new ObjectFormatError("there is no .BTF that it belongs to", { section: ".BTF.ext" });
  return parseExtInfo(section.data, btf);
}

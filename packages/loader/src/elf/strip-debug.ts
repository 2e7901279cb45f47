import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { SectionType, SpecialSection, SymbolType } from "./constants.ts";
import { ElfFile } from "./elf-file.ts";
import type { ElfSection } from "./elf-section.ts";
import type { ElfSymbol } from "./elf-symbol.ts";
import { writeElf } from "./elf-writer.ts";
import type { NewElfSection, NewElfSymbol } from "./elf-writer.ts";

/** Tables that a writer makes itself. */
const tables: ReadonlySet<number> = new Set([
  SectionType.NULL,
  SectionType.SYMTAB,
  SectionType.STRTAB,
  SectionType.REL,
  SectionType.SYMTAB_SHNDX,
]);

/**
 * The object without its debugging information (DWARF), which nothing that loads it reads and which is most of what
 * `clang -g` writes. BTF stays. What `llvm-strip -g` does; the same object always gives the same bytes.
 *
 * @throws ObjectFormatError
 */
export function stripDebug(object: Uint8Array): Uint8Array {
  const elf = ElfFile.parse(object);
  const sections = new Map<number, NewElfSection>();
  const symbols = new Map<ElfSymbol, NewElfSymbol>();
  const kept = elf.sections.filter((section) => !tables.has(section.type) && !isDebug(section));

  const isDropped = ({ sectionIndex }: ElfSymbol): boolean =>
    sectionIndex !== SpecialSection.UNDEF && elf.sections[sectionIndex] !== undefined && !sections.has(sectionIndex);

  const symbolOf = (symbol: ElfSymbol): NewElfSymbol => {
    const known = symbols.get(symbol);
    if (known !== undefined) return known;
    const { name, value, size, type, binding, visibility, sectionIndex } = symbol;
    const section = sections.get(sectionIndex) ?? sectionIndex;
    if (section === sectionIndex && isDropped(symbol)) {
      const of = quoteName(elf.sections[sectionIndex]?.name ?? "");
      throw new ObjectFormatError(
        `a relocation refers to ${quoteName(name)} in section ${of}, which is to be left out`,
      );
    }
    const made = { name, value, size, type, binding, visibility, section };
    symbols.set(symbol, made);
    return made;
  };

  for (const section of kept) {
    const { name, type, flags, align, entrySize, size, data, index } = section;
    const content = type === SectionType.NOBITS ? size : data;
    // Filled below: relocations need symbols, and these sections.
    sections.set(index, { name, type, flags, align, entrySize, content, relocations: [] });
  }
  for (const section of kept) {
    const relocations = elf
      .relocations(section)
      .map(({ offset, type, symbol }) => ({ offset, type, symbol: symbolOf(symbol) }));
    const made = sections.get(section.index);
    if (made !== undefined && relocations.length > 0) Object.assign(made, { relocations });
  }
  for (const symbol of elf.symbols.slice(1))
    if (symbol.type !== SymbolType.FILE && !isDropped(symbol)) symbolOf(symbol);
  return writeElf({ littleEndian: elf.littleEndian, sections: [...sections.values()], symbols: [...symbols.values()] });
}

/** DWARF, and LLVM's list of symbols whose addresses matter, which no BPF loader knows. */
function isDebug({ name }: ElfSection): boolean {
  return name.startsWith(".debug_") || name === ".llvm_addrsig";
}

/**
 * ELF64 objects: sections, symbols, relocations. Knows nothing of BPF but the machine's number.
 *
 * @module
 */
export {
  RelocationType,
  SectionFlag,
  SectionType,
  SpecialSection,
  SymbolBinding,
  SymbolType,
  Visibility,
} from "./constants.ts";
export { ElfFile } from "./elf-file.ts";
export type { ElfRelocation } from "./elf-file.ts";
export type { ElfSection } from "./elf-section.ts";
export type { ElfSymbol } from "./elf-symbol.ts";
export { writeElf } from "./elf-writer.ts";
export type { NewElfObject, NewElfRelocation, NewElfSection, NewElfSymbol } from "./elf-writer.ts";
export { stripDebug } from "./strip-debug.ts";

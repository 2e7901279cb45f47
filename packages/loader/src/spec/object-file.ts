import { Btf, parseExtInfo, withDataSectionLayouts } from "../btf/index.ts";
import type { DataSectionLayout, ExtInfo } from "../btf/index.ts";
import { ElfFile, SectionFlag, SectionType, SymbolBinding, SymbolType, Visibility } from "../elf/index.ts";
import type { ElfSection, ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { describeSections } from "./described-sections.ts";
import type { DescribedSections } from "./described-sections.ts";

/** What a section of the object holds. */
export type SectionClass =
  /** Symbols that are defined somewhere else. */
  | "undefined"
  /** Map definitions as structs of five numbers: `SEC("maps")`. */
  | "legacyMaps"
  /** Map definitions as types: `SEC(".maps")`. */
  | "maps"
  | "structOps"
  | "data"
  /** Global variables that live in an arena. */
  | "arena"
  | "program"
  /** Tables of places in programs to jump to. */
  | "jumpTables"
  /** Nothing that programs can refer to. */
  | "other";

/** Sections whose programs are functions for others to call. */
export const TEXT_SECTION = ".text";

/** Where clang puts variables of address space 1, which is the arena's. */
const ARENA_SECTION = ".addr_space.1";

/** Where LLVM 22 puts what it makes of a `switch`. */
const JUMP_TABLES_SECTION = ".jumptables";

const STRUCT_OPS_SECTIONS: ReadonlySet<string> = new Set([
  ".struct_ops",
  ".struct_ops.link",
  "?.struct_ops",
  "?.struct_ops.link",
]);

/** An object file with its sections told apart, which is what all of its readers start from. */
export interface ObjectFile {
  readonly elf: ElfFile;
  readonly littleEndian: boolean;
  /** By section index. */
  readonly classes: readonly SectionClass[];
  /** By section index: the symbols that programs can refer to by name. */
  readonly symbols: readonly (readonly ElfSymbol[])[];
  /** With the sizes and offsets that only the symbol table knows. */
  readonly btf: Btf | undefined;
  readonly extInfo: ExtInfo | undefined;
  readonly described: DescribedSections;
}

/** Reads the parts of an object that its maps, variables and programs are found with. */
export function openObject(bytes: Uint8Array): ObjectFile {
  // A Node.js Buffer shares its memory with its slices; what is read here copies by slicing.
  const elf = ElfFile.parse(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const classes = elf.sections.map(classify);
  const symbols = symbolsBySection(elf, classes);
  const btf = readBtf(elf, classes, symbols);
  const ext = elf.section(".BTF.ext");
  return {
    elf,
    littleEndian: elf.littleEndian,
    classes,
    symbols,
    btf,
    extInfo: btf === undefined || ext === undefined ? undefined : parseExtInfo(ext.data, btf),
    described: describeSections(btf),
  };
}

/** The sections of a class, in the order of the file. */
export function sectionsOf(object: ObjectFile, wanted: SectionClass): readonly ElfSection[] {
  return object.elf.sections.filter(({ index }) => object.classes[index] === wanted);
}

function classify(section: ElfSection): SectionClass {
  if (section.index === 0) return "undefined";
  const isBits = section.type === SectionType.PROGBITS;
  if (!isBits && section.type !== SectionType.NOBITS) return "other";
  const { name } = section;
  if (name === ".maps") return "maps";
  if (STRUCT_OPS_SECTIONS.has(name)) return "structOps";
  if (name.startsWith(".data") || name.startsWith(".rodata") || name.startsWith(".bss")) return "data";
  if (!isBits || section.size === 0) return "other";
  if (name === ARENA_SECTION) return "arena";
  if (name === JUMP_TABLES_SECTION) return "jumpTables";
  if ((section.flags & SectionFlag.EXECINSTR) !== 0) return "program";
  return name.startsWith("maps") ? "legacyMaps" : "other";
}

/**
 * Compilers before LLVM 8 gave no type to functions and variables. Since then what has none in a program section are the
 * labels of inline assembly, so that untyped symbols count as functions only where no symbol is typed as one.
 */
function symbolsBySection(elf: ElfFile, classes: readonly SectionClass[]): readonly (readonly ElfSymbol[])[] {
  const symbols: ElfSymbol[][] = elf.sections.map(() => []);
  const typedFunctions = new Set<number>();
  for (const symbol of elf.symbols) {
    const { sectionIndex, type } = symbol;
    const list = symbols[sectionIndex];
    if (list === undefined) continue;
    if (classes[sectionIndex] === "program") {
      if (type === SymbolType.FUNC) typedFunctions.add(sectionIndex);
      else if (type !== SymbolType.NOTYPE) continue;
    } else if (type !== SymbolType.OBJECT && type !== SymbolType.NOTYPE) continue;
    list.push(symbol);
  }
  return symbols.map((list, index) => {
    if (typedFunctions.has(index)) return list.filter(({ type, name }) => type === SymbolType.FUNC && name !== "");
    if (classes[index] === "program") return list.filter((symbol) => symbol.name !== "" && !isBlockLabel(symbol));
    return list.filter(({ name }) => name !== "");
  });
}

/** LLVM names the start of each basic block. */
function isBlockLabel(symbol: ElfSymbol): boolean {
  return symbol.binding === SymbolBinding.LOCAL && /^(?:LBB|\.L)/.test(symbol.name);
}

function readBtf(
  elf: ElfFile,
  classes: readonly SectionClass[],
  symbols: readonly (readonly ElfSymbol[])[],
): Btf | undefined {
  const section = elf.section(".BTF");
  if (section === undefined) return undefined;
  const btf = Btf.parse(section.data);
  if (btf.littleEndian !== elf.littleEndian) {
    throw new ObjectFormatError("its byte order is not that of the object", { section: ".BTF" });
  }
  const layouts = new Map<string, DataSectionLayout>();
  const hiddenFunctions: string[] = [];
  for (const { index, name, size, flags } of elf.sections) {
    if (classes[index] === "program") {
      for (const { name, visibility } of symbols[index] ?? []) if (isHidden(visibility)) hiddenFunctions.push(name);
    } else if ((flags & SectionFlag.ALLOC) !== 0 && !layouts.has(name))
      layouts.set(name, layoutOf(size, symbols[index] ?? []));
  }
  return withDataSectionLayouts(btf, layouts, hiddenFunctions);
}

function layoutOf(size: number, symbols: readonly ElfSymbol[]): DataSectionLayout {
  const variables = new Map<string, { readonly offset: number; readonly hidden: boolean }>();
  for (const { name, value, binding, visibility } of symbols) {
    if (binding !== SymbolBinding.LOCAL) variables.set(name, { offset: value, hidden: isHidden(visibility) });
  }
  return { size, variables };
}

/** True for a symbol that is only for the objects it was linked from. */
export function isHidden(visibility: number): boolean {
  return visibility === Visibility.HIDDEN || visibility === Visibility.INTERNAL;
}

/** The license that a program claims: `GPL` lets it call helpers for GPL programs only. Empty when it claims none. */
export function readLicense(elf: ElfFile): string {
  const section = elf.sections.find(({ name, flags }) => name.startsWith("license") && isPlain(flags));
  if (section === undefined) return "";
  const { data } = section;
  const end = data.indexOf(0);
  return new TextDecoder().decode(end === -1 ? data : data.subarray(0, end));
}

/** The kernel version that a kprobe was compiled for; kernels before Linux 5.0 check it. 0 when there is none. */
export function readVersion(elf: ElfFile): number {
  const section = elf.sections.find(({ name, flags }) => name.startsWith("version") && isPlain(flags));
  if (section === undefined) return 0;
  const { data } = section;
  if (data.length < 4) {
    throw new ObjectFormatError(`a version of ${data.length} bytes, wanted 4`, { section: section.name });
  }
  return new DataView(data.buffer, data.byteOffset, 4).getUint32(0, elf.littleEndian);
}

function isPlain(flags: number): boolean {
  return (flags & SectionFlag.EXECINSTR) === 0;
}

import { Instructions, Opcode, PseudoCall, SLOT_BYTES } from "../asm/code.ts";
import type { Reference } from "../asm/code.ts";
import { RelocationType, SectionFlag, SpecialSection, SymbolBinding, SymbolType } from "../elf/index.ts";
import type { ElfRelocation, ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { ArenaData } from "./arena-data.ts";
import { KCONFIG_SECTION } from "./externs.ts";
import type { Externs } from "./externs.ts";
import type { FunctionTable, LocatedFunction } from "./functions.ts";
import type { JumpTables } from "./jump-tables.ts";
import type { MapTable } from "./map-table.ts";
import type { ObjectFile, SectionClass } from "./object-file.ts";

/** What instructions can refer to. */
export interface Targets {
  readonly object: ObjectFile;
  readonly functions: FunctionTable;
  readonly maps: MapTable;
  readonly arena: ArenaData | undefined;
  readonly externs: Externs;
  readonly jumpTables: JumpTables;
}

/** The instruction that is looked at. */
interface Site {
  readonly located: LocatedFunction;
  readonly instructions: Instructions;
  /** From the start of the function. */
  readonly slot: number;
}

/**
 * Finds what each function refers to, and returns the indexes of the data sections among that. Instructions stay as they
 * are: the loader fills them in when it knows with what.
 */
export function readReferences(targets: Targets): ReadonlySet<number> {
  const referenced = new Set<number>();
  const bySection = new Map<number, readonly ElfRelocation[]>();
  for (const located of targets.functions.all) {
    const { section } = located;
    let relocations = bySection.get(section.index);
    if (relocations === undefined) {
      bySection.set(section.index, (relocations = readRelocations(targets.object, located)));
    }
    addReferences(targets, located, relocations, referenced);
  }
  return referenced;
}

/** The relocations of a function's section, by offset. */
function readRelocations(object: ObjectFile, { section }: LocatedFunction): readonly ElfRelocation[] {
  const relocations = object.elf
    .relocations(section)
    .filter(({ type }) => type !== RelocationType.R_BPF_NONE)
    .sort((a, b) => a.offset - b.offset);
  let previous = -1;
  for (const { offset } of relocations) {
    const where = { section: section.name, offset };
    if (offset % SLOT_BYTES !== 0 || offset >= section.size) {
      throw new ObjectFormatError("a relocation that isn't for an instruction", where);
    }
    if (offset === previous) throw new ObjectFormatError("two relocations for the same instruction", where);
    previous = offset;
  }
  return relocations;
}

/** Relocations outside of all functions belong to weak functions that a linker has replaced, and are passed over. */
function addReferences(
  targets: Targets,
  located: LocatedFunction,
  relocations: readonly ElfRelocation[],
  referenced: Set<number>,
): void {
  const { spec, start, end } = located;
  const { code } = spec;
  const instructions = new Instructions(code, targets.object.littleEndian);
  let next = firstFrom(relocations, start);
  let relocated = (relocations[next]?.offset ?? Infinity) - start;
  // Most instructions stand for themselves. They are gone through before anything here is compiled to machine code: without calls.
  for (let at = 0; at < code.length; at += code[at] === Opcode.LD_IMM64 ? 2 * SLOT_BYTES : SLOT_BYTES) {
    if (at < relocated && code[at] !== Opcode.CALL) continue;
    const slot = at / SLOT_BYTES;
    if (relocated < at) {
      throw wrong({ located, instructions, slot: slot - 1 }, "a relocation for the second half of an instruction");
    }
    const relocation = relocations[next];
    if (relocation !== undefined && relocated === at) {
      relocated = (relocations[++next]?.offset ?? Infinity) - start;
      const { symbol } = relocation;
      if (targets.object.classes[symbol.sectionIndex] === "data") referenced.add(symbol.sectionIndex);
      spec.references.push(relocate(targets, { located, instructions, slot }, symbol));
    } else if (instructions.source(slot) === PseudoCall.FUNCTION && instructions.isCall(slot)) {
      spec.references.push(callInSection(targets, { located, instructions, slot }));
    }
  }
  const left = relocations[next];
  if (left !== undefined && left.offset < end) {
    throw wrong({ located, instructions, slot: instructions.slots - 1 }, "a relocation for half an instruction");
  }
}

function firstFrom(relocations: readonly ElfRelocation[], offset: number): number {
  let low = 0;
  let high = relocations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((relocations[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Resolver = (targets: Targets, site: Site, symbol: ElfSymbol) => Reference;

const resolvers: Readonly<Record<SectionClass, Resolver>> = {
  undefined: externReference,
  legacyMaps: mapReference,
  maps: mapReference,
  data: dataReference,
  arena: arenaReference,
  program: functionReference,
  jumpTables: jumpTableReference,
  structOps: unsupportedReference,
  other: unsupportedReference,
};

function relocate(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const sectionClass = targets.object.classes[symbol.sectionIndex] ?? "other";
  return resolvers[sectionClass](targets, site, symbol);
}

function mapReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  if (symbol.binding === SymbolBinding.LOCAL) {
    const name = shownName(targets, symbol);
    throw wrong(site, `possible erroneous static qualifier on map definition: found reference to ${name}`);
  }
  requireType(targets, site, symbol, MAP_SYMBOLS);
  requireLoad(targets, site, symbol);
  const map = targets.maps.at(symbol.sectionIndex, symbol.value);
  if (map === undefined) throw wrong(site, `there is no map at symbol ${shownName(targets, symbol)}`);
  return { kind: "map", slot: site.slot, name: map.name };
}

function dataReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const name = targets.object.elf.sections[symbol.sectionIndex]?.name ?? "";
  return { kind: "mapValue", slot: site.slot, name, offset: variableOffset(targets, site, symbol) };
}

/** The offset is from the start of the arena's variables, which is not that of the arena. */
function arenaReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const name = targets.arena?.map.name ?? "";
  return { kind: "mapValue", slot: site.slot, name, offset: variableOffset(targets, site, symbol) };
}

/** Bytes from the start of a variable's section. */
function variableOffset(targets: Targets, site: Site, symbol: ElfSymbol): number {
  requireType(targets, site, symbol, DATA_SYMBOLS);
  requireLoad(targets, site, symbol);
  const section = targets.object.elf.sections[symbol.sectionIndex];
  // Static variables are found by their section, and their place in it is in the instruction.
  const offset = symbol.value + site.instructions.immediate(site.slot);
  if (section === undefined || offset < 0 || offset > section.size) {
    throw wrong(
      site,
      `reference to offset ${offset} of ${shownName(targets, symbol)}, which is outside of its section`,
    );
  }
  return offset;
}

function functionReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const { instructions, slot } = site;
  requireType(targets, site, symbol, FUNCTION_SYMBOLS);
  if (instructions.isCall(slot)) {
    if (instructions.source(slot) !== PseudoCall.FUNCTION) {
      const name = shownName(targets, symbol);
      throw wrong(site, `call of ${name}: incorrect source register ${instructions.source(slot)}`);
    }
    // Calls count in instructions from the next one: -1 for the symbol itself.
    const offset = symbol.value + (instructions.immediate(slot) + 1) * SLOT_BYTES;
    return { kind: "call", slot, name: functionAt(targets, site, symbol.sectionIndex, offset) };
  }
  requireLoad(targets, site, symbol);
  const offset = symbol.value + instructions.immediate(slot);
  return { kind: "functionPointer", slot, name: functionAt(targets, site, symbol.sectionIndex, offset) };
}

/** A call that needs no relocation, because the function is in the same section: LLVM before 9 left these out. */
function callInSection(targets: Targets, site: Site): Reference {
  const { located, instructions, slot } = site;
  const offset = located.start + (slot + instructions.immediate(slot) + 1) * SLOT_BYTES;
  return { kind: "call", slot, name: functionAt(targets, site, located.section.index, offset) };
}

function jumpTableReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  requireType(targets, site, symbol, DATA_SYMBOLS);
  requireLoad(targets, site, symbol);
  const table = targets.jumpTables.read(site.located, symbol);
  return { kind: "jumpTable", slot: site.slot, name: symbol.name, targets: table };
}

function functionAt(targets: Targets, site: Site, sectionIndex: number, offset: number): string {
  const found = targets.functions.startingAt(sectionIndex, offset);
  if (found !== undefined) return found.name;
  const section = targets.object.elf.sections[sectionIndex]?.name ?? "";
  throw wrong(site, `no function at offset ${offset} of section ${quoteName(section)}`);
}

function externReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const { slot, instructions } = site;
  const { name } = symbol;
  const known = targets.externs.byName.get(name);
  const weak = symbol.binding === SymbolBinding.WEAK;
  if (known === undefined || symbol.binding === SymbolBinding.LOCAL) {
    // Inline assembly, or a function or variable that is declared and nowhere defined.
    if (symbol.binding === SymbolBinding.GLOBAL && symbol.type === SymbolType.NOTYPE && name !== "") {
      return { kind: "symbol", slot, name };
    }
    throw wrong(
      site,
      `${quoteName(name)} is not defined, and its binding ${symbol.binding} and type ${symbol.type} are not supported`,
    );
  }
  if (known.kind === "function" && instructions.isCall(slot))
    return { kind: "kfunc", slot, name, weak, typeId: known.typeId };
  requireLoad(targets, site, symbol);
  if (known.kind === "kconfig") return { kind: "mapValue", slot, name: KCONFIG_SECTION, offset: known.offset };
  return { kind: "ksym", slot, name, weak, typeId: known.typeId };
}

function unsupportedReference(targets: Targets, site: Site, symbol: ElfSymbol): Reference {
  const section = targets.object.elf.sections[symbol.sectionIndex];
  const shown = quoteName(symbol.name);
  if (symbol.sectionIndex === SpecialSection.COMMON) {
    throw wrong(site, `reference to ${shown}, which is in no section: give it an initial value, or use -fno-common`);
  }
  if (section === undefined) {
    throw wrong(
      site,
      `reference to ${shown} in special section 0x${(symbol.sectionIndex & 0xffff).toString(16)}: not supported`,
    );
  }
  const where = `reference to ${shown} in section ${quoteName(section.name)}`;
  if ((section.flags & SectionFlag.STRINGS) !== 0) throw wrong(site, `${where}: string is not stack allocated`);
  throw wrong(site, `${where}: not supported`);
}

/** A section's symbol has the section's name, which the symbol table leaves out. */
function shownName(targets: Targets, { name, sectionIndex }: ElfSymbol): string {
  return quoteName(name === "" ? (targets.object.elf.sections[sectionIndex]?.name ?? "") : name);
}

const MAP_SYMBOLS: ReadonlySet<number> = new Set<number>([SymbolType.NOTYPE, SymbolType.OBJECT]);
const DATA_SYMBOLS: ReadonlySet<number> = new Set<number>([SymbolType.NOTYPE, SymbolType.OBJECT, SymbolType.SECTION]);
const FUNCTION_SYMBOLS: ReadonlySet<number> = new Set<number>([SymbolType.NOTYPE, SymbolType.FUNC, SymbolType.SECTION]);

function requireType(targets: Targets, site: Site, symbol: ElfSymbol, types: ReadonlySet<number>): void {
  if (types.has(symbol.type)) return;
  throw wrong(site, `reference to ${shownName(targets, symbol)}, a symbol of the wrong type ${symbol.type}`);
}

function requireLoad(targets: Targets, site: Site, symbol: ElfSymbol): void {
  const { instructions, slot } = site;
  if (instructions.isWide(slot)) return;
  const opcode = instructions.opcode(slot);
  const problem = opcode === Opcode.LD_IMM64 ? "half an instruction" : "neither a call nor a 64-bit load";
  throw wrong(site, `reference to ${shownName(targets, symbol)} by ${problem}: opcode 0x${opcode.toString(16)}`);
}

function wrong({ located, slot }: Site, problem: string): ObjectFormatError {
  return new ObjectFormatError(`function ${quoteName(located.spec.name)}: ${problem}`, {
    section: located.section.name,
    offset: located.start + slot * SLOT_BYTES,
  });
}

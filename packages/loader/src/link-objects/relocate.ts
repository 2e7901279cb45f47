import { RelocationType, SymbolType } from "../elf/index.ts";
import type { ElfRelocation, ElfSection, ElfSymbol, NewElfRelocation, NewElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { isCode } from "./input-object.ts";
import type { InputObject } from "./input-object.ts";
import type { OutputSections, Placement } from "./output-sections.ts";

const SLOT_BYTES = 8;
const LD_IMM64 = 0x18;
const CALL = 0x85;
/** From the start of an instruction. */
const IMMEDIATE = 4;

/** Bytes that a relocation of data changes. */
const DATA_BYTES: ReadonlyMap<number, number> = new Map([
  [RelocationType.R_BPF_64_64, 8],
  [RelocationType.R_BPF_64_ABS64, 8],
  [RelocationType.R_BPF_64_ABS32, 4],
]);
const CODE_TYPES: ReadonlySet<number> = new Set([RelocationType.R_BPF_64_64, RelocationType.R_BPF_64_32]);

/** What is needed to adapt the relocations of one section of an input. */
interface Site {
  readonly section: ElfSection;
  /** Bytes from the start of the output section. */
  readonly start: number;
  /** Of the output section. */
  readonly view: DataView;
  readonly littleEndian: boolean;
}

/**
 * The relocations of an input's section for the linked object. What is relocated against a section has its place in that section in
 * the instruction or the data, where it is adapted to where the section went: `content` is the output section's.
 *
 * @throws ObjectFormatError
 */
export function relocate(
  input: InputObject,
  section: ElfSection,
  sections: OutputSections,
  symbols: ReadonlyMap<ElfSymbol, NewElfSymbol>,
  content: Uint8Array,
): readonly NewElfRelocation[] {
  const site: Site = {
    section,
    start: sections.placeOf(section)?.offset ?? 0,
    view: new DataView(content.buffer, content.byteOffset, content.byteLength),
    littleEndian: input.littleEndian,
  };
  return input.elf.relocations(section).flatMap((relocation): NewElfRelocation[] => {
    if (relocation.type === RelocationType.R_BPF_NONE) return [];
    const { offset, type, symbol: original } = relocation;
    check(site, relocation);
    const symbol = symbols.get(original);
    const target = sections.placeOf(input.elf.sections[original.sectionIndex]);
    if (symbol === undefined) throw wrong(site, offset, `relocated against ${shown(relocation)}, which is not linked`);
    if (original.type === SymbolType.SECTION && target !== undefined) moveAddend(site, relocation, target);
    return [{ offset: site.start + offset, type, symbol }];
  });
}

function check(site: Site, { offset, type }: ElfRelocation): void {
  const { section } = site;
  const bytes = isCode(section) ? (CODE_TYPES.has(type) ? SLOT_BYTES : undefined) : DATA_BYTES.get(type);
  if (bytes === undefined) throw wrong(site, offset, `relocations of type ${type} can't be linked`);
  if (offset + bytes > section.data.length || (isCode(section) && offset % SLOT_BYTES !== 0)) {
    throw wrong(site, offset, "the relocation is for nothing in its section");
  }
}

function moveAddend(site: Site, relocation: ElfRelocation, target: Placement): void {
  if (target.offset === 0) return;
  const { view, littleEndian, section, start } = site;
  const { offset, type } = relocation;
  const at = start + offset;
  if (isCode(section)) {
    const opcode = view.getUint8(at);
    if (opcode === CALL && target.output.isCode) {
      addTo32Bits(site, offset, at + IMMEDIATE, target.offset / SLOT_BYTES);
    } else if (opcode === LD_IMM64) addTo32Bits(site, offset, at + IMMEDIATE, target.offset);
    else throw wrong(site, offset, `relocated against ${shown(relocation)}, and neither a call nor a 64-bit load`);
  } else if (type === RelocationType.R_BPF_64_ABS32) addTo32Bits(site, offset, at, target.offset);
  else view.setBigUint64(at, view.getBigUint64(at, littleEndian) + BigInt(target.offset), littleEndian);
}

function addTo32Bits({ view, littleEndian, ...site }: Site, offset: number, at: number, more: number): void {
  const value = view.getInt32(at, littleEndian) + more;
  if (value > 0x7fff_ffff) throw wrong(site, offset, "what it refers to is too far into its section, once linked");
  view.setInt32(at, value, littleEndian);
}

function shown({ symbol: { name, type } }: ElfRelocation): string {
  return name === "" && type === SymbolType.SECTION ? "a section" : quoteName(name);
}

function wrong({ section }: Pick<Site, "section">, offset: number, problem: string): ObjectFormatError {
  return new ObjectFormatError(problem, { section: section.name, offset });
}

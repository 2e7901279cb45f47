import { SectionType, writeElf } from "../elf/index.ts";
import type { NewElfRelocation, NewElfSection } from "../elf/index.ts";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { resolveGlobals } from "./global-symbols.ts";
import { aboutInput, openInput } from "./input-object.ts";
import type { InputObject, ObjectToLink } from "./input-object.ts";
import { mergeTypes } from "./merged-types.ts";
import { contentOf, OutputSections } from "./output-sections.ts";
import type { OutputSection } from "./output-sections.ts";
import { makeSymbols } from "./output-symbols.ts";
import { relocate } from "./relocate.ts";

/** What LLVM 22 makes of `switch`. */
const JUMP_TABLES_SECTION = ".jumptables";
const TYPES_ALIGN = 8;

/**
 * Links compiled objects (`clang -target bpf -g`) to one, as `bpftool gen object` does: sections of the same name are joined,
 * functions, variables and maps that one object declares `extern` are found in another, a strong definition replaces a weak one
 * (`__weak`), and types are there once. Static functions and variables stay apart, also when they have the same name. What nothing
 * defines stays `extern`. Debug information (DWARF) is left out; BTF, lines and CO-RE relocations are kept.
 *
 * The same inputs in the same order always give the same bytes. Names of inputs appear in errors only.
 *
 * @returns a relocatable ELF object of the inputs' byte order, to be loaded, or linked with others.
 * @throws ObjectFormatError when an input can't be read, two of them define the same name, or they disagree: about a type, a map's
 * definition, the license, the byte order. BpfError `ERR_BPF_INVALID_ARGUMENT` when there are no inputs.
 *
 * @example
 * const bytes = linkObjects([
 *   { name: "main.bpf.o", bytes: readFileSync("main.bpf.o") },
 *   { name: "lib.bpf.o", bytes: readFileSync("lib.bpf.o") },
 * ]);
 * const spec = CollectionSpec.parse(bytes);
 */
export function linkObjects(inputs: readonly ObjectToLink[]): Uint8Array {
  const opened = inputs.map((input) => aboutInput(input.name, () => openInput(input)));
  const [first] = opened;
  if (first === undefined) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "there are no objects to link");
  for (const input of opened) checkFits(first, input, opened.length);

  const sections = new OutputSections(opened);
  const globals = resolveGlobals(opened, sections);
  const written = new Map(sections.all.map((section) => [section, new WrittenSection(section)]));
  const symbols = makeSymbols(opened, sections, written, globals);
  for (const input of opened) aboutInput(input.name, () => relocateInput(input, sections, written, symbols.byInput));
  const types = mergeTypes(opened, sections, globals);
  return writeElf({
    littleEndian: first.littleEndian,
    sections: [
      ...written.values(),
      ...(types === undefined ? [] : [typesSection(".BTF", types.btf)]),
      ...(types?.extInfo === undefined ? [] : [typesSection(".BTF.ext", types.extInfo)]),
    ],
    symbols: symbols.all,
  });
}

/** A section as it is written; its relocations are added to it. */
class WrittenSection implements NewElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly entrySize: number;
  readonly content: Uint8Array | number;
  readonly relocations: NewElfRelocation[] = [];

  constructor(section: OutputSection) {
    this.name = section.name;
    this.type = section.type;
    this.flags = section.flags;
    this.align = section.align;
    this.entrySize = section.entrySize;
    this.content = contentOf(section);
  }
}

function relocateInput(
  input: InputObject,
  sections: OutputSections,
  written: ReadonlyMap<OutputSection, WrittenSection>,
  symbols: Parameters<typeof relocate>[3],
): void {
  for (const section of input.sections) {
    const placement = sections.placeOf(section);
    // What is repeated is relocated where it is there first.
    const output = placement === undefined || placement.repeated ? undefined : written.get(placement.output);
    if (output === undefined || typeof output.content === "number") continue;
    for (const relocation of relocate(input, section, sections, symbols, output.content)) {
      output.relocations.push(relocation);
    }
  }
}

function checkFits(first: InputObject, input: InputObject, count: number): void {
  if (input.littleEndian !== first.littleEndian) {
    throw new ObjectFormatError(
      `${quoteName(first.name)} is ${byteOrder(first)} and ${quoteName(input.name)} ` +
        `${byteOrder(input)}: compile all for the same byte order`,
    );
  }
  // Its entries count from the start of the code section, which is not said where they are.
  if (count > 1 && input.sections.some(({ name, size }) => name === JUMP_TABLES_SECTION && size > 0)) {
    throw new ObjectFormatError(`${quoteName(input.name)} has jump tables, which can't be linked`, {
      section: JUMP_TABLES_SECTION,
    });
  }
}

function byteOrder({ littleEndian }: InputObject): string {
  return littleEndian ? "little-endian" : "big-endian";
}

function typesSection(name: string, content: Uint8Array): NewElfSection {
  return { name, type: SectionType.PROGBITS, flags: 0, align: TYPES_ALIGN, entrySize: 0, content, relocations: [] };
}

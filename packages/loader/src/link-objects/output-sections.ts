import { SectionType } from "../elf/index.ts";
import type { ElfSection } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { isCode } from "./input-object.ts";
import type { InputObject } from "./input-object.ts";

/** Sections of which there is one, the same in all objects. */
const SHARED_SECTIONS: ReadonlySet<string> = new Set(["license", "version"]);
/** All that alignment may add; sections of real objects are aligned to a few bytes. */
const MOST_PADDING = 0x100_0000;

/** Bytes of a section that BTF, and a map, can state. */
const LARGEST_SECTION = 0xffff_ffff;

/** A section of the linked object: all that the inputs have of that name, one behind the other. */
export interface OutputSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly entrySize: number;
  readonly isCode: boolean;
  /** Bytes. */
  align: number;
  /** Bytes. */
  size: number;
  /** The first input that has it. */
  readonly from: InputObject;
  readonly parts: { readonly section: ElfSection; readonly offset: number }[];
}

/** Where a section of an input went. */
export interface Placement {
  readonly output: OutputSection;
  /** Bytes from the start of the output section. */
  readonly offset: number;
  /** It is the same as one that is there, and was left out. */
  readonly repeated: boolean;
}

/** The sections of the linked object, by name and in the order in which the inputs have them. */
export class OutputSections {
  readonly #byName = new Map<string, OutputSection>();
  readonly #placements = new Map<ElfSection, Placement>();
  #padding = 0;

  /**
   * @throws ObjectFormatError when sections of one name differ in kind, or the license or the version does.
   */
  constructor(inputs: readonly InputObject[]) {
    for (const input of inputs) {
      for (const section of input.sections) this.#placements.set(section, this.#place(input, section));
    }
  }

  get all(): readonly OutputSection[] {
    return [...this.#byName.values()];
  }

  find(name: string): OutputSection | undefined {
    return this.#byName.get(name);
  }

  /** `undefined` for what is not linked: debug information, tables. */
  placeOf(section: ElfSection | undefined): Placement | undefined {
    return section === undefined ? undefined : this.#placements.get(section);
  }

  /** Where the first section of that name in an input went. */
  placeOfName(input: InputObject, name: string): (Placement & { readonly section: ElfSection }) | undefined {
    const section = input.sections.find((candidate) => candidate.name === name);
    const placement = this.placeOf(section);
    return section === undefined || placement === undefined ? undefined : { ...placement, section };
  }

  #place(input: InputObject, section: ElfSection): Placement {
    const output = this.#byName.get(section.name);
    if (output === undefined) {
      const { name, type, flags, entrySize, size, align } = section;
      checkSize(name, size);
      const parts = [{ section, offset: 0 }];
      const first = { name, type, flags, entrySize, size, align, isCode: isCode(section), from: input, parts };
      this.#byName.set(name, first);
      return { output: first, offset: 0, repeated: false };
    }
    checkSameKind(output, input, section);
    if (SHARED_SECTIONS.has(section.name)) {
      checkSameContent(output, input, section);
      return { output, offset: 0, repeated: true };
    }
    const align = Math.max(output.align, section.align, 1);
    const offset = Math.ceil(output.size / align) * align;
    if (section.type !== SectionType.NOBITS) this.#padding += offset - output.size;
    if (this.#padding > MOST_PADDING) {
      throw new ObjectFormatError(`alignment makes ${quoteName(section.name)} larger than what is in it`);
    }
    output.align = align;
    output.size = offset + section.size;
    checkSize(section.name, output.size);
    output.parts.push({ section, offset });
    return { output, offset, repeated: false };
  }
}

function checkSize(name: string, size: number): void {
  if (size <= LARGEST_SECTION) return;
  throw new ObjectFormatError(`section ${quoteName(name)} would have ${size} bytes, more than a map can hold`);
}

/** The bytes of an output section, of which NOBITS has none. */
export function contentOf({ type, size, parts }: OutputSection): Uint8Array | number {
  if (type === SectionType.NOBITS) return size;
  const bytes = new Uint8Array(size);
  for (const { section, offset } of parts) bytes.set(section.data, offset);
  return bytes;
}

function checkSameKind(output: OutputSection, input: InputObject, section: ElfSection): void {
  for (const property of ["type", "flags", "entrySize"] as const) {
    if (output[property] === section[property]) continue;
    throw new ObjectFormatError(
      `section ${quoteName(section.name)} is of another kind in ${quoteName(output.from.name)} than in ` +
        `${quoteName(input.name)}: ${property} ${output[property]} and ${section[property]}`,
    );
  }
}

function checkSameContent(output: OutputSection, input: InputObject, section: ElfSection): void {
  const first = output.parts[0]?.section.data;
  const { data } = section;
  if (first?.length === data.length && data.every((byte, index) => byte === first[index])) return;
  throw new ObjectFormatError(
    `the ${section.name} of ${quoteName(output.from.name)} is ${show(first, section.name)}, ` +
      `that of ${quoteName(input.name)} is ${show(data, section.name)}: they must be the same`,
  );
}

function show(data: Uint8Array | undefined, name: string): string {
  if (name === "license") return quoteName(new TextDecoder().decode(data).replace(/\0+$/, ""));
  return `0x${Array.from(data ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("")}`.slice(0, 40);
}

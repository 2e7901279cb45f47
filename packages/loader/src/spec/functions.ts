import { SLOT_BYTES, SourceLine } from "../asm/code.ts";
import type { FunctionSpec, LineInfo } from "../asm/code.ts";
import type {
  Btf,
  CoreRelocation,
  CoreRelocationRecord,
  ExtInfo,
  FunctionInfo,
  LineRecord,
  TypeId,
} from "../btf/index.ts";
import type { ElfSection, ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { sectionsOf, TEXT_SECTION } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/**
 * Functions that overlap could make a small section one of gigabytes. Those that compilers write share their instructions only where one has
 * several names.
 */
const CODE_PER_BYTE = 16;

/** A function and where it is in its section. */
export interface LocatedFunction {
  readonly spec: FunctionSpec;
  readonly section: ElfSection;
  /** Bytes from the start of the section. */
  readonly start: number;
  readonly end: number;
}

/** The functions of an object, found by their place. */
export class FunctionTable {
  /** In the order of the file; several of the same place where the program gave a function several names. */
  readonly all: readonly LocatedFunction[];
  readonly #bySection = new Map<number, Map<number, FunctionSpec>>();

  constructor(functions: readonly LocatedFunction[]) {
    this.all = functions;
    for (const { spec, section, start } of functions) {
      let starts = this.#bySection.get(section.index);
      if (starts === undefined) this.#bySection.set(section.index, (starts = new Map()));
      if (!starts.has(start)) starts.set(start, spec);
    }
  }

  /** The function that starts `offset` bytes into a section. */
  startingAt(sectionIndex: number, offset: number): FunctionSpec | undefined {
    return this.#bySection.get(sectionIndex)?.get(offset);
  }
}

/**
 * Cuts the program sections into functions, with their BTF, lines and CO-RE relocations; what their instructions refer to
 * is still to be found.
 */
export function readFunctions(object: ObjectFile): FunctionTable {
  const annotated = new Set<string>();
  const functions = sectionsOf(object, "program").flatMap((section) => {
    // Records of .BTF.ext name their section, so that of two with the same name only the first has some.
    const extInfo = annotated.has(section.name) ? undefined : object.extInfo;
    annotated.add(section.name);
    return readSection(object, section, new Annotations(object.btf, extInfo, section.name));
  });
  checkNames(functions);
  return new FunctionTable(functions);
}

function readSection(object: ObjectFile, section: ElfSection, annotations: Annotations): readonly LocatedFunction[] {
  const symbols = object.symbols[section.index]?.toSorted((a, b) => a.value - b.value) ?? [];
  if (symbols.length === 0) {
    throw new ObjectFormatError("there are instructions but no symbols that say where functions start", {
      section: section.name,
    });
  }
  // One copy, so that editing a program does not change the bytes that it was read from.
  const code = section.data.slice();
  let bytes = 0;
  return symbols.map((symbol, index) => {
    const start = symbol.value;
    const end = start + (symbol.size === 0 ? sizeUpToNext(symbols, index, section.size) : symbol.size);
    checkPlace(section, symbol, end);
    bytes += end - start;
    if (bytes > section.size * CODE_PER_BYTE) {
      throw new ObjectFormatError("functions overlap far more than a compiler lets them", { section: section.name });
    }
    const spec: FunctionSpec = {
      name: symbol.name,
      sectionName: section.name,
      code: code.subarray(start, end),
      references: [],
      coreRelocations: annotations.coreRelocations(start, end),
      typeId: annotations.typeId(start),
      lines: annotations.lines(start, end),
    };
    return { spec, section, start, end };
  });
}

/** Hand-written assembly and old compilers leave sizes out. */
function sizeUpToNext(symbols: readonly ElfSymbol[], index: number, sectionSize: number): number {
  const start = symbols[index]?.value ?? 0;
  let next = index + 1;
  while (symbols[next]?.value === start) next++;
  return (symbols[next]?.value ?? sectionSize) - start;
}

function checkPlace(section: ElfSection, symbol: ElfSymbol, end: number): void {
  const wrong = (problem: string): ObjectFormatError =>
    new ObjectFormatError(`function ${quoteName(symbol.name)} ${problem}`, {
      section: section.name,
      offset: symbol.value,
    });
  if (end > section.size) throw wrong("ends behind its section");
  if (end <= symbol.value) throw wrong("has no instructions");
  if (symbol.value % SLOT_BYTES !== 0 || end % SLOT_BYTES !== 0) {
    throw wrong(`does not start and end at a multiple of ${SLOT_BYTES} bytes: it ends at ${end}`);
  }
}

/**
 * Functions refer to each other by name. The name of a program is unique; static functions that a linker brought together
 * may have the same, and get a number then, as compilers do.
 */
function checkNames(functions: readonly LocatedFunction[]): void {
  const taken = new Map<string, LocatedFunction>();
  for (const located of functions) {
    if (located.section.name === TEXT_SECTION) continue;
    const { spec, section } = located;
    const other = taken.get(spec.name);
    if (other !== undefined) {
      throw new ObjectFormatError(
        `duplicate program name ${quoteName(spec.name)}, also in section ${quoteName(other.section.name)}`,
        { section: section.name, offset: located.start },
      );
    }
    taken.set(spec.name, located);
  }
  const numbers = new Map<string, number>();
  for (const located of functions) {
    if (located.section.name !== TEXT_SECTION) continue;
    const { spec } = located;
    const { name } = spec;
    while (taken.has(spec.name)) {
      const number = (numbers.get(name) ?? 0) + 1;
      numbers.set(name, number);
      spec.name = `${name}.${number}`;
    }
    taken.set(spec.name, located);
  }
}

/** What .BTF.ext says about the instructions of a section. */
class Annotations {
  readonly #btf: Btf | undefined;
  readonly #functions: readonly FunctionInfo[];
  readonly #lines: readonly LineRecord[];
  readonly #relocations: readonly CoreRelocationRecord[];

  constructor(btf: Btf | undefined, extInfo: ExtInfo | undefined, section: string) {
    this.#btf = btf;
    this.#functions = extInfo?.functions.get(section) ?? [];
    this.#lines = extInfo?.lines.get(section) ?? [];
    this.#relocations = extInfo?.relocations.get(section) ?? [];
  }

  /** Type of the function that starts at `start`; 0 = none. */
  typeId(start: number): TypeId {
    const record = this.#functions[lowerBound(this.#functions, start)];
    return record?.offset === start ? record.typeId : 0;
  }

  lines(start: number, end: number): LineInfo[] {
    const btf = this.#btf;
    if (btf === undefined) return [];
    return slice(this.#lines, start, end).map(
      (record) => new SourceLine(btf, (record.offset - start) / SLOT_BYTES, record),
    );
  }

  coreRelocations(start: number, end: number): CoreRelocation[] {
    return slice(this.#relocations, start, end).map(({ offset, typeId, access, kind }) => ({
      slot: (offset - start) / SLOT_BYTES,
      typeId,
      access,
      kind,
    }));
  }
}

interface AtOffset {
  readonly offset: number;
}

/** Index of the first record at `offset` or behind. */
function lowerBound(records: readonly AtOffset[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function slice<R extends AtOffset>(records: readonly R[], start: number, end: number): readonly R[] {
  const from = lowerBound(records, start);
  return records.slice(from, lowerBound(records, end));
}

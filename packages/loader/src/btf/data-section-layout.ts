import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { Btf, WordChange } from "./btf.ts";
import { COMMON_WORDS, ENTRY_WORDS } from "./patch.ts";
import type { BtfDataSection, BtfVariable, TypeId } from "./types.ts";

/** What the symbol table knows of a data section and the compiler left out of its BTF. */
export interface DataSectionLayout {
  /** Bytes. */
  readonly size: number;
  /** By name of the variable. */
  readonly variables: ReadonlyMap<string, VariableLayout>;
}

export interface VariableLayout {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Of hidden or internal visibility. */
  readonly hidden: boolean;
}

type Entry = BtfDataSection["entries"][number];

const STATIC = 0;

/**
 * The same BTF, with the same type ids, in which data sections have their sizes and their variables' offsets (clang
 * leaves zeros there), ordered by offset; and in which hidden variables are static. `.kconfig`, which is in no section
 * of the file, gets a layout of its own. Call it once when an object is read, and use the result everywhere.
 *
 * `layouts` is by name of the section and has all of the object's: also `.maps`, `license` … Sections that have a size in
 * the BTF already, as those of linked objects, keep it and their offsets.
 * Functions of hidden visibility become static as well, so that the verifier checks them where they are called, with what it
 * knows there, and not on their own.
 * Throws {@link ObjectFormatError} when a section or one of its global variables is missing.
 */
export function withDataSectionLayouts(
  btf: Btf,
  layouts: ReadonlyMap<string, DataSectionLayout>,
  hiddenFunctions: Iterable<string> = [],
): Btf {
  const changes = new Changes(btf);
  for (const name of hiddenFunctions) {
    const id = btf.find(name, "function");
    // The linkage is where other kinds count their members.
    if (id !== undefined) changes.set(id, 1, (btf.word(id, 1) & 0xffff_0000) | STATIC);
  }
  for (const id of btf.ofKinds("dataSection")) {
    const section = btf.type(id);
    if (section.kind !== "dataSection" || section.name === ".ksyms") continue;
    if (section.name === ".kconfig") layOutKconfig(btf, section, changes);
    else layOut(btf, section, layouts.get(section.name), changes);
  }
  return changes.all.length > 0 ? btf.withWords(changes.all) : btf;
}

/** What becomes of words that are not yet as they should be. */
class Changes {
  readonly all: WordChange[] = [];
  readonly #btf: Btf;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  set(id: TypeId, index: number, value: number): void {
    if (this.#btf.word(id, index) !== value >>> 0) this.all.push({ id, index, value });
  }
}

function layOut(btf: Btf, section: BtfDataSection, layout: DataSectionLayout | undefined, changes: Changes): void {
  const fixOffsets = section.size === 0;
  if (fixOffsets && (layout === undefined || layout.size === 0)) {
    throw new ObjectFormatError(
      "the BTF describes its variables, but the object has no such section, or an empty one",
      {
        section: section.name,
      },
    );
  }
  const entries = section.entries.map((entry): Entry => {
    const variable = variableOf(btf, section, entry);
    // Offsets of static variables are there: they are relocated against the section's symbol.
    if (variable.linkage !== "global") return entry;
    const symbol = layout?.variables.get(variable.name);
    if (symbol === undefined) {
      throw new ObjectFormatError(`the BTF describes variable ${quoteName(variable.name)}, which has no symbol`, {
        section: section.name,
      });
    }
    if (symbol.hidden) changes.set(variable.id, COMMON_WORDS, STATIC);
    return fixOffsets ? { ...entry, offset: symbol.offset } : entry;
  });
  writeEntries(section.id, fixOffsets && layout !== undefined ? layout.size : section.size, entries, changes);
}

/** Places the values as libbpf does: by falling alignment, then rising size, then name. */
function layOutKconfig(btf: Btf, section: BtfDataSection, changes: Changes): void {
  const values = section.entries.map((entry) => {
    const { name, typeId } = variableOf(btf, section, entry);
    return { entry, name, size: btf.sizeOf(typeId), alignment: btf.alignOf(typeId) };
  });
  values.sort(
    (left, right) => right.alignment - left.alignment || left.size - right.size || (left.name < right.name ? -1 : 1),
  );
  let end = 0;
  const entries = values.map(({ entry, size, alignment }): Entry => {
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + size;
    return { typeId: entry.typeId, offset, size };
  });
  writeEntries(section.id, end, entries, changes);
}

function variableOf(btf: Btf, section: BtfDataSection, entry: Entry): BtfVariable {
  const variable = btf.type(entry.typeId);
  if (variable.kind !== "variable") {
    throw new ObjectFormatError(`the BTF has a ${variable.kind} where a variable should be`, { section: section.name });
  }
  return variable;
}

function writeEntries(id: TypeId, size: number, entries: readonly Entry[], changes: Changes): void {
  changes.set(id, 2, size);
  entries
    .toSorted((left, right) => left.offset - right.offset)
    .forEach((entry, index) => {
      const at = COMMON_WORDS + index * ENTRY_WORDS;
      changes.set(id, at, entry.typeId);
      changes.set(id, at + 1, entry.offset);
      changes.set(id, at + 2, entry.size);
    });
}

import type { Btf, BtfDataSection } from "../btf/index.ts";
import { SymbolBinding } from "../elf/index.ts";
import type { ElfSection } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { FunctionTable } from "./functions.ts";
import { readMapDefinition } from "./map-definition.ts";
import type { LocatedMap } from "./map-table.ts";
import { sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";
import { fillSlots } from "./static-slots.ts";
import type { MapVariable } from "./static-slots.ts";

/** Reads the maps that are defined by types in the section `.maps`. */
export function readBtfMaps(object: ObjectFile, functions: FunctionTable): readonly LocatedMap[] {
  return sectionsOf(object, "maps").flatMap((section) => {
    const maps = readSection(object, section);
    fillSlots(object, section, maps, functions);
    return maps;
  });
}

function readSection(object: ObjectFile, section: ElfSection): readonly MapVariable[] {
  const { btf } = object;
  if (btf === undefined) {
    throw new ObjectFormatError("its maps are defined by types, and the object has no BTF; compile with -g", {
      section: section.name,
    });
  }
  const described = object.described.sections.get(section.name);
  if (described === undefined) throw new ObjectFormatError("BTF does not describe it", { section: section.name });

  const symbols = object.symbols[section.index] ?? [];
  const local = new Set(symbols.filter(({ binding }) => binding === SymbolBinding.LOCAL).map(({ name }) => name));
  return described.entries.map((entry) => {
    const map = readVariable(btf, section, entry, local);
    map.spec.tags = [...(object.described.tags.get(entry.typeId) ?? [])];
    return map;
  });
}

/** `local` has the names of static variables. */
function readVariable(
  btf: Btf,
  section: ElfSection,
  entry: BtfDataSection["entries"][number],
  local: ReadonlySet<string>,
): MapVariable {
  const wrong = (problem: string): ObjectFormatError =>
    new ObjectFormatError(problem, { section: section.name, offset: entry.offset });

  const variable = btf.type(entry.typeId);
  if (variable.kind !== "variable" || variable.name === "") {
    throw wrong(`BTF has a ${variable.kind} where a map's variable should be`);
  }
  const { name, linkage } = variable;
  // BTF calls hidden ones static as well, and these are as good as others here.
  if (linkage === "static" && local.has(name)) {
    throw wrong(`possible erroneous static qualifier on map definition ${quoteName(name)}`);
  }
  if (linkage === "extern") throw wrong(`map ${quoteName(name)} is declared and not defined`);
  const struct = btf.resolve(variable.typeId);
  if (struct.kind !== "struct")
    throw wrong(`map ${quoteName(name)} is defined by a type of kind ${struct.kind}, wanted a struct`);
  const end = entry.offset + entry.size;
  if (end > section.size || struct.size > entry.size) {
    throw wrong(`the definition of map ${quoteName(name)} does not fit into its section`);
  }
  const { spec, values } = readMapDefinition(btf, name, struct);
  return { spec, values, section, offset: entry.offset, end };
}

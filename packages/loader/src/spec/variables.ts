import { SymbolBinding } from "../elf/index.ts";
import type { ElfSection, ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { ArenaData } from "./arena-data.ts";
import type { MapSpec } from "./map-spec.ts";
import { isHidden, sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";
import type { VariableSpec } from "./variable-spec.ts";

/**
 * Finds the global variables in the data sections among `maps`, and in the arena. Static and hidden ones are not for others to
 * use; names that start with a dot are the compiler's.
 */
export function readVariables(
  object: ObjectFile,
  maps: ReadonlyMap<string, MapSpec>,
  arena: ArenaData | undefined,
): Map<string, VariableSpec> {
  const variables = new Map<string, VariableSpec>();
  const places = sectionsOf(object, "data")
    .filter(({ name }) => maps.has(name))
    .map((section) => ({ section, mapName: section.name }));
  if (arena !== undefined) places.push({ section: arena.section, mapName: arena.map.name });
  for (const { section, mapName } of places) {
    const types = typesByName(object, section);
    for (const symbol of object.symbols[section.index]?.toSorted((a, b) => a.value - b.value) ?? []) {
      if (symbol.binding === SymbolBinding.LOCAL || isHidden(symbol.visibility) || symbol.name.startsWith("."))
        continue;
      const variable = variableOf(section, mapName, symbol, types);
      const other = variables.get(variable.name);
      if (other !== undefined) {
        throw new ObjectFormatError(
          `duplicate variable ${quoteName(variable.name)}, also in section ${quoteName(other.sectionName)}`,
          { section: section.name, offset: variable.offset },
        );
      }
      variables.set(variable.name, variable);
    }
  }
  return variables;
}

interface VariableType {
  readonly typeId: number;
  /** Bytes, as the data section's entry says. */
  readonly size: number;
}

function typesByName(object: ObjectFile, section: ElfSection): ReadonlyMap<string, VariableType> {
  const { btf } = object;
  const described = object.described.sections.get(section.name);
  const types = new Map<string, VariableType>();
  if (btf === undefined || described === undefined) return types;
  for (const { typeId, size } of described.entries) {
    const variable = btf.type(typeId);
    // Static ones of the same name may be there too.
    if (variable.kind !== "variable" || variable.linkage === "static") continue;
    types.set(variable.name, { typeId: variable.typeId, size });
  }
  return types;
}

function variableOf(
  section: ElfSection,
  mapName: string,
  symbol: ElfSymbol,
  types: ReadonlyMap<string, VariableType>,
): VariableSpec {
  const { name, value: offset, size } = symbol;
  const where = { section: section.name, offset };
  if (offset + size > section.size) {
    throw new ObjectFormatError(`variable ${quoteName(name)} of ${size} bytes ends behind its section`, where);
  }
  const type = types.get(name);
  if (type !== undefined && type.size !== size) {
    throw new ObjectFormatError(
      `variable ${quoteName(name)} has ${size} bytes by the symbol table and ${type.size} by BTF`,
      where,
    );
  }
  return {
    name,
    sectionName: mapName,
    offset,
    size,
    typeId: type?.typeId ?? 0,
    constant: section.name.startsWith(".rodata"),
    linkage: symbol.binding === SymbolBinding.WEAK ? "weak" : "global",
  };
}

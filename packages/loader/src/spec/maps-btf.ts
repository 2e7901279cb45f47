import { SymbolBinding, SymbolType } from "../elf/index.ts";
import type { ElfRelocation, ElfSection } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import type { FunctionTable } from "./functions.ts";
import { POINTER_BYTES, readMapDefinition } from "./map-definition.ts";
import type { MapDefinition } from "./map-definition.ts";
import type { StaticSlot } from "./map-spec.ts";
import { MapTable } from "./map-table.ts";
import type { LocatedMap } from "./map-table.ts";
import { sectionsOf, TEXT_SECTION } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";
import { declTags, sectionType } from "./section-type.ts";

/** A map's variable in the section `.maps`. */
interface MapVariable extends LocatedMap {
  readonly definition: MapDefinition;
  /** Bytes from the start of the section. */
  readonly end: number;
}

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
  const described = sectionType(btf, section.name);
  if (described === undefined) throw new ObjectFormatError("BTF does not describe it", { section: section.name });

  const tags = declTags(btf);
  const symbols = object.symbols[section.index] ?? [];
  const local = new Set(symbols.filter(({ binding }) => binding === SymbolBinding.LOCAL).map(({ name }) => name));
  const maps = described.entries.map((entry) => {
    const where = { section: section.name, offset: entry.offset };
    const variable = btf.type(entry.typeId);
    if (variable.kind !== "variable" || variable.name === "") {
      throw new ObjectFormatError(`BTF has a ${variable.kind} where a map's variable should be`, where);
    }
    const name = quoteName(variable.name);
    // BTF calls hidden ones static as well, and these are as good as others here.
    if (variable.linkage === "static" && local.has(variable.name)) {
      throw new ObjectFormatError(`possible erroneous static qualifier on map definition ${name}`, where);
    }
    if (variable.linkage === "extern") throw new ObjectFormatError(`map ${name} is only declared here`, where);
    const struct = btf.resolve(variable.typeId);
    if (struct.kind !== "struct") {
      throw new ObjectFormatError(`map ${name} is defined by a ${struct.kind}, wanted a struct`, where);
    }
    const end = entry.offset + entry.size;
    if (end > section.size || struct.size > entry.size) {
      throw new ObjectFormatError(`the definition of map ${name} does not fit into its section`, where);
    }
    const definition = readMapDefinition(btf, variable.name, struct);
    definition.spec.tags = [...(tags.get(entry.typeId) ?? [])];
    return { definition, spec: definition.spec, section, offset: entry.offset, end };
  });
  return maps;
}

/** Static content is in relocations: one for each slot of `values` that isn't empty. */
function fillSlots(
  object: ObjectFile,
  section: ElfSection,
  maps: readonly MapVariable[],
  functions: FunctionTable,
): void {
  const ordered = maps.toSorted((a, b) => a.offset - b.offset);
  const relocations = object.elf.relocations(section).toSorted((a, b) => a.offset - b.offset);
  const table = new MapTable(maps);
  const target: TargetFinder = { object, section, maps: table, functions };
  let next = 0;
  let covered = 0;
  for (const map of ordered) {
    checkZero(section, covered, map.offset);
    covered = map.offset;
    if (map.definition.values !== undefined) checkSlotSpace(map, map.definition.values);
    for (; ; next++) {
      const relocation = relocations[next];
      if (relocation === undefined || relocation.offset >= map.end) break;
      const index = slotIndex(map, relocation);
      checkZero(section, covered, relocation.offset);
      covered = relocation.offset + POINTER_BYTES;
      map.spec.slots.push({ index, name: targetName(target, map, relocation) });
    }
    checkZero(section, covered, map.end);
    covered = Math.max(covered, map.end);
  }
  checkZero(section, covered, section.size);
  if (covered < section.size || next < relocations.length) {
    throw new ObjectFormatError(`${section.size - covered} bytes belong to no map, invalid BTF?`, {
      section: section.name,
      offset: covered,
    });
  }
}

function checkSlotSpace(map: MapVariable, values: number): void {
  const size = map.end - map.offset - values;
  if (size >= 0 && size % POINTER_BYTES === 0) return;
  throw new ObjectFormatError(`map ${quoteName(map.spec.name)}: ${size} bytes of static values are not aligned`, {
    section: map.section.name,
    offset: map.offset,
  });
}

function slotIndex(map: MapVariable, relocation: ElfRelocation): number {
  const where = { section: map.section.name, offset: relocation.offset };
  const name = quoteName(map.spec.name);
  const { values } = map.definition;
  const start = map.offset + (values ?? 0);
  if (values === undefined || relocation.offset < start) {
    throw new ObjectFormatError(`a relocation of map ${name} that isn't for one of its static values`, where);
  }
  const index = (relocation.offset - start) / POINTER_BYTES;
  if (!Number.isInteger(index) || relocation.offset + POINTER_BYTES > map.end) {
    throw new ObjectFormatError(`a static value of map ${name} is not aligned`, where);
  }
  return index;
}

interface TargetFinder {
  readonly object: ObjectFile;
  readonly section: ElfSection;
  readonly maps: MapTable;
  readonly functions: FunctionTable;
}

/** Name of the map or program that a slot is filled with. */
function targetName(finder: TargetFinder, map: MapVariable, relocation: ElfRelocation): StaticSlot["name"] {
  const where = { section: map.section.name, offset: relocation.offset };
  const name = quoteName(map.spec.name);
  const { symbol } = relocation;
  const shown = quoteName(symbol.name);
  if (map.spec.type === MapType.PROG_ARRAY) {
    // A static function has no symbol of its own here: the place in its section is in the slot.
    const addend = symbol.type === SymbolType.SECTION ? readAddend(finder, relocation.offset) : 0;
    const program = finder.functions.startingAt(symbol.sectionIndex, symbol.value + addend);
    if (program === undefined || program.sectionName === TEXT_SECTION) {
      throw new ObjectFormatError(`map ${name}: static value ${shown} is no program`, where);
    }
    return program.name;
  }
  if (map.spec.type === MapType.HASH_OF_MAPS && map.spec.keySize !== 4) {
    throw new ObjectFormatError(`map ${name}: static values need keys of 4 bytes, not ${map.spec.keySize}`, where);
  }
  const inner = finder.maps.at(symbol.sectionIndex, symbol.value);
  if (inner === undefined) throw new ObjectFormatError(`map ${name}: static value ${shown} is no map`, where);
  return inner.name;
}

function readAddend(finder: TargetFinder, offset: number): number {
  const { data } = finder.section;
  if (offset + POINTER_BYTES > data.length) return 0;
  const view = new DataView(data.buffer, data.byteOffset + offset, POINTER_BYTES);
  return Number(view.getBigUint64(0, finder.object.littleEndian));
}

/** The definitions have no bytes of their own: what is there would be lost. */
function checkZero(section: ElfSection, start: number, end: number): void {
  const { data } = section;
  for (let offset = start; offset < Math.min(end, data.length); offset++) {
    if (data[offset] === 0) continue;
    throw new ObjectFormatError("initial values of map definitions are not supported", {
      section: section.name,
      offset,
    });
  }
}

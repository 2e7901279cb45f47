import { SymbolType } from "../elf/index.ts";
import type { ElfRelocation, ElfSection } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import type { FunctionTable } from "./functions.ts";
import { POINTER_BYTES } from "./map-definition.ts";
import { MapTable } from "./map-table.ts";
import type { LocatedMap } from "./map-table.ts";
import { TEXT_SECTION } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/** A map's variable in the section `.maps`. */
export interface MapVariable extends LocatedMap {
  /** Where its slots start, in bytes from its own start; `undefined` when its definition has no `values`. */
  readonly values: number | undefined;
  /** Where it ends, in bytes from the start of the section. */
  readonly end: number;
}

/**
 * Fills program arrays and map-in-maps with what their definitions say: there is a relocation for each slot of `values` that
 * isn't empty.
 */
export function fillSlots(
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
  // Up to here every byte of the section has been accounted for.
  let done = 0;
  for (const map of ordered) {
    const where = { section: section.name, offset: map.offset };
    if (map.offset < done) throw new ObjectFormatError(`map ${quoteName(map.spec.name)} overlaps another`, where);
    if (map.values !== undefined) checkSlotSpace(map, map.values);
    for (; ; next++) {
      const relocation = relocations[next];
      if (relocation === undefined || relocation.offset >= map.end) break;
      const index = slotIndex(map, relocation);
      if (relocation.offset < done) {
        throw new ObjectFormatError("two relocations for the same slot", { ...where, offset: relocation.offset });
      }
      checkZero(section, done, relocation.offset);
      done = relocation.offset + POINTER_BYTES;
      map.spec.slots.push({ index, name: targetName(target, map, relocation) });
    }
    checkZero(section, done, map.end);
    done = map.end;
  }
  const left = relocations[next];
  if (left !== undefined) {
    throw new ObjectFormatError(`a relocation of ${quoteName(left.symbol.name)} that belongs to no map, invalid BTF?`, {
      section: section.name,
      offset: left.offset,
    });
  }
  // Linkers leave the room of weak definitions that another has replaced. What is not zero would be lost.
  const lost = firstNonZero(section, done, section.size);
  if (lost === undefined) return;
  throw new ObjectFormatError("bytes that belong to no map, invalid BTF?", { section: section.name, offset: lost });
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
  const { values } = map;
  const start = map.offset + (values ?? 0);
  if (values === undefined || relocation.offset < start) {
    throw new ObjectFormatError(
      `a relocation of map ${quoteName(map.spec.name)} that isn't for one of its static values`,
      where,
    );
  }
  const index = (relocation.offset - start) / POINTER_BYTES;
  if (!Number.isInteger(index) || relocation.offset + POINTER_BYTES > map.end) {
    throw new ObjectFormatError(`a static value of map ${quoteName(map.spec.name)} is not aligned`, where);
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
function targetName(finder: TargetFinder, map: MapVariable, relocation: ElfRelocation): string {
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
  const offset = firstNonZero(section, start, end);
  if (offset === undefined) return;
  throw new ObjectFormatError("initial values of map definitions are not supported", { section: section.name, offset });
}

function firstNonZero({ data }: ElfSection, start: number, end: number): number | undefined {
  for (let offset = start; offset < Math.min(end, data.length); offset++) {
    if (data[offset] !== 0) return offset;
  }
  return undefined;
}

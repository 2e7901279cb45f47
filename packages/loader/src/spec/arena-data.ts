import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { ElfSection } from "../elf/index.ts";
import { MapType } from "../uapi/index.ts";
import type { MapSpec } from "./map-spec.ts";
import { sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/** The global variables that live in an arena: `u64 __attribute__((address_space(1))) total`. Since Linux 6.9. */
export interface ArenaData {
  readonly section: ElfSection;
  /** The arena that holds them. */
  readonly map: MapSpec;
}

/**
 * Makes the section of the arena's variables the initial content of the object's one arena; `undefined` when there are none. Where
 * in the arena they come to lie is the loader's to say.
 */
export function readArenaData(object: ObjectFile, maps: ReadonlyMap<string, MapSpec>): ArenaData | undefined {
  const [section, other] = sectionsOf(object, "arena");
  if (section === undefined) return undefined;
  const where = { section: section.name };
  if (other !== undefined) throw new ObjectFormatError("the object has two sections of this name", where);
  const [map, ...more] = [...maps.values()].filter(({ type }) => type === MapType.ARENA);
  if (map === undefined) {
    throw new ObjectFormatError(
      `it has variables of an arena, and the object defines none: add a map of type BPF_MAP_TYPE_ARENA to SEC(".maps")`,
      where,
    );
  }
  if (more.length > 0) {
    const names = [map, ...more].map(({ name }) => quoteName(name)).join(", ");
    throw new ObjectFormatError(`it has variables of an arena, and the object has several: ${names}`, where);
  }
  map.section = { kind: "arena", content: section.data.slice() };
  return { section, map };
}

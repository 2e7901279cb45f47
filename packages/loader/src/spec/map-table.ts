import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { ElfSection } from "../elf/index.ts";
import type { MapSpec } from "./map-spec.ts";

/** A map and where its definition is. */
export interface LocatedMap {
  readonly spec: MapSpec;
  readonly section: ElfSection;
  /** Bytes from the start of the section. */
  readonly offset: number;
}

/** The maps of an object, found by name and by the place of their definition. */
export class MapTable {
  readonly byName: ReadonlyMap<string, MapSpec>;
  readonly #places = new Map<number, Map<number, MapSpec>>();

  /** @throws ObjectFormatError when two maps have the same name. */
  constructor(maps: readonly LocatedMap[]) {
    const byName = new Map<string, MapSpec>();
    for (const { spec, section, offset } of maps) {
      if (byName.has(spec.name)) {
        throw new ObjectFormatError(`map ${quoteName(spec.name)} exists already`, { section: section.name, offset });
      }
      byName.set(spec.name, spec);
      let places = this.#places.get(section.index);
      if (places === undefined) this.#places.set(section.index, (places = new Map()));
      places.set(offset, spec);
    }
    this.byName = byName;
  }

  /** The map whose definition starts `offset` bytes into a section. */
  at(sectionIndex: number, offset: number): MapSpec | undefined {
    return this.#places.get(sectionIndex)?.get(offset);
  }
}

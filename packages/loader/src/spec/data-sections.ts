import { SectionType } from "../elf/index.ts";
import type { ElfSection } from "../elf/index.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BlankSection } from "./section-content.ts";
import type { DataSection, DataSectionKind } from "./section-content.ts";
import { newMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";
import type { LocatedMap } from "./map-table.ts";
import { sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/** The largest value that the kernel takes in an array (`array_map_alloc_check()`). */
const LARGEST_SECTION = 0x7fff_ffff;

/**
 * Global data: each section is a map of one value. A section that no program refers to and that has no variables is left
 * out; clang leaves some behind when it optimises.
 * `referenced` has the indexes of the sections that programs refer to.
 */
export function readDataSections(object: ObjectFile, referenced: ReadonlySet<number>): readonly LocatedMap[] {
  return sectionsOf(object, "data")
    .filter((section) => section.size > 0 && (referenced.has(section.index) || hasVariables(object, section)))
    .map((section) => ({ spec: sectionMap(object, section), section, offset: 0 }));
}

/** Names that start with a dot are the compiler's. */
function hasVariables(object: ObjectFile, section: ElfSection): boolean {
  return object.symbols[section.index]?.some(({ name }) => !name.startsWith(".")) ?? false;
}

function sectionMap(object: ObjectFile, section: ElfSection): MapSpec {
  if (section.size > LARGEST_SECTION) {
    throw new ObjectFormatError(`${section.size} bytes of global data are more than a map can hold`, {
      section: section.name,
    });
  }
  const kind = kindOf(section.name);
  return {
    ...newMapSpec(section.name, MapType.ARRAY),
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: kind === "rodata" ? MapFlag.RDONLY_PROG : 0,
    // Sections of nothing but anonymous constants are not in BTF.
    valueTypeId: object.described.sections.get(section.name)?.id ?? 0,
    section: contentOf(section, kind),
  };
}

function kindOf(name: string): DataSectionKind {
  if (name.startsWith(".rodata")) return "rodata";
  return name.startsWith(".bss") ? "bss" : "data";
}

function contentOf(section: ElfSection, kind: DataSectionKind): DataSection {
  if (section.type === SectionType.NOBITS) return new BlankSection(kind, section.size);
  return { kind, content: section.data.slice() };
}

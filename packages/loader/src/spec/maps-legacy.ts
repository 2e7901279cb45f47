import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { ElfSection, ElfSymbol } from "../elf/index.ts";
import { MapType } from "../uapi/index.ts";
import { newMapSpec } from "./map-spec.ts";
import type { LocatedMap } from "./map-table.ts";
import { sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/** `struct bpf_map_def` of libbpf before 1.0: what all definitions start with. */
const FIELDS = ["type", "key size", "value size", "max entries", "flags"] as const;
const FIELD_BYTES = 4;
const DEFINITION_BYTES = FIELDS.length * FIELD_BYTES;

/**
 * Reads maps that are defined by structs of numbers in sections `maps*`, as objects without BTF have them. libbpf dropped
 * these in its version 1.0.
 */
export function readLegacyMaps(object: ObjectFile): readonly LocatedMap[] {
  return sectionsOf(object, "legacyMaps").flatMap((section) => readSection(object, section));
}

function readSection(object: ObjectFile, section: ElfSection): readonly LocatedMap[] {
  const symbols = object.symbols[section.index]?.toSorted((a, b) => a.value - b.value) ?? [];
  if (symbols.length === 0) {
    throw new ObjectFormatError("there are map definitions but no symbols", { section: section.name });
  }
  const tags = tagsByName(object, section.name);
  return symbols.map((symbol) => {
    const { name, value: offset } = symbol;
    const bytes = definitionBytes(section, symbol, symbols.length);
    const spec = newMapSpec(name, MapType.UNSPEC);
    [spec.type, spec.keySize, spec.valueSize, spec.maxEntries, spec.flags] = readFields(object, section, name, bytes);
    spec.extra = bytes.slice(DEFINITION_BYTES);
    spec.tags = [...(tags.get(name) ?? [])];
    return { spec, section, offset };
  });
}

/** Where symbols have no size, as those of old compilers, all of the section's `count` definitions have the same. */
function definitionBytes(section: ElfSection, symbol: ElfSymbol, count: number): Uint8Array {
  if (symbol.size === 0 && section.size % count !== 0) {
    throw new ObjectFormatError(`map descriptors are not of equal size: ${section.size} bytes for ${count} of them`, {
      section: section.name,
    });
  }
  const end = symbol.value + (symbol.size === 0 ? section.size / count : symbol.size);
  if (end > section.size) {
    throw new ObjectFormatError(`the definition of map ${quoteName(symbol.name)} ends behind its section`, {
      section: section.name,
      offset: symbol.value,
    });
  }
  return section.data.subarray(symbol.value, end);
}

function readFields(
  object: ObjectFile,
  section: ElfSection,
  name: string,
  bytes: Uint8Array,
): [number, number, number, number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (index: number): number => {
    const at = index * FIELD_BYTES;
    if (at + FIELD_BYTES > bytes.length) {
      throw new ObjectFormatError(`map ${quoteName(name)}: missing ${FIELDS[index]}`, {
        section: section.name,
        offset: bytes.byteOffset - section.data.byteOffset + at,
      });
    }
    return view.getUint32(at, object.littleEndian);
  };
  return [read(0), read(1), read(2), read(3), read(4)];
}

function tagsByName(object: ObjectFile, sectionName: string): ReadonlyMap<string, readonly string[]> {
  const { btf, described } = object;
  const entries = described.sections.get(sectionName)?.entries ?? [];
  return new Map(entries.map(({ typeId }) => [btf?.name(typeId) ?? "", described.tags.get(typeId) ?? []]));
}

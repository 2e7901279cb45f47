import type { Btf, TypeId } from "../btf/index.ts";
import { SymbolBinding } from "../elf/index.ts";
import type { ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BlankSection } from "./section-content.ts";
import { newMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";
import type { ObjectFile } from "./object-file.ts";
import type { KconfigSpec } from "./variable-spec.ts";

/** Name of the map that holds the kernel's configuration. */
export const KCONFIG_SECTION = ".kconfig";
const KSYMS_SECTION = ".ksyms";

/** Something that the kernel defines and a program uses. Its name is in BTF only: no section of the file holds it. */
type Extern =
  | { readonly kind: "kconfig"; readonly offset: number }
  /** `typeId` is 0 when it was declared without a type: `extern const void x __ksym`. */
  | { readonly kind: "variable"; readonly typeId: TypeId }
  | { readonly kind: "function"; readonly typeId: TypeId };

/** What the kernel has to bring. */
export interface Externs {
  readonly byName: ReadonlyMap<string, Extern>;
  /** In the order of the map's value. */
  readonly kconfig: readonly KconfigSpec[];
  /** The map that will hold {@link kconfig}. */
  readonly kconfigMap: MapSpec | undefined;
}

/** Finds what a program uses and the kernel defines. */
export function readExterns(object: ObjectFile): Externs {
  const { btf } = object;
  const byName = new Map<string, Extern>();
  if (btf === undefined) return { byName, kconfig: [], kconfigMap: undefined };

  const kconfig = readKconfig(object, btf);
  for (const { name, offset } of kconfig) byName.set(name, { kind: "kconfig", offset });
  const section = object.described.sections.get(KSYMS_SECTION);
  for (const entry of section?.entries ?? []) {
    const type = btf.type(entry.typeId);
    if (type.kind === "function") byName.set(type.name, { kind: "function", typeId: type.id });
    else if (type.kind === "variable") {
      const declared = btf.resolve(type.typeId);
      byName.set(type.name, { kind: "variable", typeId: declared.kind === "void" ? 0 : type.typeId });
    } else throw new ObjectFormatError(`a ${type.kind} among the kernel's symbols`, { section: KSYMS_SECTION });
  }
  return { byName, kconfig, kconfigMap: kconfig.length === 0 ? undefined : kconfigMap(object) };
}

function readKconfig(object: ObjectFile, btf: Btf): readonly KconfigSpec[] {
  const section = object.described.sections.get(KCONFIG_SECTION);
  if (section === undefined) return [];
  const weak = new Set(object.elf.symbols.filter(isWeakUndefined).map(({ name }) => name));
  return section.entries.map(({ typeId, offset }) => {
    const type = btf.type(typeId);
    if (type.kind !== "variable") {
      throw new ObjectFormatError(`${quoteName(type.name)} is a ${type.kind}, and only variables hold configuration`, {
        section: KCONFIG_SECTION,
      });
    }
    const { name } = type;
    return { name, offset, size: btf.sizeOf(type.typeId), typeId: type.typeId, weak: weak.has(name) };
  });
}

function isWeakUndefined(symbol: ElfSymbol): boolean {
  return symbol.sectionIndex === 0 && symbol.binding === SymbolBinding.WEAK;
}

function kconfigMap(object: ObjectFile): MapSpec {
  const { id, size } = object.described.sections.get(KCONFIG_SECTION) ?? { id: 0, size: 0 };
  return {
    ...newMapSpec(KCONFIG_SECTION, MapType.ARRAY),
    keySize: 4,
    valueSize: size,
    maxEntries: 1,
    flags: MapFlag.RDONLY_PROG,
    valueTypeId: id,
    section: new BlankSection("kconfig", size),
  };
}

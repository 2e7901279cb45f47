import { linkFunctions } from "../../packages/loader/src/asm/index.ts";
import type { Btf, TypeId } from "../../packages/loader/src/btf/index.ts";
import type { CollectionSpec, MapSpec } from "../../packages/loader/src/spec/index.ts";

/** All that an object says, without the numbers of its types and strings, so that objects of different linkers can be compared. */
export function describeSpec(spec: CollectionSpec): unknown {
  const { btf, littleEndian } = spec;
  return {
    license: spec.license,
    kernelVersion: spec.kernelVersion,
    maps: [...spec.maps.values()].map((map) => describeMap(map, btf)).sort(byName),
    variables: Array.from(spec.variables.values(), (variable) => ({
      ...variable,
      typeId: shown(btf, variable.typeId),
    })),
    programs: Array.from(spec.programs.values(), ({ functions, ...program }) => {
      const linked = linkFunctions(functions, littleEndian);
      return {
        ...program,
        code: Buffer.from(linked.code).toString("hex"),
        references: linked.references.map((reference) =>
          "typeId" in reference ? { ...reference, typeId: shown(btf, reference.typeId) } : reference,
        ),
        coreRelocations: linked.coreRelocations.map((one) => ({ ...one, typeId: shown(btf, one.typeId) })),
        functions: linked.functions.map((one) => ({ ...one, typeId: shown(btf, one.typeId) })),
        lines: linked.lines.map(({ slot, file, text, line, column }) => ({ slot, file, text, line, column })),
      };
    }),
    kconfig: btf?.find(".kconfig", "dataSection") !== undefined,
  };
}

function describeMap(map: MapSpec, btf: Btf | undefined): { readonly name: string } {
  const { section, structOps } = map;
  return {
    ...map,
    keyTypeId: shown(btf, map.keyTypeId),
    valueTypeId: shown(btf, map.valueTypeId),
    structOps: structOps === undefined ? undefined : { ...structOps, typeId: shown(btf, structOps.typeId) },
    innerMap: map.innerMap === undefined ? undefined : describeMap(map.innerMap, btf),
    section: section === undefined ? undefined : [section.kind, Buffer.from(section.content).toString("hex")],
  } as { readonly name: string };
}

const byName = (left: { readonly name: string }, right: { readonly name: string }): number =>
  left.name < right.name ? -1 : 1;

/** A type in C; of a data section what is where in it. */
function shown(btf: Btf | undefined, id: TypeId): unknown {
  if (btf === undefined || id === 0) return undefined;
  const type = btf.type(id);
  switch (type.kind) {
    case "function":
    case "variable":
      return `${type.linkage} ${btf.declaration(type.typeId, type.name)}`;
    case "dataSection":
      return {
        name: type.name,
        size: type.size,
        entries: type.entries.map(({ typeId, offset, size }) => ({ is: shown(btf, typeId), offset, size })),
      };
    default:
      return btf.typeName(id);
  }
}

import type { TypeId } from "../btf/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { CollectionSpec } from "./collection-spec.ts";
import { encodeVariable } from "./variable-value.ts";
import type { VariablePlace } from "./variable-value.ts";

/** A constant and the name of the map that it is in. */
interface ConstantPlace extends VariablePlace {
  readonly sectionName: string;
}

const SHOWN_NAMES = 20;

/** Writes new values into the read-only sections of a collection: all of them, or none when one is wrong. */
export function rewriteConstants(spec: CollectionSpec, values: Readonly<Record<string, unknown>>): void {
  const wanted = new Map(Object.entries(values));
  if (wanted.size === 0) return;
  const places = findConstants(spec);
  const missing = [...wanted.keys()].filter((name) => !places.has(name));
  if (missing.length > 0) throw unknownConstants(missing, [...places.keys()]);

  const writes = [...wanted].map(([name, value]) => {
    const [place, other] = places.get(name) ?? [];
    if (place === undefined) throw unknownConstants([name], [...places.keys()]);
    if (other !== undefined) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `constant ${quoteName(name)} exists twice: in section ${quoteName(place.sectionName)} and in section ${quoteName(other.sectionName)}`,
      );
    }
    return { place, bytes: encodeVariable(spec.btf, place, value) };
  });
  for (const { place, bytes } of writes) place.bytes.set(bytes);
}

/** All constants by name, static ones included. */
function findConstants(spec: CollectionSpec): ReadonlyMap<string, readonly ConstantPlace[]> {
  const places = new Map<string, ConstantPlace[]>();
  for (const [sectionName, { section, valueTypeId }] of spec.maps) {
    if (section?.kind !== "rodata") continue;
    const { content } = section;
    for (const { name, offset, size, typeId } of constantsOf(spec, sectionName, valueTypeId)) {
      if (offset + size > content.length) {
        throw new BpfError(
          "ERR_BPF_INVALID_ARGUMENT",
          `constant ${quoteName(name)} (${size} bytes at ${offset}) is outside of section ${quoteName(sectionName)}, which has ${content.length} bytes`,
        );
      }
      const place = { name, sectionName, typeId, bytes: content.subarray(offset, offset + size) };
      const known = places.get(name);
      if (known === undefined) places.set(name, [place]);
      else known.push(place);
    }
  }
  return places;
}

type Constant = { readonly name: string; readonly offset: number; readonly size: number; readonly typeId: TypeId };

function constantsOf(spec: CollectionSpec, sectionName: string, typeId: TypeId): readonly Constant[] {
  const variables = [...spec.variables.values()].filter((variable) => variable.sectionName === sectionName);
  const { btf } = spec;
  const described = btf?.type(typeId);
  if (btf === undefined || described?.kind !== "dataSection") return variables;
  const constants: Constant[] = [...variables];
  for (const { typeId, offset, size } of described.entries) {
    const type = btf.type(typeId);
    if (type.kind !== "variable" || type.linkage !== "static") continue;
    constants.push({ name: type.name, offset, size, typeId: type.typeId });
  }
  return constants;
}

function unknownConstants(missing: readonly string[], known: readonly string[]): BpfError {
  const there = known.length === 0 ? "it has none" : `it has ${listNames(known.toSorted())}`;
  return new BpfError("ERR_BPF_NOT_FOUND", `the object has no constant ${listNames(missing)}; ${there}`);
}

function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, SHOWN_NAMES)
    .map((name) => quoteName(name))
    .join(", ");
  return names.length > SHOWN_NAMES ? `${shown} …` : shown;
}

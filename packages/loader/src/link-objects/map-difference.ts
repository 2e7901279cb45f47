import { ObjectFormatError } from "../errors/index.ts";
import { readMapDefinition } from "../spec/map-definition.ts";
import type { MapSpec } from "../spec/map-spec.ts";
import { mapTypeName } from "../uapi/index.ts";
import { typeDifference } from "./type-difference.ts";
import type { TypeIn } from "./type-difference.ts";

/** A map's definition. */
interface MapIn {
  readonly btf: TypeIn["btf"];
  readonly spec: MapSpec;
}

/**
 * In what two definitions of one map differ, of which each is a variable in `.maps`; `undefined` when they agree. One that is only
 * declared has to say all that the other says.
 *
 * @throws ObjectFormatError when one is no definition of a map.
 */
export function mapDifference(name: string, left: TypeIn, right: TypeIn): string | undefined {
  return specDifference(readMap(name, left), readMap(name, right));
}

function readMap(name: string, { btf, id }: TypeIn): MapIn {
  const variable = btf.type(id);
  const struct = variable.kind === "variable" ? btf.resolve(variable.typeId) : undefined;
  if (struct?.kind !== "struct") throw new ObjectFormatError("what defines a map is no struct", { section: ".maps" });
  return { btf, spec: readMapDefinition(btf, name, struct).spec };
}

const NUMBERS = [
  ["key size", "keySize"],
  ["value size", "valueSize"],
  ["number of entries", "maxEntries"],
  ["flags", "flags"],
  ["NUMA node", "numaNode"],
  ["map_extra", "mapExtra"],
  ["pinning", "pinning"],
] as const satisfies readonly (readonly [string, keyof MapSpec])[];

const TYPES = [
  ["key", "keyTypeId"],
  ["value", "valueTypeId"],
] as const;

function specDifference(left: MapIn, right: MapIn): string | undefined {
  if (left.spec.type !== right.spec.type) {
    return `type ${mapTypeName(left.spec.type)} and ${mapTypeName(right.spec.type)}`;
  }
  for (const [what, property] of NUMBERS) {
    const [one, other] = [left.spec[property], right.spec[property]];
    if (one !== other) return `${what} ${one ?? "none"} and ${other ?? "none"}`;
  }
  for (const [what, property] of TYPES) {
    const [one, other] = [left.spec[property], right.spec[property]];
    if ((one === 0) !== (other === 0)) return `only one gives the type of its ${what}`;
    const difference = typeDifference({ btf: left.btf, id: one }, { btf: right.btf, id: other });
    if (difference !== undefined) return `${what}: ${difference}`;
  }
  const [inner, otherInner] = [left.spec.innerMap, right.spec.innerMap];
  if (inner === undefined && otherInner === undefined) return undefined;
  if (inner === undefined || otherInner === undefined) return "only one says what its inner maps are";
  const difference = specDifference({ btf: left.btf, spec: inner }, { btf: right.btf, spec: otherInner });
  return difference === undefined ? undefined : `inner maps: ${difference}`;
}

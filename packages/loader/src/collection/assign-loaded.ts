import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { addProperty, readChecked } from "./assign.ts";
import type { CollectionObjects } from "./collection.ts";
import type { AnyMapTag } from "./tag.ts";
import type { Slot, TaggedObjects } from "./target.ts";

/**
 * Fills a target with what is loaded already, and hands it over: programs, maps, and the maps that variables are in.
 *
 * @throws BpfError; nothing has changed hands then
 */
export function assignLoaded(objects: CollectionObjects, target: object): object {
  const { slots, result } = readChecked(withSkipped(objects), target);
  const clones: BpfMap[] = [];
  try {
    const values = slots.map((slot) => valueOf(slot, objects, clones));
    slots.forEach(({ set }, index) => set(values[index]));
  } catch (error) {
    for (const map of clones) map.close();
    throw error;
  }
  const owned = [...clones, ...takeOut(slots, objects)];
  const close = (): void => {
    for (const object of owned) object.close();
  };
  addProperty(result, "close", close);
  addProperty(result, Symbol.dispose, close);
  addProperty(result, "skipped", objects.skipped);
  return result;
}

/** What the load went on without is known, and not there. */
function withSkipped({ programs, maps, variables, skipped }: CollectionObjects): TaggedObjects {
  const missing = Array.from(skipped.keys(), (name) => [name, undefined] as const);
  return { programs: new Map([...programs, ...missing]), maps: new Map([...maps, ...missing]), variables };
}

function valueOf(
  { field, tag, name }: Slot,
  { programs, maps, variables, skipped }: CollectionObjects,
  clones: BpfMap[],
): Program | BpfMap | Variable<unknown> | undefined {
  if (tag.kind === "variable") {
    const variable = variables.get(name);
    return tag.codec === undefined ? variable : variable?.withCodec(tag.codec);
  }
  const map = tag.kind === "map" ? maps.get(name) : undefined;
  const found = tag.kind === "map" ? map && typed(map, tag, clones) : programs.get(name);
  if (found !== undefined || tag.optional) return found;
  const reason = skipped.get(name);
  throw new BpfError(
    reason?.code ?? "ERR_BPF_NOT_FOUND",
    `field ${field}: the load went on without ${tag.kind} ${quoteName(name)}: ${reason?.message}`,
    { cause: reason },
  );
}

/** The map with the codecs of its tag; those that the tag leaves out stay. */
function typed(map: BpfMap, { key, value, inner }: AnyMapTag, clones: BpfMap[]): BpfMap {
  if (key === undefined && value === undefined && inner === undefined) return map;
  const clone = map.cloneAs({ key: key ?? map.codecs.key, value: value ?? map.codecs.value, inner });
  clones.push(clone);
  return clone;
}

/** Takes out of the collection what the slots are for. */
function takeOut(slots: readonly Slot[], { programs, maps, variables }: CollectionObjects): (Program | BpfMap)[] {
  const taken: (Program | BpfMap | undefined)[] = [];
  for (const { kind, name } of slots) {
    const mapName = kind === "variable" ? variables.get(name)?.sectionName : name;
    taken.push(kind === "program" ? programs.get(name) : maps.get(mapName ?? ""));
    if (kind === "program") programs.delete(name);
    else maps.delete(mapName ?? "");
  }
  return taken.filter((object) => object !== undefined);
}

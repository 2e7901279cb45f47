import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { CollectionSpec } from "../spec/index.ts";

/** Beside the specs, which are plain data and hold no descriptors. */
const rewritten = new WeakMap<CollectionSpec, Map<string, BpfMap>>();

/** Makes the programs of a spec use maps that exist, and takes these names out of it. */
export function rewriteMaps(spec: CollectionSpec, maps: Readonly<Record<string, BpfMap>>): void {
  const given = new Map(Object.entries(maps));
  const used = new Set<string>();
  for (const { functions } of spec.programs.values()) {
    for (const { references } of functions) for (const { name } of references) used.add(name);
  }
  const unused = [...given.keys()].filter((name) => !used.has(name) || !spec.maps.has(name));
  if (unused.length > 0) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `no program refers to map ${unused.map((name) => quoteName(name)).join(", ")}`,
    );
  }
  rewritten.set(spec, new Map([...rewrittenMaps(spec), ...given]));
  for (const name of given.keys()) spec.maps.delete(name);
}

/** The maps that {@link rewriteMaps} was given. */
export function rewrittenMaps(spec: CollectionSpec): ReadonlyMap<string, BpfMap> {
  return rewritten.get(spec) ?? new Map();
}

/** Gives a copy of a spec the same maps. */
export function copyRewrittenMaps(from: CollectionSpec, to: CollectionSpec): void {
  const maps = rewritten.get(from);
  if (maps !== undefined) rewritten.set(to, new Map(maps));
}

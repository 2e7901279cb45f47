/**
 * Loading of the objects that generated modules define. It brings the loader along: bindings import it when something is first loaded,
 * and are little more than their codecs until then.
 *
 * @module
 */

import { writeField } from "../codec/index.ts";
import { loadAndAssign, loadAndAssignSync, LoadableSpec, VariableTag } from "../collection/index.ts";
import type {
  Abortable,
  AnyVariableTag,
  LoadOptions as CollectionLoadOptions,
  MapTag,
  ProgramTag,
} from "../collection/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { AnyDefinition, BpfObject, Fields, LoadOptions, MapChoice, Objects, ProgramChoice } from "./bpf-object.ts";
import { definitionOf } from "./define-object.ts";
import { LoadedObject } from "./loaded-object.ts";
import { setMembers } from "./structures.ts";

/** @internal Options of a load as they are at run time. */
export type AnyLoadOptions = Omit<LoadOptions<Fields>, "structOps"> &
  Abortable & { readonly structOps?: AnyStructureValues | undefined };
type AnyStructureValues = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/**
 * `load()` of a generated object on the calling thread, one program after the other.
 *
 * @example
 * import { loadObjectSync } from "bpf-loader";
 * import { counter } from "./counter.js";
 *
 * using objs = loadObjectSync(counter, { constants: { targetPid: 42 } });
 *
 * @throws BpfError; nothing stays open then.
 */
export function loadObjectSync<
  F extends Fields,
  const P extends ProgramChoice<F> = {},
  const M extends MapChoice<F> = {},
>(object: BpfObject<F>, options?: LoadOptions<F, P, M>): Objects<F, P, M> {
  // F, P and M describe the object and the options name by name; from here on names are data.
  const loaded = loadDefinitionSync(definitionOf(object), options);
  return loaded as unknown as Objects<F, P, M>;
}

/** @internal */
export async function loadDefinition(definition: AnyDefinition, options: AnyLoadOptions = {}): Promise<LoadedObject> {
  const { spec, target, collection, names } = planOf(definition, options);
  return new LoadedObject(await loadAndAssign(spec, target, collection), names, definition.structOps);
}

function loadDefinitionSync(definition: AnyDefinition, options: AnyLoadOptions = {}): LoadedObject {
  const { spec, target, collection, names } = planOf(definition, options);
  return new LoadedObject(loadAndAssignSync(spec, target, collection), names, definition.structOps);
}

/** @internal */
export function specOf({ name, bytes }: AnyDefinition): LoadableSpec {
  return LoadableSpec.parse(bytes(), name);
}

/** What to load, and how, in the object's own names; `names` are those of the module by these. */
function planOf(definition: AnyDefinition, options: AnyLoadOptions) {
  const spec = specOf(definition);
  const {
    constants = {},
    mapReplacements = {},
    programs: choice = {},
    maps: chosenMaps = {},
    structOps = {},
    ...others
  } = options;
  checkNames(definition, "program", definition.programs, choice);
  checkNames(definition, "map", definition.maps, chosenMaps);

  const names = new Map<string, string>();
  const programs: Record<string, ProgramTag<never>> = {};
  const optionalPrograms: string[] = [];
  for (const [name, tag] of Object.entries(definition.programs)) {
    const chosen = choice[name] ?? spec.programs.get(tag.name)?.autoload !== false;
    if (chosen === "optional") optionalPrograms.push(tag.name);
    if (chosen !== false) programs[name] = tag;
    names.set(tag.name, name);
  }
  const maps: Record<string, MapTag> = {};
  const optionalMaps: string[] = [];
  const leftOut: string[] = [];
  for (const [name, tag] of Object.entries(definition.maps)) {
    const byDefault = mapReplacements[name] !== undefined || spec.maps.get(tag.name)?.autocreate !== false;
    const chosen = chosenMaps[name] ?? byDefault;
    if (chosen === "optional") optionalMaps.push(tag.name);
    if (chosen === false) leftOut.push(tag.name);
    else maps[name] = tag;
    names.set(tag.name, name);
  }
  // Those of an arena that may be missing may be, too.
  const variables: Record<string, AnyVariableTag> = {};
  for (const [name, tag] of Object.entries(definition.variables)) {
    const optional = optionalMaps.includes(spec.variables.get(tag.name)?.sectionName ?? "");
    variables[name] = optional ? new VariableTag(tag.name, tag.codec, { optional }) : tag;
  }
  setStructures(definition, spec, structOps);
  const collection: CollectionLoadOptions & Abortable = {
    ...others,
    constants: encodeConstants(definition, constants),
    mapReplacements: renameMaps(definition, mapReplacements),
    optionalPrograms,
    optionalMaps,
    autocreate: Object.fromEntries(leftOut.map((name) => [name, false])),
  };
  const target = { programs, maps, constants: definition.constants, variables };
  return { spec, target, collection, names };
}

/** Values by the constants' names in C, as bytes: the generated codecs know the types better than BTF does. */
function encodeConstants(
  definition: AnyDefinition,
  values: Readonly<Record<string, unknown>>,
): Record<string, Uint8Array> {
  checkNames(definition, "constant", definition.constants, values);
  const encoded: [string, Uint8Array][] = [];
  for (const [name, value] of Object.entries(values)) {
    const tag = definition.constants[name];
    if (value === undefined || tag?.codec === undefined) continue;
    const bytes = new Uint8Array(tag.codec.size);
    writeField(tag.codec, new DataView(bytes.buffer), 0, value, name);
    encoded.push([tag.name, bytes]);
  }
  return Object.fromEntries(encoded);
}

/** Values of members of structures, into the spec that is about to be loaded. */
function setStructures(definition: AnyDefinition, spec: LoadableSpec, structures: AnyStructureValues): void {
  const { structOps = {} } = definition;
  checkNames(definition, "structure", structOps, structures);
  for (const [name, values] of Object.entries(structures)) {
    const map = spec.maps.get(definition.maps[name]?.name ?? name);
    const structure = structOps[name];
    if (values !== undefined && map !== undefined && structure !== undefined) setMembers(map, name, structure, values);
  }
}

function renameMaps(
  definition: AnyDefinition,
  replacements: Readonly<Record<string, BpfMap | undefined>>,
): Record<string, BpfMap> {
  checkNames(definition, "map", definition.maps, replacements);
  const renamed: [string, BpfMap][] = [];
  for (const [name, map] of Object.entries(replacements)) {
    const tag = definition.maps[name];
    if (map !== undefined && tag !== undefined) renamed.push([tag.name, map]);
  }
  return Object.fromEntries(renamed);
}

/** The compiler has checked these names, unless the caller has none. */
function checkNames(
  definition: AnyDefinition,
  what: string,
  known: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const names = Object.keys(known);
  const there = names.length === 0 ? "it has none" : `it has ${names.map((name) => quoteName(name)).join(", ")}`;
  const list = unknown.map((name) => quoteName(name)).join(", ");
  throw new BpfError("ERR_BPF_NOT_FOUND", `object ${quoteName(definition.name)} has no ${what} ${list}; ${there}`);
}

/**
 * `assign` and `loadAndAssign`: specs and live objects into the places that tags name.
 *
 * @module
 */

import { BpfError, NotSupportedError, quoteName } from "../errors/index.ts";
import { alikeMapTypes } from "../maps/index.ts";
import type { MapCodecs } from "../maps/index.ts";
import type { CollectionSpec } from "../spec/index.ts";
import { MapType, mapTypeName, programTypeName } from "../uapi/index.ts";
import type { Abortable, LoadOptions } from "./load-options.ts";
import { LiveObjects, recordMaps } from "./live-objects.ts";
import type { Loaded } from "./loader.ts";
import { runLoad, runLoadSync } from "./run-load.ts";
import type { Begun } from "./run-load.ts";
import type { Wanted } from "./selection.ts";
import type { Tag, TagKind } from "./tag.ts";
import { readTarget } from "./target.ts";
import type { Assigned, AssignedSpecs, Owned, Slot, TaggedObjects, TagTree, Target } from "./target.ts";

/**
 * Fills a target with the specs that its tags name: the object's own, so that editing them changes what is loaded.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a program, map or variable that the object lacks.
 */
export function assign<T extends TagTree>(spec: CollectionSpec, target: T): AssignedSpecs<T>;
/** Fills the fields of `target` that are decorated with `@ebpf(…)`, and returns it. */
export function assign<T extends object>(spec: CollectionSpec, target: T): T;
export function assign(spec: CollectionSpec, target: object): object {
  const { slots, result } = readTarget(target, spec);
  for (const { kind, name, set } of slots) {
    const found =
      kind === "program" ? spec.programs.get(name) : kind === "map" ? spec.maps.get(name) : spec.variables.get(name);
    if (found !== undefined) set(found);
  }
  return result;
}

/**
 * Loads the programs, maps and variables that a target names, and what they need, and nothing else. Each is loaded once.
 * `close()` of the result closes what it holds; what was only needed is closed at once, the kernel keeps it for those that use it.
 *
 * @example
 * using objects = await loadAndAssign(spec, {
 *   prog: ebpf.program("count_packets"),
 *   flows: ebpf.map("flows", FlowKey, FlowStats),
 * });
 *
 * @throws BpfError; nothing stays open then.
 */
export function loadAndAssign<T extends TagTree>(
  spec: CollectionSpec,
  target: T,
  options?: LoadOptions & Abortable,
): Promise<Assigned<T> & Owned<T>>;
/** Fills the fields of `target` that are decorated with `@ebpf(…)`. */
export function loadAndAssign<T extends object>(
  spec: CollectionSpec,
  target: T,
  options?: LoadOptions & Abortable,
): Promise<T & Owned<T>>;
export async function loadAndAssign(
  spec: CollectionSpec,
  target: object,
  options: LoadOptions & Abortable = {},
): Promise<object> {
  const read = readChecked(spec, target);
  return runLoad(spec, wantedBy(read, spec), withOptional(read, options), (loaded, loadedSpec) =>
    open(read, loaded, loadedSpec),
  );
}

/** {@link loadAndAssign}, one program after the other on the calling thread. */
export function loadAndAssignSync<T extends TagTree>(
  spec: CollectionSpec,
  target: T,
  options?: LoadOptions,
): Assigned<T> & Owned<T>;
/** Fills the fields of `target` that are decorated with `@ebpf(…)`. */
export function loadAndAssignSync<T extends object>(
  spec: CollectionSpec,
  target: T,
  options?: LoadOptions,
): T & Owned<T>;
export function loadAndAssignSync(spec: CollectionSpec, target: object, options: LoadOptions = {}): object {
  const read = readChecked(spec, target);
  return runLoadSync(spec, wantedBy(read, spec), withOptional(read, options), (loaded, loadedSpec) =>
    open(read, loaded, loadedSpec),
  );
}

/** Reads a target whose tags must be for objects of the kinds and sizes that there are. */
export function readChecked(objects: TaggedObjects, target: object): Target {
  const read = readTarget(target, objects);
  for (const slot of read.slots) checkKind(slot, objects);
  return read;
}

/** What a tag says of its object's kind must be so. */
function checkKind({ field, tag }: Slot, objects: TaggedObjects): void {
  const mismatch = (is: string, wanted: string): BpfError =>
    new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `field ${field}: ${tag.kind} ${quoteName(tag.name)} is ${is}, and the tag is for ${wanted}`,
    );
  if (tag.kind === "program") {
    const type = objects.programs.get(tag.name)?.type;
    if (tag.type !== undefined && type !== undefined && tag.type !== type) {
      throw mismatch(programTypeName(type), programTypeName(tag.type));
    }
  } else if (tag.kind === "map") {
    const map = objects.maps.get(tag.name);
    if (map === undefined) return;
    const types = tag.type === undefined ? undefined : alikeMapTypes(tag.type);
    if (types !== undefined && !types.includes(map.type)) {
      throw mismatch(mapTypeName(map.type), types.map(mapTypeName).join(" or "));
    }
    checkSize(field, "key", tag.key?.size, map.keySize, tag);
    // Records have no size that the kernel knows.
    if (!recordMaps.has(map.type)) checkSize(field, "value", tag.value?.size, map.valueSize, tag);
  } else checkSize(field, "value", tag.codec?.size, objects.variables.get(tag.name)?.size, tag);
}

function checkSize(field: string, what: string, codec: number | undefined, wanted: number | undefined, tag: Tag): void {
  if (codec === undefined || wanted === undefined || codec === wanted) return;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `field ${field}: the codec of the ${what} has ${codec} bytes, ${tag.kind} ${quoteName(tag.name)} has ${wanted}`,
  );
}

function wantedBy({ slots }: Target, spec: CollectionSpec): Wanted {
  const maps = [...namesOf(slots, "map"), ...sectionsOf(slots, spec)];
  return { programs: namesOf(slots, "program"), allPrograms: false, maps, allMaps: false };
}

/** Tags and options can both say that a program or map is optional. */
function withOptional<T extends LoadOptions>({ slots }: Target, options: T): T {
  const tagged = slots.filter(({ tag }) => tag.optional);
  if (tagged.length === 0) return options;
  const { optionalPrograms = [], optionalMaps = [] } = options;
  const programs = optionalPrograms === "all" ? optionalPrograms : [...optionalPrograms, ...namesOf(tagged, "program")];
  const maps = optionalMaps === "all" ? optionalMaps : [...optionalMaps, ...namesOf(tagged, "map")];
  return { ...options, optionalPrograms: programs, optionalMaps: maps };
}

function namesOf(slots: readonly Slot[], kind: TagKind): readonly string[] {
  return slots.filter((slot) => slot.kind === kind).map(({ name }) => name);
}

/** The maps that hold the variables. */
function sectionsOf(slots: readonly Slot[], spec: CollectionSpec): readonly string[] {
  return namesOf(slots, "variable").flatMap((name) => spec.variables.get(name)?.sectionName ?? []);
}

/** Opens what the places are for; `finish` sets them. What was loaded belongs to the result then. */
function open({ slots, result }: Target, loaded: Loaded, spec: CollectionSpec): Begun<object> {
  checkProgramArrays(slots, loaded, spec);
  const codecs = new Map<string, MapCodecs>();
  for (const { name, tag } of slots) if (tag.kind === "map") codecs.set(name, tag);
  const objects = new LiveObjects(loaded, spec, codecs);
  const close = (): void => objects.close();
  try {
    const opened = slots.map(({ field, name, tag }) => {
      if (tag.kind === "program") return undefined;
      if (tag.kind === "map") return objects.map(name);
      const variable = objects.variable(name, tag.codec);
      if (variable === undefined && !tag.optional) throw withoutSection(field, name, loaded, spec);
      return variable;
    });
    const finish = (): object => {
      slots.forEach(({ kind, name, set }, index) => set(kind === "program" ? objects.program(name) : opened[index]));
      addProperty(result, "close", close);
      addProperty(result, Symbol.dispose, close);
      addProperty(result, "skipped", loaded.skipped);
      objects.closeOthers(
        new Set(namesOf(slots, "program")),
        new Set([...namesOf(slots, "map"), ...sectionsOf(slots, spec)]),
      );
      return result;
    };
    return { finish, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A variable that must be there, in a map that may be missing and is. */
function withoutSection(field: string, name: string, { skipped }: Loaded, { variables }: CollectionSpec): BpfError {
  const section = variables.get(name)?.sectionName ?? "";
  const reason = skipped.get(section);
  return new NotSupportedError(
    `map ${section}`,
    undefined,
    `field ${field}: variable ${quoteName(name)} is in map ${quoteName(section)}, which was not created: ${reason?.message}`,
    { cause: reason },
  );
}

/** Adds a property, unless it has a field or method of that name. */
export function addProperty(result: object, name: string | symbol, value: unknown): void {
  if (!(name in result)) Object.defineProperty(result, name, { value, configurable: true });
}

/**
 * The kernel empties a program array when the last descriptor of user space goes, and tail calls through it then fail.
 */
function checkProgramArrays(slots: readonly Slot[], loaded: Loaded, spec: CollectionSpec): void {
  const assigned = new Set(namesOf(slots, "map"));
  for (const name of loaded.maps.keys()) {
    const map = spec.maps.get(name);
    if (map?.type !== MapType.PROG_ARRAY || map.slots.length === 0 || assigned.has(name)) continue;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `program array ${quoteName(name)} must be assigned to prevent missed tail calls: add a field ebpf.map(${quoteName(name)})`,
    );
  }
}

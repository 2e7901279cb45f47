/**
 * Targets of `assign` and `loadAndAssign`: objects of tags, maybe nested, and instances of classes with decorated fields.
 *
 * @module
 */

import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { Link } from "../links/index.ts";
import type { Program, TestRun } from "../programs/index.ts";
import type { MapSpec, ProgramSpec, VariableSpec } from "../spec/index.ts";
import { nameOf, taggedFields } from "./ebpf.ts";
import type { LiveOf } from "./ebpf.ts";
import { isTag, MapTag, ProgramTag, VariableTag } from "./tag.ts";
import type { AnyMapTag, AnyProgramTag, AnyVariableTag, Tag, TagKind } from "./tag.ts";

/** An object of tags: `{ prog: ebpf.program("count"), maps: { flows: ebpf.map("flows") } }`. */
export interface TagTree {
  readonly [name: string]: Tag | TagTree;
}

/**
 * What closes everything that was assigned, and the optional programs and maps that are missing, with the reasons. A target with a field `close` of its own
 * has only `[Symbol.dispose]`, one with a field `skipped` no such map.
 */
export type Owned<T> = Disposable &
  ("close" extends keyof T ? unknown : { close(): void }) &
  ("skipped" extends keyof T ? unknown : { readonly skipped: ReadonlyMap<string, BpfError> });

/** The live objects in the shape of their tags. */
export type Assigned<T> = {
  -readonly [K in keyof T]: T[K] extends Tag ? LiveOf<T[K]> : T[K] extends object ? Assigned<T[K]> : never;
};

/** What a tag of that type stands for in a spec. */
export type SpecOf<T> = T extends AnyProgramTag
  ? ProgramSpec
  : T extends AnyMapTag
    ? MapSpec
    : T extends AnyVariableTag
      ? VariableSpec
      : never;

/** The specs in the shape of their tags. */
export type AssignedSpecs<T> = {
  -readonly [K in keyof T]: T[K] extends Tag ? SpecOf<T[K]> : T[K] extends object ? AssignedSpecs<T[K]> : never;
};

/** What tags can name: the specs of an object, or what was loaded of it; `undefined` for what a load went on without. */
export interface TaggedObjects {
  readonly programs: ReadonlyMap<string, Pick<ProgramSpec, "type"> | undefined>;
  readonly maps: ReadonlyMap<string, Pick<MapSpec, "type" | "keySize" | "valueSize"> | undefined>;
  readonly variables: ReadonlyMap<string, Pick<VariableSpec, "size"> | undefined>;
}

/** A live object, or its spec. */
type Assignable = Program<never, Link, TestRun> | BpfMap | Variable<unknown> | ProgramSpec | MapSpec | VariableSpec;

/** One place of a target, and what goes there. */
export interface Slot {
  /** Path from the target: `"maps.flows"`. */
  readonly field: string;
  readonly kind: TagKind;
  /** Name in the object. */
  readonly name: string;
  readonly tag: Tag;
  readonly set: (value: Assignable | undefined) => void;
}

/** A target with its places found, and the result that their values go into. */
export interface Target {
  readonly slots: readonly Slot[];
  /** A new object for an object of tags, the instance itself for that of a class. */
  readonly result: object;
}

/**
 * Finds what a target asks for, and checks it against the object.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for what the object lacks, `ERR_BPF_INVALID_ARGUMENT` for a target that is not one.
 */
export function readTarget(target: object, objects: TaggedObjects): Target {
  const found: Found[] = [];
  const result = visit(target, "", new Set(), found);
  if (found.length === 0) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      "the target has no tags: give it fields such as ebpf.map(…), or decorate those of its class with @ebpf(…)",
    );
  }
  const slots: Slot[] = [];
  const assigned = new Map<string, string>();
  for (const { field, tag, set } of found) {
    const name = nameOf(tag);
    if (name.includes(",")) {
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `field ${field}: the tag ${quoteName(name)} contains a comma`);
    }
    const resolved = typeof tag === "string" ? tagOf(name, objects, field) : tag;
    checkPresent(resolved, objects, field);
    const object = `${resolved.kind} ${quoteName(name)}`;
    const other = assigned.get(object);
    if (other !== undefined) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `field ${field}: ${object} was already assigned to field ${other}`,
      );
    }
    assigned.set(object, field);
    slots.push({ field, kind: resolved.kind, name, tag: resolved, set });
  }
  return { slots, result };
}

interface Found {
  readonly field: string;
  readonly tag: Tag | string;
  readonly set: (value: unknown) => void;
}

/** Collects the tags below `value`; the result is what its values are put into. */
function visit(value: object, path: string, parents: Set<object>, found: Found[]): object {
  if (parents.has(value)) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `field ${path}: recursion, the target contains itself`);
  }
  parents.add(value);
  const result =
    taggedFields(value) === undefined
      ? visitTree(value, path, parents, found)
      : visitInstance(value, path, parents, found);
  parents.delete(value);
  return result;
}

function visitInstance(instance: object, path: string, parents: Set<object>, found: Found[]): object {
  for (const { field, tag, set } of taggedFields(instance) ?? []) {
    const where = join(path, field);
    found.push({ field: where, tag, set: (value) => setField(where, () => set(value)) });
  }
  // Other fields are the class's own business, unless they hold instances that are decorated as well.
  for (const [name, value] of Object.entries(instance)) {
    if (typeof value === "object" && value !== null && taggedFields(value) !== undefined) {
      visit(value, join(path, name), parents, found);
    }
  }
  return instance;
}

function visitTree(tree: object, path: string, parents: Set<object>, found: Found[]): object {
  const prototype: unknown = Object.getPrototypeOf(tree);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${path === "" ? "the target" : `field ${path}`} is neither an object of tags nor an instance of a class with fields decorated by @ebpf(…)`,
    );
  }
  const result = {};
  for (const [name, value] of Object.entries(tree)) {
    const where = join(path, name);
    if (isTag(value)) {
      // Its place is made now, so that the result has the tree's order; `defineProperty` because a name may be "__proto__".
      define(result, name, undefined);
      found.push({ field: where, tag: value, set: (live) => define(result, name, live) });
    } else if (typeof value === "object" && value !== null) {
      define(result, name, visit(value, where, parents, found));
    } else {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `field ${where} is neither a tag, such as ebpf.map(…), nor an object of tags`,
      );
    }
  }
  return result;
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function setField(field: string, set: () => void): void {
  try {
    set();
  } catch (cause) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `field ${field} can't be set`, { cause });
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** The tag that a bare name means: whatever the object has of that name. */
function tagOf(name: string, objects: TaggedObjects, field: string): Tag {
  const tags: Tag[] = [];
  if (objects.programs.has(name)) tags.push(new ProgramTag(name));
  if (objects.maps.has(name)) tags.push(new MapTag(name));
  if (objects.variables.has(name)) tags.push(new VariableTag(name));
  const [tag, other] = tags;
  if (tag === undefined) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `field ${field}: the object has no program, map or variable ${quoteName(name)}`,
    );
  }
  if (other !== undefined) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `field ${field}: ${quoteName(name)} is both a ${tag.kind} and a ${other.kind}; say which: @ebpf(ebpf.${tag.kind}(${quoteName(name)}))`,
    );
  }
  return tag;
}

function checkPresent(tag: Tag, objects: TaggedObjects, field: string): void {
  const known: ReadonlyMap<string, unknown> =
    tag.kind === "program" ? objects.programs : tag.kind === "map" ? objects.maps : objects.variables;
  if (known.has(tag.name)) return;
  throw new BpfError("ERR_BPF_NOT_FOUND", `field ${field}: the object has no ${tag.kind} ${quoteName(tag.name)}`);
}

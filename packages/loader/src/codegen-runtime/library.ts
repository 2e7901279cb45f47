/**
 * Bindings to a part of an object that someone else opened, as skeletons for libraries (`bpftool gen subskeleton`) have them.
 *
 * @module
 */

import type { Collection, MapTag, VariableTag } from "../collection/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { MapType, mapTypeName } from "../uapi/map-type.ts";
import { closeAll } from "./attached-links.ts";
import type { AnyDefinition, Fields, ObjectDefinition, Objects } from "./bpf-object.ts";
import { LoadedObject } from "./loaded-object.ts";

/** What a library is found in: a collection, or what a generated module loaded. It stays the caller's. */
export type LibraryHost = Collection | { readonly programs: object; readonly maps: object; readonly variables: object };

/** What a library has in a host. Closing it closes its own descriptors and links, and leaves the host open. */
export type BoundObjects<F extends Fields> = Omit<Objects<F>, "skipped">;

/** The types of a library: what a module made with `--library` exports. */
export interface BpfLibrary<F extends Fields> {
  /** Its name in the generated module. */
  readonly name: string;
  /**
   * Finds the library's programs, maps and variables, by their names in C, in an object that was linked with it and is loaded.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` for what the object lacks, `ERR_BPF_INVALID_ARGUMENT` for what has another size or kind there;
   *   the message has all of it
   * @example
   * using collection = await loadCollection("linked.bpf.o");
   * using stats = statsLibrary.bind(collection);
   */
  bind(host: LibraryHost): BoundObjects<F>;
}

/** Makes a library of what generated code says about it. */
export function defineLibrary<F extends Fields>(
  define: () => Omit<ObjectDefinition<F>, "bytes"> & {
    /** Programs and maps that need not be there. */
    readonly optional?: readonly string[];
  },
): BpfLibrary<F> {
  // F describes what `define` returns, name by name; from here on names are data.
  const definition = define as () => LibraryDefinition;
  return {
    get name() {
      return definition().name;
    },
    bind: (host) => bind(definition(), host) as unknown as BoundObjects<F>,
  };
}

interface LibraryDefinition extends Omit<AnyDefinition, "bytes"> {
  readonly optional?: readonly string[];
}

/** What a host has, by the names in C. */
interface HostParts {
  readonly programs: ReadonlyMap<string, Program>;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly variables: ReadonlyMap<string, Variable<unknown>>;
}

function partsOf(host: LibraryHost): HostParts {
  if (isCollection(host)) return host;
  if (!(host instanceof LoadedObject)) {
    const problem = "a library is bound to a Collection, or to what a generated module loaded";
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
  }
  const { programs, maps, constants, variables } = LoadedObject.parts(host);
  return {
    programs: new Map(byName(programs)),
    maps: new Map(byName(maps)),
    variables: new Map([...byName(constants), ...byName(variables)]),
  };
}

/** By what it has: its class is part of the loader, which bindings don't bring along. */
function isCollection(host: LibraryHost): host is Collection {
  return host.programs instanceof Map && host.maps instanceof Map && host.variables instanceof Map;
}

function byName<T extends { readonly name: string }>(things: Readonly<Record<string, T | undefined>>): [string, T][] {
  return Object.values(things).flatMap((thing): [string, T][] => (thing === undefined ? [] : [[thing.name, thing]]));
}

function bind(definition: LibraryDefinition, host: LibraryHost): LoadedObject {
  const parts = partsOf(host);
  const found = new Findings(definition);
  const programs = found.each("program", definition.programs, ({ name }) => parts.programs.get(name));
  const shared = found.each("map", definition.maps, ({ name }) => parts.maps.get(name));
  for (const [name, map] of Object.entries(shared)) found.checkMap(map, definition.maps[name]);
  const constants = found.each("constant", definition.constants, ({ name }) => parts.variables.get(name));
  const variables = found.each("variable", definition.variables, ({ name }) => parts.variables.get(name));
  for (const [group, tags] of [
    [constants, definition.constants],
    [variables, definition.variables],
  ] as const)
    for (const [name, variable] of Object.entries(group)) found.checkVariable(variable, tags[name]);
  found.check();

  const own: BpfMap[] = [];
  const close = (): void => closeAll(own);
  try {
    const maps: Record<string, BpfMap> = {};
    for (const [name, map] of Object.entries(shared)) {
      const opened = openTyped(map, definition.maps[name]);
      if (opened !== map) own.push(opened);
      maps[name] = opened;
    }
    return new LoadedObject(
      {
        programs,
        maps,
        constants: typed(constants, definition.constants),
        variables: typed(variables, definition.variables),
        skipped: new Map(),
        close,
      },
      new Map(),
      definition.structOps,
    );
  } catch (error) {
    close();
    throw error;
  }
}

/** Finds what a library names, and collects what does not fit. */
class Findings {
  readonly #definition: LibraryDefinition;
  readonly #optional: ReadonlySet<string>;
  readonly #missing: string[] = [];
  readonly #others: string[] = [];

  constructor(definition: LibraryDefinition) {
    this.#definition = definition;
    this.#optional = new Set(definition.optional);
  }

  each<T extends { readonly name: string }, L>(
    kind: string,
    tags: Readonly<Record<string, T>>,
    find: (tag: T) => L | undefined,
  ): Record<string, L> {
    const found: Record<string, L> = {};
    for (const [name, tag] of Object.entries(tags)) {
      const thing = find(tag);
      if (thing !== undefined) found[name] = thing;
      else if (!this.#optional.has(`${kind} ${name}`)) this.#missing.push(`${kind} ${quoteName(tag.name)}`);
    }
    return found;
  }

  checkMap(map: BpfMap, tag: MapTag | undefined): void {
    if (tag === undefined) return;
    const { type, key, value } = tag;
    const what = `map ${quoteName(tag.name)}`;
    if (type !== undefined && !map.isLike(type)) {
      this.#others.push(`${what} is ${mapTypeName(map.type)}, and not ${mapTypeName(type)}`);
      return;
    }
    this.#checkSize(`keys of ${what}`, map.keySize, key?.size);
    if (map.valueSize > 0) this.#checkSize(`values of ${what}`, map.valueSize, value?.size);
  }

  checkVariable(variable: Variable<unknown>, tag: VariableTag | undefined): void {
    this.#checkSize(`variable ${quoteName(variable.name)}`, variable.size, tag?.codec?.size);
  }

  /** @throws BpfError when something does not fit. */
  check(): void {
    if (this.#missing.length === 0 && this.#others.length === 0) return;
    const lacks = this.#missing.length === 0 ? [] : [`the object has no ${this.#missing.join(", no ")}`];
    const code = this.#missing.length === 0 ? "ERR_BPF_INVALID_ARGUMENT" : "ERR_BPF_NOT_FOUND";
    const hint = "link it with the library that its module was generated from";
    const problem = [...lacks, ...this.#others].join("; ");
    throw new BpfError(code, `library ${quoteName(this.#definition.name)} is not in it: ${problem}; ${hint}`);
  }

  #checkSize(what: string, there: number, wanted: number | undefined): void {
    if (wanted === undefined || there === wanted) return;
    this.#others.push(`${what}: ${there} bytes there, ${wanted} in the library`);
  }
}

/** The host's map with the library's types: another object for it, unless it has what only one object can have. */
function openTyped(map: BpfMap, tag: MapTag | undefined): BpfMap {
  if (map.type === MapType.STRUCT_OPS || map.type === MapType.ARENA) return map;
  return map.cloneAs(tag ?? {});
}

function typed(
  variables: Readonly<Record<string, Variable<unknown>>>,
  tags: Readonly<Record<string, VariableTag>>,
): Record<string, Variable<unknown>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const codec = tags[name]?.codec;
      return [name, codec === undefined ? variable : variable.withCodec(codec)];
    }),
  );
}

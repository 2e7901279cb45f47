import type { BpfError } from "../errors/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { assignLoaded } from "./assign-loaded.ts";
import type { Assigned, Owned, TagTree } from "./target.ts";

/** The live objects of a collection. */
export interface CollectionObjects {
  readonly maps: Map<string, BpfMap>;
  readonly programs: Map<string, Program>;
  readonly variables: Map<string, Variable<unknown>>;
  readonly skipped: ReadonlyMap<string, BpfError>;
}

/**
 * A loaded object: its maps and programs in the kernel. They go when it is closed, unless something else holds them: a link
 * holds its program, a program its maps, a pin whatever it pins.
 */
export class Collection implements Disposable {
  readonly #objects: CollectionObjects;

  /** Takes ownership of what is in `objects`. Collections come from `loadCollection`. */
  constructor(objects: CollectionObjects) {
    this.#objects = objects;
  }

  /** By name; data sections under their section's: `".bss"`. */
  get maps(): ReadonlyMap<string, BpfMap> {
    return this.#objects.maps;
  }

  /** By name of the C function. */
  get programs(): ReadonlyMap<string, Program> {
    return this.#objects.programs;
  }

  /** Global variables and constants of the maps that were loaded, by name. */
  get variables(): ReadonlyMap<string, Variable<unknown>> {
    return this.#objects.variables;
  }

  /** Programs and maps that the load went on without (`optionalPrograms`, `optionalMaps`), by name, and what this kernel lacks for each. */
  get skipped(): ReadonlyMap<string, BpfError> {
    return this.#objects.skipped;
  }

  /**
   * Takes a map out of the collection: {@link Collection.close} leaves it open, the caller closes it. `undefined` when there is none
   * of that name. Variables of a data section that is taken out stay usable as long as its map is open.
   */
  detachMap(name: string): BpfMap | undefined {
    const map = this.#objects.maps.get(name);
    this.#objects.maps.delete(name);
    return map;
  }

  /** Takes a program out of the collection: {@link Collection.close} leaves it open. `undefined` when there is none of that name. */
  detachProgram(name: string): Program | undefined {
    const program = this.#objects.programs.get(name);
    this.#objects.programs.delete(name);
    return program;
  }

  /**
   * Fills a target with the programs, maps and variables that its tags name. They are the target's from then on, with the maps that
   * variables are in: its `close()` closes them, and {@link Collection.close} leaves them open.
   *
   * ```ts
   * using objects = collection.assign({ count: ebpf.program("count"), flows: ebpf.map("flows", FlowKey, FlowStats) });
   * collection.close(); // what else was loaded
   * ```
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` for what the collection does not have (any more), `ERR_BPF_INVALID_ARGUMENT` for a target that
   *   is none, and tags for other kinds or sizes; nothing has changed hands then
   */
  assign<T extends TagTree>(target: T): Assigned<T> & Owned<T>;
  /** Fills the fields of `target` that are decorated with `@ebpf(…)`, and returns it. */
  assign<T extends object>(target: T): T & Owned<T>;
  assign(target: object): object {
    return assignLoaded(this.#objects, target);
  }

  /** Closes all maps and programs. Idempotent. Links stay attached. */
  close(): void {
    for (const program of this.#objects.programs.values()) program.close();
    for (const map of this.#objects.maps.values()) map.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

import type { BpfMap } from "../maps/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { assign, loadAndAssign, loadAndAssignSync } from "./assign.ts";
import type { Collection } from "./collection.ts";
import { loadCollection, loadCollectionSync } from "./load-collection.ts";
import type { CollectionOptions } from "./load-collection.ts";
import type { Abortable, LoadOptions } from "./load-options.ts";
import { copyRewrittenMaps, rewriteMaps } from "./rewrite-maps.ts";
import type { Assigned, AssignedSpecs, Owned, TagTree } from "./target.ts";

/** A {@link CollectionSpec} with the ways of loading it as methods. */
export class LoadableSpec extends CollectionSpec {
  /** Reads an object file that is in memory; `name` is for messages. */
  static override parse(bytes: Uint8Array, name?: string): LoadableSpec {
    return new LoadableSpec(CollectionSpec.parse(bytes, name));
  }

  override copy(): LoadableSpec {
    const copy = new LoadableSpec(super.copy());
    copyRewrittenMaps(this, copy);
    return copy;
  }

  /** Loads all of it: see {@link loadCollection}. */
  load(options?: CollectionOptions & Abortable): Promise<Collection> {
    return loadCollection(this, options);
  }

  /** Loads all of it: see {@link loadCollectionSync}. */
  loadSync(options?: CollectionOptions): Collection {
    return loadCollectionSync(this, options);
  }

  /** Loads what the target's tags name: see {@link loadAndAssign}. */
  loadAndAssign<T extends TagTree>(target: T, options?: LoadOptions & Abortable): Promise<Assigned<T> & Owned<T>>;
  /** Loads what the fields decorated with `@ebpf(…)` name, and fills them. */
  loadAndAssign<T extends object>(target: T, options?: LoadOptions & Abortable): Promise<T & Owned<T>>;
  loadAndAssign(target: object, options?: LoadOptions & Abortable): Promise<object> {
    return loadAndAssign(this, target, options);
  }

  /** {@link LoadableSpec.loadAndAssign}, one program after the other on the calling thread. */
  loadAndAssignSync<T extends TagTree>(target: T, options?: LoadOptions): Assigned<T> & Owned<T>;
  /** Loads what the fields decorated with `@ebpf(…)` name, and fills them. */
  loadAndAssignSync<T extends object>(target: T, options?: LoadOptions): T & Owned<T>;
  loadAndAssignSync(target: object, options?: LoadOptions): object {
    return loadAndAssignSync(this, target, options);
  }

  /**
   * Makes programs use maps that exist, by the names of the object's own, which are then no longer part of the spec. The maps must stay
   * open until it is loaded, and their shape is not compared.
   *
   * @deprecated The option `mapReplacements` of loading compares shapes and keeps the maps open itself.
   * @throws BpfError `ERR_BPF_NOT_FOUND` for a name that no program refers to.
   */
  rewriteMaps(maps: Readonly<Record<string, BpfMap>>): void {
    rewriteMaps(this, maps);
  }

  /** The specs that the target's tags name: see {@link assign}. */
  assign<T extends TagTree>(target: T): AssignedSpecs<T>;
  /** Fills the fields decorated with `@ebpf(…)` with specs. */
  assign<T extends object>(target: T): T;
  assign(target: object): object {
    return assign(this, target);
  }
}

import type { LoadableSpec } from "../collection/index.ts";
import { BpfError } from "../errors/index.ts";
import type { AnyDefinition, BpfObject, Fields, ObjectDefinition } from "./bpf-object.ts";
import type { AnyLoadOptions } from "./load-object.ts";
import type { LoadedObject } from "./loaded-object.ts";

/**
 * Makes an object of what generated code says about it. Nothing is decoded or read before it is used, and the loader is imported
 * when something is first loaded.
 *
 * @param define called once, when the object is first used
 */
export function defineObject<F extends Fields>(define: () => ObjectDefinition<F>): BpfObject<F> {
  // F describes what `define` returns, name by name; from here on names are data.
  return new DefinedObject(define as () => AnyDefinition) as unknown as BpfObject<F>;
}

/** @internal What a module says of an object that {@link defineObject} made. */
export function definitionOf<F extends Fields>(object: BpfObject<F>): AnyDefinition {
  // What defineObject returns, unless the caller has no types.
  const given: unknown = object;
  if (given instanceof DefinedObject) return given.definition;
  const problem = "what is loaded must be an object of a module made by bpf-codegen, for this copy of bpf-loader";
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
}

class DefinedObject {
  readonly #define: () => AnyDefinition;
  #definition: AnyDefinition | undefined;

  constructor(define: () => AnyDefinition) {
    this.#define = define;
  }

  get definition(): AnyDefinition {
    this.#definition ??= this.#define();
    return this.#definition;
  }

  get name(): string {
    return this.definition.name;
  }

  bytes(): Uint8Array {
    return this.definition.bytes();
  }

  async spec(): Promise<LoadableSpec> {
    const { specOf } = await import("./load-object.ts");
    return specOf(this.definition);
  }

  async load(options?: AnyLoadOptions): Promise<LoadedObject> {
    const { loadDefinition } = await import("./load-object.ts");
    return loadDefinition(this.definition, options);
  }
}

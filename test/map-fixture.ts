import { readFileSync } from "node:fs";
import type { TestContext } from "vitest";
import type { Collection } from "../packages/loader/src/collection/collection.ts";
import { loadCollectionSync } from "../packages/loader/src/collection/load-collection.ts";
import { NotSupportedError, VerifierError } from "../packages/loader/src/errors/index.ts";
import type { BpfMap } from "../packages/loader/src/maps/index.ts";
import type { Program } from "../packages/loader/src/programs/index.ts";
import { CollectionSpec } from "../packages/loader/src/spec/index.ts";

/** An object of packages/loader/src/maps/fixtures in the kernel, with everything in it. */
export class MapFixture implements Disposable {
  readonly #collection: Collection;

  private constructor(collection: Collection) {
    this.#collection = collection;
  }

  static load(name: string): MapFixture {
    const path = new URL(`../packages/loader/src/maps/fixtures/${name}.el.o`, import.meta.url);
    return new MapFixture(loadCollectionSync(CollectionSpec.parse(readFileSync(path))));
  }

  /** {@link load}; where the kernel lacks a kind of map or program, or a helper function, the test is skipped with the reason. */
  static loadOrSkip(context: TestContext, name: string): MapFixture {
    try {
      return MapFixture.load(name);
    } catch (error) {
      const isLack =
        error instanceof NotSupportedError ||
        (error instanceof VerifierError && error.message.includes("unknown func"));
      if (isLack) context.skip(error.message);
      throw error;
    }
  }

  program(name: string): Program {
    const program = this.#collection.programs.get(name);
    if (program === undefined) throw new Error(`the fixture has no program ${name}`);
    return program;
  }

  map<M extends BpfMap>(name: string, Class: abstract new (...rest: never) => M): M {
    const map = this.#collection.maps.get(name);
    if (!(map instanceof Class)) throw new Error(`the fixture has no ${Class.name} ${name}`);
    return map;
  }

  /** Value of a global variable. */
  get(name: string): unknown {
    return this.#collection.variables.get(name)?.get();
  }

  set(name: string, value: unknown): void {
    const variable = this.#collection.variables.get(name);
    if (variable === undefined) throw new Error(`the fixture has no variable ${name}`);
    variable.set(value);
  }

  [Symbol.dispose](): void {
    this.#collection.close();
  }
}

import { readdirSync, readFileSync } from "node:fs";
import type { TestContext } from "vitest";
import type { Collection } from "../packages/loader/src/collection/collection.ts";
import { loadCollectionSync } from "../packages/loader/src/collection/load-collection.ts";
import { BpfError, NotSupportedError, VerifierError } from "../packages/loader/src/errors/index.ts";
import { CollectionSpec } from "../packages/loader/src/spec/index.ts";
import type { Program } from "../packages/loader/src/programs/index.ts";

const bytes = readFileSync(new URL("../packages/loader/src/links/fixtures/attach.el.o", import.meta.url));

/** Some programs of the object with one program for each way of attaching, and their counters. */
export class AttachFixture implements Disposable {
  readonly #collection: Collection;

  private constructor(collection: Collection) {
    this.#collection = collection;
  }

  static load(...programs: readonly string[]): AttachFixture {
    return new AttachFixture(loadCollectionSync(CollectionSpec.parse(bytes), { programs }));
  }

  /** {@link load}; where this kernel does not load them, the test is skipped with the reason. */
  static loadOrSkip(context: TestContext, ...programs: readonly string[]): AttachFixture {
    return skipUnlessLoaded(context, () => AttachFixture.load(...programs));
  }

  /** The program `on_freplace`, made for a function of `target`; skips as {@link loadOrSkip}. */
  static extending(context: TestContext, target: Program): AttachFixture {
    const options = { programs: ["on_freplace"], attachTargets: { on_freplace: target } };
    const load = (): Collection => loadCollectionSync(CollectionSpec.parse(bytes), options);
    return new AttachFixture(skipUnlessLoaded(context, load));
  }

  program(name: string): Program {
    const program = this.#collection.programs.get(name);
    if (program === undefined) throw new Error(`the fixture has no program ${name}`);
    return program;
  }

  map(name: string): { readonly fd: number } {
    const map = this.#collection.maps.get(name);
    if (map === undefined) throw new Error(`the fixture has no map ${name}`);
    return map;
  }

  /** A counter of the object. */
  read(name: string): bigint {
    const value = this.#collection.variables.get(name)?.get();
    if (typeof value !== "bigint") throw new Error(`the fixture has no counter ${name}`);
    return value;
  }

  [Symbol.dispose](): void {
    this.#collection.close();
  }
}

const olderKernel = /invalid func unknown#|unknown func|can be sleepable|must provide btf_id/;

/** What `load` gives; where the kernel lacks what it needs, the test is skipped with the reason. */
export function skipUnlessLoaded<T>(context: TestContext, load: () => T): T {
  try {
    return load();
  } catch (error) {
    // Of the verifier's refusals, only those of helpers and program types that came later are the kernel's fault.
    const skip = error instanceof VerifierError ? olderKernel.test(error.message) : error instanceof BpfError;
    if (skip) context.skip(String(error));
    throw error;
  }
}

/** What `attach` gives; where the kernel lacks the feature, the test is skipped with the reason. */
export function attachOrSkip<T>(context: TestContext, attach: () => T): T {
  try {
    return attach();
  } catch (error) {
    if (error instanceof NotSupportedError) context.skip(error.message);
    throw error;
  }
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

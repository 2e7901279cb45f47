/**
 * One thing that the library does with the kernel, to be tried with calls that fail.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { CollectionSpec } from "../../packages/loader/src/spec/index.ts";

/** Where an operation is made ready. */
export interface Workspace {
  /** A folder in a bpf file system, empty. */
  readonly pinPath: string;
  /** Keeps something open until the operation has been tried in all ways. */
  readonly keep: <T extends Disposable>(thing: T) => T;
}

/** What an operation opened, for the caller to close. */
type Opened = Disposable | undefined | void;

export interface Operation {
  readonly name: string;
  /** Opens what the operation needs; its calls don't fail. @returns what is tried again and again */
  readonly prepare: (workspace: Workspace) => () => Opened | Promise<Opened>;
}

/** An object of the loader's tests: `"links/fixtures/attach"`. */
export function fixture(name: string): CollectionSpec {
  const path = new URL(`../../packages/loader/src/${name}.el.o`, import.meta.url);
  return CollectionSpec.parse(readFileSync(path), name.replace(/^.*\//, ""));
}

export function named<T>(objects: ReadonlyMap<string, T>, name: string): T {
  const found = objects.get(name);
  if (found === undefined) throw new Error(`the object has no ${name}`);
  return found;
}

/** Does something with what was opened, and closes it when that fails. */
export function opened<T extends Disposable>(thing: T, use: (thing: T) => void): T {
  try {
    use(thing);
    return thing;
  } catch (error) {
    thing[Symbol.dispose]();
    throw error;
  }
}

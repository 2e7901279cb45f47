import { CollectionSpec } from "../spec/index.ts";
import { Collection } from "./collection.ts";
import { LiveObjects } from "./live-objects.ts";
import type { Abortable, Choice, LoadOptions } from "./load-options.ts";
import type { Loaded } from "./loader.ts";
import { parseObjectFile } from "./object-file.ts";
import { runLoad, runLoadSync } from "./run-load.ts";
import type { Begun } from "./run-load.ts";
import { everything } from "./selection.ts";
import type { Wanted } from "./selection.ts";

/** Which objects of a collection are loaded, and how. */
export interface CollectionOptions extends Choice, LoadOptions {}

/**
 * Loads a collection, or an object file by its path: creates its maps, gives them their initial content, and has its programs
 * verified, in parallel. A spec stays as it is and can be loaded again.
 *
 * @example
 * using collection = await loadCollection("counter.bpf.o", { constants: { target_pid: 42 } });
 *
 * @throws BpfError: VerifierError for a program that the verifier refuses, IncompatibleMapError for a replacement of another shape,
 * and others that say what the kernel lacks or the process may not. Nothing stays open then.
 */
export async function loadCollection(
  source: CollectionSpec | string | URL,
  options: CollectionOptions & Abortable = {},
): Promise<Collection> {
  const spec = specOf(source);
  return runLoad(spec, wantedBy(spec, options), options, toCollection);
}

/** {@link loadCollection}, one program after the other on the calling thread. */
export function loadCollectionSync(source: CollectionSpec | string | URL, options: CollectionOptions = {}): Collection {
  const spec = specOf(source);
  return runLoadSync(spec, wantedBy(spec, options), options, toCollection);
}

function specOf(source: CollectionSpec | string | URL): CollectionSpec {
  if (source instanceof CollectionSpec) return source;
  return parseObjectFile(source, (bytes, name) => CollectionSpec.parse(bytes, name));
}

function wantedBy(spec: CollectionSpec, { programs, maps, autocreate }: CollectionOptions): Wanted {
  const all = everything(spec, autocreate);
  return {
    programs: programs ?? all.programs,
    allPrograms: programs === undefined,
    maps: maps ?? all.maps,
    allMaps: maps === undefined,
  };
}

/** What there is of names. */
function present<T>(names: Iterable<string>, find: (name: string) => T | undefined): Map<string, T> {
  const found = new Map<string, T>();
  for (const name of names) {
    const object = find(name);
    if (object !== undefined) found.set(name, object);
  }
  return found;
}

function toCollection(loaded: Loaded, spec: CollectionSpec): Begun<Collection> {
  const objects = new LiveObjects(loaded, spec);
  try {
    const maps = present(loaded.maps.keys(), (name) => objects.map(name));
    const variables = present(objects.variableNames, (name) => objects.variable(name));
    return {
      finish: () => new Collection({ programs: new Map(loaded.programs), maps, variables, skipped: loaded.skipped }),
      close: () => objects.close(),
    };
  } catch (error) {
    objects.close();
    throw error;
  }
}

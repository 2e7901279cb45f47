import type { CollectionSpec } from "../spec/index.ts";
import { Collection } from "./collection.ts";
import { LiveObjects } from "./live-objects.ts";
import type { Abortable, Choice, LoadOptions } from "./load-options.ts";
import type { Loaded } from "./loader.ts";
import { runLoad, runLoadSync } from "./run-load.ts";
import type { Begun } from "./run-load.ts";
import { everything } from "./selection.ts";
import type { Wanted } from "./selection.ts";

/** Which objects of a collection are loaded, and how. */
export interface CollectionOptions extends Choice, LoadOptions {}

/**
 * Loads a collection: creates its maps, gives them their initial content, and has its programs verified, in parallel. The spec
 * stays as it is and can be loaded again.
 *
 * @example
 * const collection = await loadCollection(await loadCollectionSpec("counter.bpf.o"), { constants: { target_pid: 42 } });
 *
 * @throws BpfError: VerifierError for a program that the verifier refuses, IncompatibleMapError for a replacement of another shape,
 * and others that say what the kernel lacks or the process may not. Nothing stays open then.
 */
export function loadCollection(spec: CollectionSpec, options: CollectionOptions & Abortable = {}): Promise<Collection> {
  return runLoad(spec, wantedBy(spec, options), options, toCollection);
}

/** {@link loadCollection}, one program after the other on the calling thread. */
export function loadCollectionSync(spec: CollectionSpec, options: CollectionOptions = {}): Collection {
  return runLoadSync(spec, wantedBy(spec, options), options, toCollection);
}

function wantedBy(spec: CollectionSpec, { programs, maps, autocreate }: CollectionOptions): Wanted {
  const all = everything(spec, autocreate);
  return { programs: programs ?? all.programs, maps: maps ?? all.maps };
}

function toCollection(loaded: Loaded, spec: CollectionSpec): Begun<Collection> {
  const objects = new LiveObjects(loaded, spec);
  try {
    const maps = new Map(Array.from(loaded.maps.keys(), (name) => [name, objects.map(name)]));
    const variables = new Map(objects.variableNames.map((name) => [name, objects.variable(name)]));
    return {
      finish: () => new Collection({ programs: new Map(loaded.programs), maps, variables, skipped: loaded.skipped }),
      close: () => objects.close(),
    };
  } catch (error) {
    objects.close();
    throw error;
  }
}

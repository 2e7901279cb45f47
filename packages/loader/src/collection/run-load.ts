import type { BpfError } from "../errors/index.ts";
import { FIRST_LOG_BYTES, loadFailure, loadProgram, loadProgramAsync } from "../programs/index.ts";
import type { LoadOutcome, LogRequest } from "../programs/index.ts";
import type { CollectionSpec } from "../spec/index.ts";
import type { Abortable, LoadOptions } from "./load-options.ts";
import { Loader } from "./loader.ts";
import type { Loaded } from "./loader.ts";
import type { PreparedProgram } from "./prepare-program.ts";
import type { Wanted } from "./selection.ts";

/** What becomes of a load: makes live objects of its descriptors. It begins when the maps are there, while programs are verified. */
export type Completion<T> = (loaded: Loaded, spec: CollectionSpec) => Begun<T>;

/** Live objects of maps, which wait for the programs. */
export interface Begun<T> {
  /** Called when `loaded` has all programs. When it throws, everything is closed. */
  finish(): T;
  /** Closes them, after a failure. */
  close(): void;
}

/** Loads with programs verified in parallel, on the thread pool. */
export async function runLoad<T>(
  spec: CollectionSpec,
  wanted: Wanted,
  options: LoadOptions & Abortable,
  complete: Completion<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const loader = new Loader(spec, wanted, options);
  let begun: Begun<T> | undefined;
  try {
    const prepared = loader.prepare();
    const request = logRequest(options);
    const loading = prepared.map(({ values }) => loadProgramAsync(values, request));
    let failures: readonly ((() => never) | undefined)[];
    try {
      begun = complete(loader.loaded, loader.spec);
    } finally {
      // The kernel can't be interrupted: all are waited for, whatever happens to one.
      const loads = await Promise.allSettled(loading);
      // All descriptors are taken before the first failure is reported, so that none is lost.
      failures = prepared.map((program, index) => adopt(loader, program, loads[index]));
    }
    throwFirst(failures);
    options.signal?.throwIfAborted();
    loader.finish();
    return begun.finish();
  } catch (error) {
    begun?.close();
    loader.closeAll();
    throw error;
  } finally {
    loader.closeTypes();
  }
}

/** The same, one program after the other. */
export function runLoadSync<T>(spec: CollectionSpec, wanted: Wanted, options: LoadOptions, complete: Completion<T>): T {
  const loader = new Loader(spec, wanted, options);
  let begun: Begun<T> | undefined;
  try {
    const prepared = loader.prepare();
    const request = logRequest(options);
    for (const program of prepared) {
      const outcome = loadProgram(program.values, request);
      if (outcome.result < 0) throw failureOf(program, outcome);
      loader.adopt(program, outcome);
    }
    begun = complete(loader.loaded, loader.spec);
    loader.finish();
    return begun.finish();
  } catch (error) {
    begun?.close();
    loader.closeAll();
    throw error;
  } finally {
    loader.closeTypes();
  }
}

function logRequest({ verifierLog }: LoadOptions): LogRequest | undefined {
  if (verifierLog === undefined) return undefined;
  return { level: verifierLog.level ?? 1, size: verifierLog.size ?? FIRST_LOG_BYTES };
}

/** What went wrong with a program, as something to throw; `undefined` when it loaded. */
function adopt(
  loader: Loader,
  program: PreparedProgram,
  load: PromiseSettledResult<LoadOutcome> | undefined,
): (() => never) | undefined {
  if (load === undefined) return undefined;
  if (load.status === "rejected") {
    const reason: unknown = load.reason;
    return () => {
      throw reason;
    };
  }
  const outcome = load.value;
  loader.adopt(program, outcome);
  if (outcome.result >= 0) return undefined;
  return () => {
    throw failureOf(program, outcome);
  };
}

function throwFirst(failures: readonly ((() => never) | undefined)[]): void {
  for (const failure of failures) failure?.();
}

function failureOf({ spec, linked, poisoned, missingFunctions }: PreparedProgram, outcome: LoadOutcome): BpfError {
  return loadFailure(spec, outcome, { lines: linked.lines, poisoned, missingFunctions });
}

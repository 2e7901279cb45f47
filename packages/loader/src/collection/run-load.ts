import { SLOT_BYTES } from "../asm/code.ts";
import type { BpfError } from "../errors/index.ts";
import {
  FIRST_LOG_BYTES,
  isWorthRetrying,
  loadFailure,
  loadProgram,
  loadProgramAsync,
  STATISTICS_LEVEL,
} from "../programs/index.ts";
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
  try {
    return await loadOnce(spec, wanted, options, complete);
  } catch (error) {
    if (!isWorthRetrying(error, options)) throw error;
    return await loadOnce(spec, wanted, options, complete);
  }
}

/** The same, one program after the other. */
export function runLoadSync<T>(spec: CollectionSpec, wanted: Wanted, options: LoadOptions, complete: Completion<T>): T {
  try {
    return loadOnceSync(spec, wanted, options, complete);
  } catch (error) {
    if (!isWorthRetrying(error, options)) throw error;
    return loadOnceSync(spec, wanted, options, complete);
  }
}

async function loadOnce<T>(
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
    let failures: readonly ((() => void) | undefined)[];
    try {
      begun = complete(loader.loaded, loader.spec);
    } finally {
      // The kernel can't be interrupted: all are waited for, whatever happens to one.
      const loads = await Promise.allSettled(loading);
      // All descriptors are taken before the first failure is reported, so that none is lost.
      failures = prepared.map((program, index) => adopt(loader, program, loads[index]));
    }
    for (const failure of failures) failure?.();
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

function loadOnceSync<T>(spec: CollectionSpec, wanted: Wanted, options: LoadOptions, complete: Completion<T>): T {
  const loader = new Loader(spec, wanted, options);
  let begun: Begun<T> | undefined;
  try {
    const prepared = loader.prepare();
    const request = logRequest(options);
    for (const program of prepared) {
      const outcome = loadProgram(program.values, request);
      loader.adopt(program, outcome);
      if (outcome.result >= 0) continue;
      const failure = failureOf(program, outcome);
      if (!loader.skip(program.key, failure)) throw failure;
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

function logRequest({ verifierLog, verifierStatistics }: LoadOptions): LogRequest | undefined {
  const statistics = verifierStatistics === true ? STATISTICS_LEVEL : 0;
  if (verifierLog === false) return { level: statistics, size: FIRST_LOG_BYTES };
  if (verifierLog === undefined && statistics === 0) return undefined;
  const { level = verifierLog === undefined ? 0 : 1, size = FIRST_LOG_BYTES } = verifierLog ?? {};
  return { level: level | statistics, size };
}

/** What went wrong with a program, as something to throw; `undefined` when it loaded. */
function adopt(
  loader: Loader,
  program: PreparedProgram,
  load: PromiseSettledResult<LoadOutcome> | undefined,
): (() => void) | undefined {
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
    const failure = failureOf(program, outcome);
    if (!loader.skip(program.key, failure)) throw failure;
  };
}

function failureOf(program: PreparedProgram, outcome: LoadOutcome): BpfError {
  const { spec, linked, poisoned, missingFunctions, missingMaps } = program;
  const { code, lines } = linked;
  return loadFailure(spec, outcome, {
    lines,
    poisoned,
    missingFunctions,
    missingMaps,
    instructions: code.length / SLOT_BYTES,
  });
}

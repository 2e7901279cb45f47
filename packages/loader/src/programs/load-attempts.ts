import { Errno } from "../sys/index.ts";
import type { programLoad, Values } from "../sys/index.ts";
import { logLines } from "./verifier-log.ts";

/** Attribute of BPF_PROG_LOAD. */
export type ProgramLoadValues = Values<typeof programLoad>;

/** A log that is wanted whether the load fails or not. */
export interface LogRequest {
  /** Bits: 1 = branches, 2 = every instruction, 4 = statistics (since Linux 5.2). */
  readonly level: number;
  /** Bytes to start with; it grows until the log fits. */
  readonly size: number;
}

/** How a load ended. */
export interface LoadOutcome {
  /** The program's descriptor, or `-errno` of the first attempt. */
  readonly result: number;
  /** The verifier's log; empty when none was asked for, or the kernel wrote none. */
  readonly log: readonly string[];
  /** The log did not fit into the largest buffer. */
  readonly truncated: boolean;
}

/** Most logs fit. */
export const FIRST_LOG_BYTES = 64 * 1024;
/** Enough for a million instructions; kernels before 5.2 refuse more than 16 MiB, which counts as a log that does not fit. */
const LAST_LOG_BYTES = 64 * 1024 * 1024;
/** EAGAIN: the verifier was interrupted by a signal. */
const INTERRUPTED_RETRIES = 5;

/**
 * The calls of BPF_PROG_LOAD that it takes to load a program, one after the other: each is to be made, and its result
 * passed to `next`. The first makes no log, which is a lot faster; only a failure is repeated with one.
 */
export function* loadAttempts(
  values: ProgramLoadValues,
  request: LogRequest | undefined,
): Generator<ProgramLoadValues, LoadOutcome, number> {
  if (request === undefined) {
    const result = yield* uninterrupted(values);
    if (result >= 0) return { result, log: [], truncated: false };
    return yield* withLog(values, { level: 1, size: FIRST_LOG_BYTES }, result);
  }
  return yield* withLog(values, request, undefined);
}

/** `failure` is what the same load gave without a log. */
function* withLog(
  values: ProgramLoadValues,
  request: LogRequest,
  failure: number | undefined,
): Generator<ProgramLoadValues, LoadOutcome, number> {
  let log: readonly string[] = [];
  for (let size = request.size; size <= LAST_LOG_BYTES; size *= 4) {
    const logBuf = new Uint8Array(size);
    const result = yield* uninterrupted({ ...values, logLevel: request.level, logSize: size, logBuf });
    if (result === -Errno.EINVAL && log.length > 0) break; // a buffer of this size is refused: the last one was the largest
    log = logLines(logBuf);
    if (result !== -Errno.ENOSPC) return { result: result < 0 ? (failure ?? result) : result, log, truncated: false };
  }
  // The log alone can be what fails.
  const result = failure ?? (yield* uninterrupted(values));
  return { result, log, truncated: true };
}

function* uninterrupted(values: ProgramLoadValues): Generator<ProgramLoadValues, number, number> {
  let result = yield values;
  for (let retry = 0; result === -Errno.EAGAIN && retry < INTERRUPTED_RETRIES; retry++) result = yield values;
  return result;
}

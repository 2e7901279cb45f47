import { callBpf, callBpfAsync, Errno, programLoad } from "../sys/index.ts";
import type { CallResult, Values } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { logLines } from "./verifier-log.ts";

/** Attribute of BPF_PROG_LOAD. */
export type ProgramLoadValues = Values<typeof programLoad>;

/** A log that is wanted whether the load fails or not. */
export interface LogRequest {
  /** Bits: 1 = branches, 2 = every instruction, 4 = statistics (since Linux 5.2). 0 = none, not even of a failure. */
  readonly level: number;
  /** Bytes to start with; it grows until the log fits, up to 16 MiB, or to this if it is more. */
  readonly size: number;
}

/** How a load ended. */
export interface LoadOutcome {
  /** The program's descriptor, or `-errno` of the first attempt. */
  readonly result: number;
  /** The verifier's log; empty when none was asked for, or the kernel wrote none. */
  readonly log: readonly string[];
  /** The log did not fit into the largest buffer: its middle is missing, or since Linux 6.4 its start. */
  readonly truncated: boolean;
}

/** Most logs fit. */
export const FIRST_LOG_BYTES: number = 64 * 1024;
/** What kernels before 5.2 take at most. Beyond, nobody reads a log. */
const LAST_LOG_BYTES = 16 * 1024 * 1024;
/** Of a log, only the verdict and statistics. Since Linux 5.2. */
const VERDICT = 4;
/** Bits of the log level of which a failure needs one to be explained. */
const REASONS = 3;
/** EAGAIN: a signal interrupted the verifier. */
const INTERRUPTED_RETRIES = 5;

/** Loads a program on the calling thread (BPF_PROG_LOAD). */
export function loadProgram(values: ProgramLoadValues, request: LogRequest | undefined): LoadOutcome {
  const attempts = loadAttempts(values, request);
  let step = attempts.next();
  while (step.done !== true) step = attempts.next(callBpf(Command.PROG_LOAD, programLoad, step.value));
  return step.value;
}

/** Loads a program on the thread pool. */
export async function loadProgramAsync(
  values: ProgramLoadValues,
  request: LogRequest | undefined,
): Promise<LoadOutcome> {
  const attempts = loadAttempts(values, request);
  let step = attempts.next();
  while (step.done !== true) step = attempts.next(await callBpfAsync(Command.PROG_LOAD, programLoad, step.value));
  return step.value;
}

type Answer = CallResult<typeof programLoad>;

/** Yields calls that are to be made, and takes what they gave. */
type Attempts<T> = Generator<ProgramLoadValues, T, Answer>;

/**
 * The calls that it takes to load a program, one after the other. The first makes no log, which is a lot faster; only a failure
 * is repeated with one.
 */
export function* loadAttempts(values: ProgramLoadValues, request: LogRequest | undefined): Attempts<LoadOutcome> {
  if (request === undefined) {
    const { result } = yield* uninterrupted(values);
    if (result >= 0) return { result, log: [], truncated: false };
    return yield* withLog(values, { level: 1, size: FIRST_LOG_BYTES }, result);
  }
  if (request.level === 0) return { result: (yield* uninterrupted(values)).result, log: [], truncated: false };
  const outcome = yield* withLog(values, request, undefined);
  const isSilent = (request.level & REASONS) === 0;
  return outcome.result < 0 && isSilent
    ? yield* withLog(values, { ...request, level: request.level | 1 }, outcome.result)
    : outcome;
}

/** `failure` is what the same load gave without a log. */
function* withLog(values: ProgramLoadValues, request: LogRequest, failure: number | undefined): Attempts<LoadOutcome> {
  let log: readonly string[] = [];
  let keepsEnd = false;
  const largest = Math.max(LAST_LOG_BYTES, request.size);
  for (let size = request.size; size <= largest;) {
    const logBuf = new Uint8Array(size);
    const { result, attribute } = yield* uninterrupted({ ...values, logLevel: request.level, logSize: size, logBuf });
    log = logLines(logBuf);
    if (result !== -Errno.ENOSPC) return { result: result < 0 ? (failure ?? result) : result, log, truncated: false };
    keepsEnd = attribute.logTrueSize > 0;
    // Since Linux 6.4 the kernel says how much it takes; a second run of the verifier can differ by a little.
    size = attribute.logTrueSize > size ? attribute.logTrueSize + FIRST_LOG_BYTES : size * 16;
  }
  // A log that does not fit is a failure of its own: without one, the program may load.
  const result = failure ?? (yield* uninterrupted(values)).result;
  if (result >= 0 || keepsEnd) return { result, log, truncated: true };
  // Older kernels keep the start, and the verdict is at the end.
  const verdict = new Uint8Array(FIRST_LOG_BYTES);
  const asked = { ...values, logLevel: VERDICT, logSize: verdict.length, logBuf: verdict };
  const last = (yield* uninterrupted(asked)).result;
  return { result: last >= 0 ? last : result, log: [...log, ...logLines(verdict)], truncated: true };
}

function* uninterrupted(values: ProgramLoadValues): Attempts<Answer> {
  let answer = yield values;
  for (let retry = 0; answer.result === -Errno.EAGAIN && retry < INTERRUPTED_RETRIES; retry++) answer = yield values;
  return answer;
}

import {
  explainSyscall,
  errnoName,
  FileDescriptor,
  linkCreate,
  rawTracepointOpen,
  tryBpf,
  type FailureContext,
  type Values,
} from "../sys/index.ts";
import { type BpfError, quoteName } from "../errors/index.ts";
import { Command } from "../uapi/index.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { describeProgram } from "./attachable-program.ts";

/**
 * What a kind knows about a failure. Called only after one, with the error's name, so that it may look around for the cause;
 * it may also throw an error of its own.
 */
export type Explain = (errno: string) => FailureContext;

/** `link of program "count"`: what the descriptor is called in messages. */
export function linkName(program: AttachableProgram): string {
  return `link of program ${quoteName(program.name)}`;
}

/**
 * BPF_LINK_CREATE for `program`.
 *
 * @param values what it is attached to; the program's descriptor is put in here.
 * @throws BpfError from `explain`, or as `explainSyscall` finds with its answer.
 */
export function createLink(
  program: AttachableProgram,
  values: Values<typeof linkCreate>,
  explain: Explain,
): FileDescriptor {
  const result = tryBpf(Command.LINK_CREATE, linkCreate, { ...values, progFd: program.fd });
  if (result < 0) throw attachError(result, "BPF_LINK_CREATE", program, explain);
  return new FileDescriptor(result, linkName(program));
}

/**
 * BPF_RAW_TRACEPOINT_OPEN for `program`: with a name for raw tracepoints; without one it attaches a program to what it was
 * loaded for, on every kernel that can load it.
 */
export function openRawTracepoint(
  program: AttachableProgram,
  values: Values<typeof rawTracepointOpen>,
  explain: Explain,
): FileDescriptor {
  const result = tryBpf(Command.RAW_TRACEPOINT_OPEN, rawTracepointOpen, { ...values, progFd: program.fd });
  if (result < 0) throw attachError(result, "BPF_RAW_TRACEPOINT_OPEN", program, explain);
  return new FileDescriptor(result, linkName(program));
}

/** The error for a call that failed while `program` was attached. */
export function attachError(errno: number, command: string, program: AttachableProgram, explain: Explain): BpfError {
  return explainSyscall(errno, command, describeProgram(program), explain(errnoName(errno)));
}

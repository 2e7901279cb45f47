/**
 * What probes try out: programs, maps and links that do nothing, and are gone when the answer is there.
 *
 * @module
 */
import {
  addon,
  Errno,
  explainSyscall,
  kernelVersionCode,
  mapCreate,
  programLoad,
  stringFromBytes,
  tryBpf,
  type Values,
} from "../sys/index.ts";
import { Command, ProgramType } from "../uapi/index.ts";

/** A descriptor or network interface that does not exist. */
export const NOWHERE = 0x7fff_fff0;

/** `r0 = 1; exit`, in the machine's byte order. */
export const RETURN_1: Uint8Array = returnNumber(1);

/** The longest program that kernels before Linux 5.2 take: BPF_MAXINSNS of the kernel's include/uapi/linux/bpf_common.h. */
export const FORMER_INSTRUCTION_LIMIT = 4096;

/** An instruction is an opcode, two registers in a byte, an offset of 16 bits and a number of 32. */
function returnNumber(value: number): Uint8Array {
  const insns = new Uint8Array(16);
  insns[0] = 0xb7;
  new Int32Array(insns.buffer, 4, 1)[0] = value;
  insns[8] = 0x95;
  return insns;
}

/** What the kernel made of a program. */
export interface ProgramAttempt {
  /** ≥ 0, or -errno. */
  readonly result: number;
  /** What the verifier wrote: empty when the kernel refused the program before it was looked at. */
  readonly log: string;
}

const LOG_BYTES = 4096;

/** Loads a program, by default one that returns 1, and closes it. */
export function tryProgram(values: Values<typeof programLoad>): ProgramAttempt {
  const logBuf = new Uint8Array(LOG_BYTES);
  const result = loadTried({ logLevel: 1, logSize: LOG_BYTES, logBuf, ...values });
  if (result >= 0) addon().close(result);
  return { result, log: stringFromBytes(logBuf) };
}

/** Loads a program, by default one that returns 1: its descriptor, which the caller closes, or -errno. */
export function loadTried(values: Values<typeof programLoad>): number {
  const { insns = RETURN_1 } = values;
  return tryBpf(Command.PROG_LOAD, programLoad, {
    insns,
    insnCnt: insns instanceof Uint8Array ? insns.length / 8 : 0,
    license: "GPL",
    // Only kernels before 5.0 look at it, and only for this type.
    kernVersion: values.progType === ProgramType.KPROBE ? kernelVersionCode() : 0,
    ...values,
  });
}

/** Creates a map, and closes it. The result is ≥ 0, or -errno. */
export function tryMap(values: Values<typeof mapCreate>): number {
  const result = tryBpf(Command.MAP_CREATE, mapCreate, values);
  if (result >= 0) addon().close(result);
  return result;
}

/** Whether the kernel does not know what it was given: a number, or bytes of a structure that older kernels do not have. */
export function isUnknown(result: number): boolean {
  return result === -Errno.EINVAL || result === -Errno.E2BIG;
}

const UNRELATED: ReadonlySet<number> = new Set([
  -Errno.EPERM,
  -Errno.ENOMEM,
  -Errno.EAGAIN,
  -Errno.EINTR,
  -Errno.EMFILE,
]);

/** Whether a call failed for something that the kernel's features have no part in, and that may be otherwise in a moment. */
export function tellsNothing(result: number): boolean {
  return UNRELATED.has(result);
}

/** Why nothing can be told from a call that failed. */
export function cantTell(result: number, command: string): string {
  const capabilities = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"] as const;
  return explainSyscall(result, command, "trying it out", { capabilities }).message;
}

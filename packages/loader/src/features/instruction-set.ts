/**
 * Probes for instructions, and for what the verifier takes of them.
 *
 * @module
 */
import { endianness } from "node:os";
import {
  assemble,
  atomic,
  byteSwap,
  callKernel,
  exit,
  jumpIf,
  label,
  loadAcquire,
  loadWide,
  longJump,
  mayGoto,
  mov,
  movSigned,
  sdiv,
  store,
  sub,
  type Statement,
} from "../asm/index.ts";
import { Errno, hasCapability, type FeatureProbe } from "../sys/index.ts";
import { ProgramType } from "../uapi/index.ts";
import { cantTell, FORMER_INSTRUCTION_LIMIT, tryProgram } from "./try-call.ts";

const LITTLE_ENDIAN = endianness() === "LE";

const bytesOf = (statements: readonly Statement[]): Uint8Array =>
  assemble(statements, { littleEndian: LITTLE_ENDIAN }).code;

/** A program that the verifier takes only when it knows what is in it. */
function programProbe(name: string, since: string, statements: readonly Statement[]): FeatureProbe {
  return {
    name,
    since,
    test: () => {
      const { result, log } = tryProgram({ progType: ProgramType.SOCKET_FILTER, insns: bytesOf(statements) });
      if (result >= 0) return true;
      return log === "" ? cantTell(result, "BPF_PROG_LOAD") : false;
    },
  };
}

/** Jumps that compare for less: `-mcpu=v2` of clang. */
export const isaV2: FeatureProbe = programProbe("instructions of version 2", "4.14", [
  mov("r0", 0),
  jumpIf("r0", "<", 1, "out"),
  mov("r0", 1),
  label("out"),
  exit(),
]);

/** Jumps that compare 32 bits: `-mcpu=v3` of clang, whose atomic operations came later. */
export const isaV3: FeatureProbe = programProbe("instructions of version 3 (32-bit jumps)", "5.1", [
  mov("r0", 0),
  jumpIf("w0", "<", 1, "out"),
  mov("r0", 1),
  label("out"),
  exit(),
]);

/** Signed moves and divisions, byte swaps, long jumps: `-mcpu=v4` of clang. */
export const isaV4: FeatureProbe = programProbe("instructions of version 4", "6.6", [
  mov("r0", 8),
  movSigned("r0", "r0", 8),
  byteSwap("r0", 16),
  sdiv("r0", 2),
  longJump("out"),
  label("out"),
  mov("r0", 0),
  exit(),
]);

/** Atomic operations that give what was there before. */
export const atomicFetch: FeatureProbe = programProbe("atomic operations with a result", "5.12", [
  mov("r0", 0),
  store("u64", "r10", -8, 0),
  atomic("exchange", "u64", "r10", -8, "r0"),
  mov("r0", 0),
  exit(),
]);

/** Loops that end by themselves after a while. */
export const mayGotoLoops: FeatureProbe = programProbe("may_goto", "6.9", [
  mov("r0", 0),
  label("again"),
  mayGoto("out"),
  jumpIf("r0", "==", 0, "again"),
  label("out"),
  exit(),
]);

/** Loads and stores that order others around them. */
export const loadAcquires: FeatureProbe = programProbe("load-acquire and store-release", "6.15", [
  store("u64", "r10", -8, 0),
  loadAcquire("r0", "u64", "r10", -8),
  mov("r0", 0),
  exit(),
]);

/** Loops of which the verifier can see the end. */
export const boundedLoops: FeatureProbe = programProbe("bounded loops", "5.3", [
  mov("r0", 10),
  label("again"),
  sub("r0", 1),
  jumpIf("r0", "!=", 0, "again"),
  exit(),
]);

/** A call of a kernel function, which is missing here: a kernel that has no such calls complains of the call itself. */
export const kernelFunctionCalls: FeatureProbe = {
  name: "calls of kernel functions (kfuncs)",
  since: "5.13",
  test: () => {
    const { result, log } = tryProgram({
      progType: ProgramType.SCHED_CLS,
      insns: bytesOf([callKernel("bpf_no_such_function"), mov("r0", 0), exit()]),
    });
    if (log === "") return cantTell(result, "BPF_PROG_LOAD");
    return !/uses reserved fields|unknown opcode/.test(log);
  },
};

/**
 * A pointer to a function, as `bpf_loop()` and `bpf_for_each_map_elem()` take it: a kernel that knows it misses the function's type,
 * one that does not sees instructions that nothing leads to.
 */
export const functionPointers: FeatureProbe = {
  name: "pointers to functions",
  since: "5.13",
  test: () => {
    const insns = bytesOf([loadWide("r1", "function", 3n), mov("r0", 0), exit(), mov("r0", 0), exit()]);
    const { result, log } = tryProgram({ progType: ProgramType.SOCKET_FILTER, insns });
    if (log === "") return cantTell(result, "BPF_PROG_LOAD");
    return result >= 0 || /func_info/.test(log);
  },
};

/** Programs of more than 4096 instructions, up to a million. */
export const largePrograms: FeatureProbe = {
  name: "programs of more than 4096 instructions",
  since: "5.2",
  test: () => {
    if (!hasCapability("CAP_BPF")) return "without CAP_BPF, no kernel takes more than 4096 instructions";
    const [move, end] = [bytesOf([mov("r0", 1)]), bytesOf([exit()])];
    const insns = new Uint8Array(FORMER_INSTRUCTION_LIMIT * move.length + end.length);
    for (let at = 0; at < FORMER_INSTRUCTION_LIMIT; at++) insns.set(move, at * move.length);
    insns.set(end, insns.length - end.length);
    const { result } = tryProgram({
      progType: ProgramType.SOCKET_FILTER,
      insns,
      logLevel: 0,
      logSize: 0,
      logBuf: undefined,
    });
    if (result >= 0) return true;
    return result === -Errno.E2BIG || result === -Errno.EINVAL ? false : cantTell(result, "BPF_PROG_LOAD");
  },
};

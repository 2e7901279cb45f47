/**
 * Test runs (BPF_PROG_TEST_RUN): the kernel runs a program on data that is given, and attaches it to nothing. Since Linux 4.12.
 *
 * @module
 */

import { describeValue } from "../codec/index.ts";
import { BpfError, MissingCapabilityError, NotSupportedError } from "../errors/index.ts";
import { xdpContexts, xdpLiveFrames } from "../features/test-runs.ts";
import {
  addon,
  decode,
  describeLack,
  encode,
  Errno,
  errnoName,
  explainSyscall,
  kernelRelease,
  lacks,
  testRun,
} from "../sys/index.ts";
import type { Encoded, FeatureProbe } from "../sys/index.ts";
import { Command, ProgramType, programTypeName } from "../uapi/index.ts";
import { decodeContext, encodeContext, flowKeys, xdpMd } from "./test-contexts.ts";
import type { TestContext } from "./test-contexts.ts";
import { ETHERNET_HEADER, runKind } from "./test-run-kinds.ts";
import type { RunKind, RunOptions, RunResult } from "./test-run-kinds.ts";

/** A program that is run. */
export interface RunnableProgram {
  readonly fd: number;
  readonly type: ProgramType;
  /** For messages: `program "count"`. */
  readonly what: string;
}

/** BPF_F_TEST_RUN_ON_CPU */
const RUN_ON_CPU = 1;
/** BPF_F_TEST_XDP_LIVE_FRAMES */
const LIVE_FRAMES = 2;
/** BPF_F_TEST_SKB_CHECKSUM_COMPLETE */
const CHECKSUM_COMPLETE = 4;

/** Live frames that the kernel handles at a time (NAPI_POLL_WEIGHT). */
const DEFAULT_BATCH = 64;

/** A program may make a packet longer: XDP by its headroom of 256 bytes, and two for alignment. */
const HEADROOM = 258;
/** A signal ends a run with EINTR; so many in a row means that one comes for each run. */
const INTERRUPTED_RETRIES = 100;

/**
 * Runs a program on the calling thread.
 *
 * @throws NotSupportedError when the kernel does not run programs of this type on request.
 * @throws BpfError that says what is missing in the options.
 */
export function runProgram(program: RunnableProgram, options: RunOptions): RunResult {
  const call = prepareRun(program, options);
  const { bytes, pointers } = call.attribute;
  let result = -Errno.EINTR;
  for (let attempt = 0; result === -Errno.EINTR && attempt < INTERRUPTED_RETRIES; attempt++) {
    result = addon().bpf(Command.PROG_TEST_RUN, bytes, pointers);
  }
  return call.finish(result);
}

/** {@link runProgram} on the thread pool. */
export async function runProgramAsync(program: RunnableProgram, options: RunOptions): Promise<RunResult> {
  const call = prepareRun(program, options);
  const { bytes, pointers } = call.attribute;
  let result = -Errno.EINTR;
  for (let attempt = 0; result === -Errno.EINTR && attempt < INTERRUPTED_RETRIES; attempt++) {
    result = await addon().bpfAsync(Command.PROG_TEST_RUN, bytes, pointers);
  }
  return call.finish(result);
}

interface PreparedRun {
  readonly attribute: Encoded;
  readonly finish: (result: number) => RunResult;
}

function prepareRun(program: RunnableProgram, options: RunOptions): PreparedRun {
  const kind = runKind(program.type);
  checkData(program.what, kind, options);
  // A newer kernel may run what this table does not know: it is asked with what was given.
  const live = options.liveFrames === true;
  const context = contextBytes(kind, options);
  const inPlace = kind?.context === "bytes";
  // Live frames leave for good.
  const dataOut = live ? undefined : dataRoom(kind, options);
  const contextOut = live || context === undefined || kind?.contextOut !== true ? undefined : context.slice();
  const separate = inPlace ? undefined : contextOut;
  const attribute = encode(testRun, {
    progFd: program.fd,
    dataIn: options.data,
    dataSizeIn: options.data?.length,
    dataOut,
    dataSizeOut: dataOut?.length,
    ctxIn: inPlace ? contextOut : context,
    ctxSizeIn: context?.length,
    ctxOut: separate,
    ctxSizeOut: separate?.length,
    repeat: options.repeat,
    flags:
      (options.cpu === undefined ? 0 : RUN_ON_CPU) |
      (live ? LIVE_FRAMES : 0) |
      (options.checksumComplete === true ? CHECKSUM_COMPLETE : 0),
    cpu: options.cpu,
    // Kernels that have no live frames don't look at the flag; they refuse this.
    batchSize: options.batchSize ?? (live ? DEFAULT_BATCH : undefined),
  });
  const finish = (result: number): RunResult => {
    if (result < 0) throw runError(-result, program, options);
    const { retval, dataSizeOut, ctxSizeOut, duration } = decode(testRun, attribute.bytes);
    const data = dataOut?.subarray(0, dataSizeOut);
    const after = inPlace ? contextOut : contextOut?.subarray(0, ctxSizeOut);
    return {
      returnValue: retval,
      // Each live frame has a return value of its own, which nobody keeps.
      ...(kind?.actions === undefined ? {} : { action: live ? undefined : kind.actions[retval] }),
      ...(kind?.timed === true ? { duration } : {}),
      ...(kind?.dataOut === "packet" ? { data: data ?? new Uint8Array() } : {}),
      ...(kind?.dataOut === flowKeys ? { flowKeys: decodeContext(flowKeys, data ?? new Uint8Array()) } : {}),
      // Of the structures, these are the ones that kinds with `contextOut` have.
      ...(kind?.contextOut === true ? { context: contextValue(kind, after) as RunResult["context"] } : {}),
    };
  };
  return { attribute, finish };
}

/** Some kernels take less, and run XDP programs on no frame at all. */
function checkData(what: string, kind: RunKind | undefined, { data }: RunOptions): void {
  if (kind?.data === undefined || (data?.length ?? 0) >= kind.data) return;
  const header = kind.data === ETHERNET_HEADER ? "Ethernet" : "IP";
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `${what} can't be run: it needs \`data\` of at least ${kind.data} bytes, an ${header} header`,
  );
}

function dataRoom(kind: RunKind | undefined, { data }: RunOptions): Uint8Array | undefined {
  if (data === undefined || kind?.dataOut === undefined) return undefined;
  return new Uint8Array(kind.dataOut === "packet" ? data.length + HEADROOM : kind.dataOut.size);
}

function contextValue(kind: RunKind, bytes: Uint8Array | undefined): object | undefined {
  const { context } = kind;
  return bytes === undefined || typeof context !== "object" ? bytes : decodeContext(context, bytes);
}

function contextBytes(kind: RunKind | undefined, options: RunOptions): Uint8Array | undefined {
  const { context } = options;
  if (context === undefined || context instanceof Uint8Array) return context;
  if (isArguments(context)) return new Uint8Array(BigUint64Array.from(context, argument).buffer);
  if (typeof kind?.context !== "object") {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "the context of this type of program has no fields: give its bytes");
  }
  return encodeContext(kind.context, withDefaults(kind.context, context, options));
}

/** Of 64 bits; a negative one is its two's complement. */
function argument(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new BpfError(
    "ERR_BPF_VALUE",
    `an argument of a test run is ${describeValue(value)}, and must be an integer or a bigint`,
  );
}

function isArguments(context: object): context is readonly (number | bigint)[] {
  return Array.isArray(context);
}

/** An XDP context must say how long the frame is. */
function withDefaults(context: TestContext, values: object, { data }: RunOptions): Readonly<Record<string, unknown>> {
  return context === xdpMd ? { dataEnd: data?.length, ...values } : { ...values };
}

/** EINVAL stands for many things here. These are the ones that people meet. */
function runError(errno: number, program: RunnableProgram, options: RunOptions): BpfError {
  const { type, what } = program;
  const kind = runKind(type);
  const cause = explainSyscall(errno, "BPF_PROG_TEST_RUN", what, { capabilities: ["CAP_BPF"] });
  if (cause instanceof MissingCapabilityError) return cause;
  const isUntraced = type === ProgramType.TRACING && errno === Errno.EINVAL;
  if (errno === Errno.ENOTSUPP || errno === Errno.EOPNOTSUPP || isUntraced || kind === undefined) {
    const which = isUntraced
      ? "that are no fentry, fexit or fmod_ret"
      : type === ProgramType.STRUCT_OPS
        ? structOps
        : "";
    const feature = `test runs of ${programTypeName(type)} programs${which === "" ? "" : ` ${which}`}`;
    const message = `${what} can't be run (${errnoName(errno)}): the running kernel (${kernelRelease()}) has no ${feature}`;
    return new NotSupportedError(feature, undefined, message, { cause });
  }
  const lack = errno === Errno.EINVAL ? lackingFor(type, options) : undefined;
  if (lack !== undefined) {
    const message = `${what} can't be run (${errnoName(errno)}): ${describeLack(lack)}`;
    return new NotSupportedError(lack.name, lack.since, message, { cause });
  }
  const hints: string[] = [];
  if (errno === Errno.EINVAL) {
    const { data, context, repeat, cpu, liveFrames, batchSize } = options;
    if (kind.data === undefined && data !== undefined) hints.push("programs of its type take no `data`");
    if (!kind.timed && repeat !== undefined) hints.push("programs of its type take no `repeat`");
    if (kind.context === undefined && context !== undefined) hints.push("programs of its type take no `context`");
    if (kind.context === "arguments" && context === undefined) hints.push("it reads arguments: give them as `context`");
    if (type === ProgramType.SK_LOOKUP && context === undefined) hints.push("it needs a `context`");
    if (cpu !== undefined && kind.context !== "arguments") hints.push("programs of its type take no `cpu`");
    if ((liveFrames === true || batchSize !== undefined) && type !== ProgramType.XDP) {
      hints.push("live frames and batches are for XDP programs");
    }
    if (type === ProgramType.XDP && context !== undefined) {
      hints.push("the `context` must fit the frame and the interface");
    }
    if (batchSize !== undefined && liveFrames !== true) hints.push("batches are for live frames");
  } else if (errno === Errno.ENOSPC) {
    hints.push("the program made the packet longer than there is room for");
  } else if (errno === Errno.EINTR) {
    hints.push("signals keep interrupting it");
  }
  if (hints.length === 0) return cause;
  return new BpfError(cause.code, `${what} can't be run (${errnoName(errno)}): ${hints.join("; ")}`, { cause });
}

/** What the kernel lacks of what a run asks for. */
function lackingFor(type: ProgramType, { liveFrames, context }: RunOptions): FeatureProbe | undefined {
  if (type !== ProgramType.XDP) return undefined;
  if (liveFrames === true && lacks(xdpLiveFrames)) return xdpLiveFrames;
  return context !== undefined && lacks(xdpContexts) ? xdpContexts : undefined;
}

const structOps = "other than those of bpf_dummy_ops";

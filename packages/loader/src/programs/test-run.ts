import { BpfError } from "../errors/index.ts";
import { addon, decode, encode, Errno, errnoName, explainSyscall, testRun } from "../sys/index.ts";
import { Command, ProgramType, programTypeName } from "../uapi/index.ts";

/** What a test run gives the program. Which fields a type of program takes is the kernel's business; see each. */
export interface RunOptions {
  /**
   * The packet, for types that see one: XDP, tc, socket filters, cgroup/skb, LWT, netfilter, flow dissector. At least 14 bytes, an
   * Ethernet header.
   */
  readonly data?: Uint8Array | undefined;
  /**
   * The context: `struct xdp_md`, `struct __sk_buff`, the arguments of a raw tracepoint (8 bytes each), or whatever a syscall
   * program expects; that one gets what the program wrote to it back. Since Linux 5.2.
   */
  readonly context?: Uint8Array | undefined;
  /** Runs; `duration` is their average. 1 if left out. */
  readonly repeat?: number | undefined;
  /** Processor to run on, for raw tracepoints. Since Linux 5.10. */
  readonly cpu?: number | undefined;
  /** Bits of the kernel's `BPF_F_TEST_…`: 2 = XDP frames are sent for real (since Linux 5.18). */
  readonly flags?: number | undefined;
  /** Frames of a batch, with flag 2. */
  readonly batchSize?: number | undefined;
}

/** What a test run gave. */
export interface RunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** The packet as the program left it; empty when it had none. */
  readonly data: Uint8Array;
  /** The context as the program left it; empty when it had none. */
  readonly context: Uint8Array;
  /** Nanoseconds of one run, on average. 0 for types that the kernel does not time. */
  readonly duration: number;
}

/** BPF_F_TEST_RUN_ON_CPU */
const RUN_ON_CPU = 1;
/** BPF_F_TEST_XDP_LIVE_FRAMES */
const LIVE_FRAMES = 2;

/** A program may make a packet longer: XDP by its headroom of 256 bytes, and two for alignment. */
const HEADROOM = 258;
/** A signal ends a run with EINTR; so many in a row means that one comes for each run. */
const INTERRUPTED_RETRIES = 100;

/** Runs a program once, or `repeat` times, on data that is given. The kernel attaches it to nothing. Since Linux 4.12. */
export function runProgram(fd: number, type: ProgramType, object: string, options: RunOptions): RunResult {
  const live = ((options.flags ?? 0) & LIVE_FRAMES) !== 0;
  // Live frames leave for good, and a syscall program's context is written back in place.
  const data = options.data === undefined || live ? undefined : new Uint8Array(options.data.length + HEADROOM);
  const context = options.context === undefined || live ? undefined : Uint8Array.from(options.context);
  const inPlace = type === ProgramType.SYSCALL;
  const takesOutput = type !== ProgramType.RAW_TRACEPOINT && type !== ProgramType.RAW_TRACEPOINT_WRITABLE;
  const { bytes, pointers } = encode(testRun, {
    progFd: fd,
    dataIn: options.data,
    dataSizeIn: options.data?.length,
    dataOut: data,
    dataSizeOut: data?.length,
    ctxIn: inPlace ? context : options.context,
    ctxSizeIn: options.context?.length,
    ctxOut: inPlace || !takesOutput ? undefined : context,
    ctxSizeOut: inPlace || !takesOutput ? undefined : context?.length,
    repeat: options.repeat,
    flags: (options.flags ?? 0) | (options.cpu === undefined ? 0 : RUN_ON_CPU),
    cpu: options.cpu,
    batchSize: options.batchSize,
  });
  let result = -Errno.EINTR;
  for (let attempt = 0; result === -Errno.EINTR && attempt < INTERRUPTED_RETRIES; attempt++) {
    result = addon().bpf(Command.PROG_TEST_RUN, bytes, pointers);
  }
  if (result < 0) throw runError(-result, type, object, options);
  const { retval, dataSizeOut, ctxSizeOut, duration } = decode(testRun, bytes);
  return {
    returnValue: retval,
    data: data?.subarray(0, dataSizeOut) ?? new Uint8Array(),
    context:
      inPlace || !takesOutput ? (context ?? new Uint8Array()) : (context?.subarray(0, ctxSizeOut) ?? new Uint8Array()),
    duration,
  };
}

/** EINVAL stands for many things here. These are the ones that people meet. */
function runError(errno: number, type: ProgramType, object: string, options: RunOptions): BpfError {
  const error = explainSyscall(errno, "BPF_PROG_TEST_RUN", object, { capabilities: ["CAP_BPF"] });
  const hints: string[] = [];
  if (errno === Errno.ENOTSUPP || errno === Errno.EOPNOTSUPP) {
    hints.push(`the kernel has no test run for ${programTypeName(type)}`);
  } else if (errno === Errno.EINVAL) {
    if (packetTypes.has(type) && (options.data?.length ?? 0) < ETHERNET_HEADER) {
      hints.push(`it needs \`data\` of at least ${ETHERNET_HEADER} bytes, an Ethernet header`);
    }
    if (type === ProgramType.RAW_TRACEPOINT && (options.data !== undefined || options.repeat !== undefined)) {
      hints.push("a raw tracepoint program takes `context` and `cpu`, neither `data` nor `repeat`");
    }
    if (type === ProgramType.SYSCALL && (options.data !== undefined || options.repeat !== undefined)) {
      hints.push("a syscall program takes `context` alone");
    }
  } else if (errno === Errno.ENOSPC) {
    hints.push("the program made the packet longer than there is room for");
  }
  if (hints.length === 0) return error;
  return new BpfError(error.code, `${object} can't be run (${errnoName(errno)}): ${hints.join("; ")}`, {
    cause: error,
  });
}

const ETHERNET_HEADER = 14;
const packetTypes: ReadonlySet<number> = new Set([
  ProgramType.XDP,
  ProgramType.SOCKET_FILTER,
  ProgramType.SCHED_CLS,
  ProgramType.SCHED_ACT,
  ProgramType.CGROUP_SKB,
  ProgramType.LWT_IN,
  ProgramType.LWT_OUT,
  ProgramType.LWT_XMIT,
  ProgramType.LWT_SEG6LOCAL,
  ProgramType.FLOW_DISSECTOR,
  ProgramType.NETFILTER,
]);

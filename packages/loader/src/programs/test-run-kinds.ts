/**
 * What test runs of each type of program take and give: the `test_run` functions of the kernel's net/bpf/test_run.c, and
 * kernel/bpf/syscall.c for those that have one of their own.
 *
 * @module
 */

import { ProgramType } from "../uapi/index.ts";
import { flowKeys, netfilterState, skBuff, skLookup, xdpMd } from "./test-contexts.ts";
import type {
  FlowKeys,
  NetfilterState,
  SkbContext,
  SkLookupContext,
  TestContext,
  XdpContext,
} from "./test-contexts.ts";

/** What every test run gives. */
export interface RunOutcome {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returnValue: number;
}

interface Timed {
  /** Nanoseconds of one run, on average. */
  readonly duration: number;
}

interface Repeated {
  /** Runs; `duration` is their average. 1 if left out. */
  readonly repeat?: number | undefined;
}

/** What {@link Program.run} of an XDP program takes. */
export interface XdpRunOptions extends Repeated {
  /** The frame, from its Ethernet header on; at least 14 bytes. */
  readonly data: Uint8Array;
  /** Fields that are not zero. Since Linux 5.15. */
  readonly context?: Partial<XdpContext> | undefined;
  /** Frames go where the program sends them, as those of a device: `repeat` of them. Nothing of them is given back. Since Linux 5.18. */
  readonly liveFrames?: boolean | undefined;
  /** Live frames that are handled at a time, at most 256; 64 if left out. */
  readonly batchSize?: number | undefined;
}

/** What a test run of an XDP program gives. */
export interface XdpRunResult extends RunOutcome, Timed {
  /** The return value's name; `undefined` for one that XDP does not know, and for live frames. */
  readonly action: "aborted" | "drop" | "pass" | "tx" | "redirect" | undefined;
  /** The frame as the program left it, its metadata first; empty for live frames. */
  readonly data: Uint8Array;
  /** The context as the program left it, when one was given. */
  readonly context: XdpContext | undefined;
}

/** What {@link Program.run} of a program on packets takes: tc, socket filters, cgroup/skb, LWT. */
export interface SkbRunOptions extends Repeated {
  /** The packet, from its Ethernet header on; at least 14 bytes. */
  readonly data: Uint8Array;
  /** Fields that are not zero. Since Linux 5.2. */
  readonly context?: Partial<SkbContext> | undefined;
  /** The program sees the packet with a complete checksum (BPF_F_TEST_SKB_CHECKSUM_COMPLETE). Since Linux 6.11. */
  readonly checksumComplete?: boolean | undefined;
}

/** What a test run of a program on packets gives. */
export interface SkbRunResult extends RunOutcome, Timed {
  /** The return value's name: of tc `"ok"`, `"shot"` …, of cgroup/skb `"allow"`, `"deny"`; `undefined` where it has none. */
  readonly action: string | undefined;
  /** The packet as the program left it. */
  readonly data: Uint8Array;
  /** The context as the program left it, when one was given. */
  readonly context: SkbContext | undefined;
}

/** What {@link Program.run} of a flow dissector takes. */
export interface FlowDissectorRunOptions extends Repeated {
  /** The packet, from its Ethernet header on; at least 14 bytes. */
  readonly data: Uint8Array;
  /** Only `flags` may be given: 1 = first fragment, 2 = stop at the flow label, 4 = stop at encapsulation. Since Linux 5.4. */
  readonly context?: Pick<FlowKeys, "flags"> | undefined;
}

/** What a test run of a flow dissector gives. */
export interface FlowDissectorRunResult extends RunOutcome, Timed {
  /** 0 (BPF_OK), 2 (BPF_DROP) or 129 (BPF_FLOW_DISSECTOR_CONTINUE); kernels before 6.1 say 1 for success and 0 for the rest. */
  readonly returnValue: number;
  /** What it found. */
  readonly flowKeys: FlowKeys;
}

/** What {@link Program.run} of a program that looks sockets up takes. Since Linux 5.13. */
export interface SkLookupRunOptions extends Repeated {
  readonly context: Partial<Omit<SkLookupContext, "cookie">>;
}

/** What a test run of a program that looks sockets up gives. */
export interface SkLookupRunResult extends RunOutcome, Timed {
  readonly action: "drop" | "pass" | undefined;
  readonly context: SkLookupContext;
}

/** What {@link Program.run} of a netfilter program takes. Since Linux 6.4. */
export interface NetfilterRunOptions extends Repeated {
  /** The packet: from its IP header on when the hook is 3 (NF_INET_LOCAL_OUT), else from its Ethernet header on. */
  readonly data: Uint8Array;
  /** Default: hook 3 of IPv4. */
  readonly context?: Partial<NetfilterState> | undefined;
}

/** What a test run of a netfilter program gives. */
export interface NetfilterRunResult extends RunOutcome, Timed {
  readonly action: "drop" | "accept" | undefined;
}

/** What {@link Program.run} of a raw tracepoint program takes. Since Linux 5.10. */
export interface RawTracepointRunOptions {
  /** The tracepoint's arguments, at most 12: as numbers, or their bytes, 8 each. */
  readonly context?: readonly (number | bigint)[] | Uint8Array | undefined;
  /** Processor to run on; the calling thread's if left out. */
  readonly cpu?: number | undefined;
}

/** What {@link Program.run} of a function of a structure takes: only those of `bpf_dummy_ops` can be run. Since Linux 5.16. */
export interface StructOpsRunOptions {
  /** The function's arguments: as numbers, or their bytes, 8 each. */
  readonly context?: readonly (number | bigint)[] | Uint8Array | undefined;
}

/** What {@link Program.run} of a syscall program takes. Since Linux 5.14. */
export interface SyscallRunOptions {
  /** What the program's argument points to, at most 65535 bytes; it is not changed. */
  readonly context?: Uint8Array | undefined;
}

/** What a test run of a syscall program gives. */
export interface SyscallRunResult extends RunOutcome {
  /** The context as the program left it. */
  readonly context: Uint8Array | undefined;
}

/** What {@link Program.run} takes when the type of program is not known: see that of each. */
export interface RunOptions extends Repeated {
  /** The packet. */
  readonly data?: Uint8Array | undefined;
  /** Fields of the context that the type of program has, its bytes, or its arguments. */
  readonly context?:
    | Partial<XdpContext>
    | Partial<SkbContext>
    | Partial<SkLookupContext>
    | Partial<NetfilterState>
    | Partial<FlowKeys>
    | readonly (number | bigint)[]
    | Uint8Array
    | undefined;
  /** See {@link XdpRunOptions}. */
  readonly liveFrames?: boolean | undefined;
  /** See {@link XdpRunOptions}. */
  readonly batchSize?: number | undefined;
  /** See {@link SkbRunOptions}. */
  readonly checksumComplete?: boolean | undefined;
  /** See {@link RawTracepointRunOptions}. */
  readonly cpu?: number | undefined;
}

/** What {@link Program.run} gives when the type of program is not known. Fields that its type does not have are `undefined`. */
export interface RunResult extends RunOutcome {
  readonly action?: string | undefined;
  readonly data?: Uint8Array | undefined;
  readonly context?: XdpContext | SkbContext | SkLookupContext | Uint8Array | undefined;
  readonly flowKeys?: FlowKeys | undefined;
  readonly duration?: number | undefined;
}

/** How a benchmark is run. */
export interface BenchmarkOptions {
  /** Measurements; 10 if left out. */
  readonly rounds?: number | undefined;
  /** Runs of each; 1000 if left out. */
  readonly repeat?: number | undefined;
  /** Aborting ends it after the measurement that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** What test runs of a type of program take and give. Only a type. */
export interface TestRun {
  readonly arguments: readonly unknown[];
  readonly result: RunResult;
  /** Of {@link Program.benchmark}. */
  readonly benchmark: readonly unknown[];
}

interface TimedRun<O, R extends RunResult> extends TestRun {
  readonly arguments: readonly [options: O];
  readonly result: R;
  readonly benchmark: readonly [options: O & BenchmarkOptions];
}

interface UntimedRun<O, R extends RunResult> extends TestRun {
  readonly arguments: readonly [options?: O];
  readonly result: R;
  readonly benchmark: readonly [never];
}

/** Of XDP programs. */
export type XdpRun = TimedRun<XdpRunOptions, XdpRunResult>;
/** Of tc, socket filter, cgroup/skb and LWT programs. */
export type SkbRun = TimedRun<SkbRunOptions, SkbRunResult>;
/** Of flow dissectors. */
export type FlowDissectorRun = TimedRun<FlowDissectorRunOptions, FlowDissectorRunResult>;
/** Of programs that look sockets up. */
export type SkLookupRun = TimedRun<SkLookupRunOptions, SkLookupRunResult>;
/** Of netfilter programs. */
export type NetfilterRun = TimedRun<NetfilterRunOptions, NetfilterRunResult>;
/** Of raw tracepoint programs. */
export type RawTracepointRun = UntimedRun<RawTracepointRunOptions, RunOutcome>;
/** Of functions of structures. */
export type StructOpsRun = UntimedRun<StructOpsRunOptions, RunOutcome>;
/** Of syscall programs. */
export type SyscallRun = UntimedRun<SyscallRunOptions, SyscallRunResult>;
/** Of fentry, fexit and fmod_ret programs on the kernel's own `bpf_fentry_test…` and `bpf_modify_return_test…` functions. */
export type TracingRun = UntimedRun<undefined, RunOutcome>;
/** Of types of program that the kernel does not run on request: calling `run()` does not compile. */
export interface NoRun extends TestRun {
  readonly arguments: readonly [never];
  readonly result: never;
  readonly benchmark: readonly [never];
}
/** Of a program whose type is not known. */
export interface AnyRun extends TestRun {
  readonly arguments: readonly [options?: RunOptions];
  readonly result: RunResult;
  readonly benchmark: readonly [options?: RunOptions & BenchmarkOptions];
}

/** What the kernel wants and gives for a type of program. */
export interface RunKind {
  /** It takes a packet, of at least so many bytes: {@link ETHERNET_HEADER}, {@link IP_HEADER}. */
  readonly data?: number;
  /** It takes a context: fields, arguments, or bytes that the program changes in place. */
  readonly context?: TestContext | "arguments" | "bytes";
  /** It gives the context back. */
  readonly contextOut?: boolean;
  /** It gives the packet back, or this structure in its place. */
  readonly dataOut?: "packet" | TestContext;
  /** It repeats, and measures. */
  readonly timed: boolean;
  /** Names of return values. */
  readonly actions?: Readonly<Record<number, string>>;
}

/** Bytes. */
export const ETHERNET_HEADER = 14;
/** Bytes, of IPv4. */
const IP_HEADER = 20;

/** TC_ACT_… of include/uapi/linux/pkt_cls.h. */
const trafficActions = {
  0xffff_ffff: "unspec",
  0: "ok",
  1: "reclassify",
  2: "shot",
  3: "pipe",
  4: "stolen",
  5: "queued",
  6: "repeat",
  7: "redirect",
  8: "trap",
};
/** `enum bpf_ret_code`. */
const lightweightTunnelActions = { 0: "ok", 2: "drop", 7: "redirect", 128: "reroute" };

const packet = (context: TestContext, actions?: RunKind["actions"]): RunKind => ({
  data: ETHERNET_HEADER,
  context,
  contextOut: true,
  dataOut: "packet",
  timed: true,
  ...(actions === undefined ? {} : { actions }),
});

const runKinds: ReadonlyMap<number, RunKind> = new Map<number, RunKind>([
  [ProgramType.XDP, packet(xdpMd, { 0: "aborted", 1: "drop", 2: "pass", 3: "tx", 4: "redirect" })],
  [ProgramType.SOCKET_FILTER, packet(skBuff)],
  [ProgramType.SCHED_CLS, packet(skBuff, trafficActions)],
  [ProgramType.SCHED_ACT, packet(skBuff, trafficActions)],
  [ProgramType.CGROUP_SKB, packet(skBuff, { 0: "deny", 1: "allow", 2: "deny", 3: "allow" })],
  [ProgramType.LWT_IN, packet(skBuff, lightweightTunnelActions)],
  [ProgramType.LWT_OUT, packet(skBuff, lightweightTunnelActions)],
  [ProgramType.LWT_XMIT, packet(skBuff, lightweightTunnelActions)],
  [ProgramType.LWT_SEG6LOCAL, packet(skBuff, lightweightTunnelActions)],
  [
    ProgramType.FLOW_DISSECTOR,
    {
      data: ETHERNET_HEADER,
      context: flowKeys,
      dataOut: flowKeys,
      timed: true,
    },
  ],
  [ProgramType.SK_LOOKUP, { context: skLookup, contextOut: true, timed: true, actions: { 0: "drop", 1: "pass" } }],
  [
    ProgramType.NETFILTER,
    {
      data: IP_HEADER,
      context: netfilterState,
      timed: true,
      actions: { 0: "drop", 1: "accept" },
    },
  ],
  [ProgramType.RAW_TRACEPOINT, { context: "arguments", timed: false }],
  [ProgramType.RAW_TRACEPOINT_WRITABLE, { context: "arguments", timed: false }],
  [ProgramType.STRUCT_OPS, { context: "arguments", timed: false }],
  [ProgramType.SYSCALL, { context: "bytes", contextOut: true, timed: false }],
  [ProgramType.TRACING, { timed: false }],
]);

/** How the kernel runs programs of a type on request; `undefined` when it does not. */
export function runKind(type: ProgramType): RunKind | undefined {
  return runKinds.get(type);
}

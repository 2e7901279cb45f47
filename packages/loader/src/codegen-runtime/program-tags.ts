/**
 * Tags of programs: for each kind, what its `attach()` and its `run()` take. Where the section's name may say what to attach to, there are
 * two: `TracepointTag` for `SEC("tp/sched/sched_switch")`, whose options may be left out, and `UnboundTracepointTag` for
 * `SEC("tp")`, whose options must say it.
 *
 * @module
 */

import { ProgramTag } from "../collection/tag.ts";
import type { AttachArguments, Link, LinkOf, OpenAttachArguments } from "../links/index.ts";
import type {
  FlowDissectorRun,
  NetfilterRun,
  NoRun,
  RawTracepointRun,
  SkbRun,
  SkLookupRun,
  StructOpsRun,
  SyscallRun,
  TestRun,
  TracingRun,
  XdpRun,
} from "../programs/index.ts";

/** Makes the tag of the program with that name in C. */
export type MakeProgramTag<T> = (name: string) => T;

/** What a tag does say is in its type alone: `attach()` and `run()` take nothing here that could be given. */
function programTag(name: string): ProgramTag<never, never, never> {
  return new ProgramTag(name);
}

/** `SEC("kprobe/…")`, `SEC("kretprobe/…")`. */
export type KprobeTag = ProgramTag<AttachArguments<"kprobe", true>, Link, NoRun>;
/** `SEC("kprobe/…")`, `SEC("kretprobe/…")`. */
export const kprobe: MakeProgramTag<KprobeTag> = programTag;
/** `SEC("kprobe")`, `SEC("kretprobe")` without a target: the options of `attach()` name it. */
export type UnboundKprobeTag = ProgramTag<AttachArguments<"kprobe", false>, Link, NoRun>;
/** `SEC("kprobe")`, `SEC("kretprobe")` without a target. */
export const unboundKprobe: MakeProgramTag<UnboundKprobeTag> = programTag;

/** `SEC("ksyscall/…")`, `SEC("kretsyscall/…")`. */
export type KsyscallTag = ProgramTag<AttachArguments<"ksyscall", true>, Link, NoRun>;
/** `SEC("ksyscall/…")`, `SEC("kretsyscall/…")`. */
export const ksyscall: MakeProgramTag<KsyscallTag> = programTag;
/** `SEC("ksyscall")`, `SEC("kretsyscall")` without a target: the options of `attach()` name it. */
export type UnboundKsyscallTag = ProgramTag<AttachArguments<"ksyscall", false>, Link, NoRun>;
/** `SEC("ksyscall")`, `SEC("kretsyscall")` without a target. */
export const unboundKsyscall: MakeProgramTag<UnboundKsyscallTag> = programTag;

/** `SEC("kprobe.multi/…")` and its relatives. */
export type KprobeMultiTag = ProgramTag<AttachArguments<"kprobeMulti", true>, Link, NoRun>;
/** `SEC("kprobe.multi/…")` and its relatives. */
export const kprobeMulti: MakeProgramTag<KprobeMultiTag> = programTag;
/** `SEC("kprobe.multi")` without a target: the options of `attach()` name it. */
export type UnboundKprobeMultiTag = ProgramTag<AttachArguments<"kprobeMulti", false>, Link, NoRun>;
/** `SEC("kprobe.multi")` without a target. */
export const unboundKprobeMulti: MakeProgramTag<UnboundKprobeMultiTag> = programTag;

/** `SEC("uprobe/…")`, `SEC("uretprobe/…")`. */
export type UprobeTag = ProgramTag<AttachArguments<"uprobe", true>, Link, NoRun>;
/** `SEC("uprobe/…")`, `SEC("uretprobe/…")`. */
export const uprobe: MakeProgramTag<UprobeTag> = programTag;
/** `SEC("uprobe")`, `SEC("uretprobe")` without a target: the options of `attach()` name it. */
export type UnboundUprobeTag = ProgramTag<AttachArguments<"uprobe", false>, Link, NoRun>;
/** `SEC("uprobe")`, `SEC("uretprobe")` without a target. */
export const unboundUprobe: MakeProgramTag<UnboundUprobeTag> = programTag;

/** `SEC("uprobe.multi/…")` and its relatives. */
export type UprobeMultiTag = ProgramTag<AttachArguments<"uprobeMulti", true>, Link, NoRun>;
/** `SEC("uprobe.multi/…")` and its relatives. */
export const uprobeMulti: MakeProgramTag<UprobeMultiTag> = programTag;
/** `SEC("uprobe.multi")` without a target: the options of `attach()` name it. */
export type UnboundUprobeMultiTag = ProgramTag<AttachArguments<"uprobeMulti", false>, Link, NoRun>;
/** `SEC("uprobe.multi")` without a target. */
export const unboundUprobeMulti: MakeProgramTag<UnboundUprobeMultiTag> = programTag;

/** `SEC("usdt/…")`. */
export type UsdtTag = ProgramTag<AttachArguments<"usdt", true>, Link, NoRun>;
/** `SEC("usdt/…")`. */
export const usdt: MakeProgramTag<UsdtTag> = programTag;
/** `SEC("usdt")` without a target: the options of `attach()` name it. */
export type UnboundUsdtTag = ProgramTag<AttachArguments<"usdt", false>, Link, NoRun>;
/** `SEC("usdt")` without a target. */
export const unboundUsdt: MakeProgramTag<UnboundUsdtTag> = programTag;

/** `SEC("tracepoint/…")`, `SEC("tp/…")`. */
export type TracepointTag = ProgramTag<AttachArguments<"tracepoint", true>, Link, NoRun>;
/** `SEC("tracepoint/…")`, `SEC("tp/…")`. */
export const tracepoint: MakeProgramTag<TracepointTag> = programTag;
/** `SEC("tracepoint")`, `SEC("tp")` without a target: the options of `attach()` name it. */
export type UnboundTracepointTag = ProgramTag<AttachArguments<"tracepoint", false>, Link, NoRun>;
/** `SEC("tracepoint")`, `SEC("tp")` without a target. */
export const unboundTracepoint: MakeProgramTag<UnboundTracepointTag> = programTag;

/** `SEC("raw_tracepoint/…")`, `SEC("raw_tp/…")`. */
export type RawTracepointTag = ProgramTag<AttachArguments<"rawTracepoint", true>, Link, RawTracepointRun>;
/** `SEC("raw_tracepoint/…")`, `SEC("raw_tp/…")`. */
export const rawTracepoint: MakeProgramTag<RawTracepointTag> = programTag;
/** `SEC("raw_tracepoint")`, `SEC("raw_tp")` without a target: the options of `attach()` name it. */
export type UnboundRawTracepointTag = ProgramTag<AttachArguments<"rawTracepoint", false>, Link, RawTracepointRun>;
/** `SEC("raw_tracepoint")`, `SEC("raw_tp")` without a target. */
export const unboundRawTracepoint: MakeProgramTag<UnboundRawTracepointTag> = programTag;

/** `SEC("fentry/…")`, `SEC("fexit/…")`, `SEC("fmod_ret/…")`, `SEC("fsession/…")`. */
export type TracingTag = ProgramTag<AttachArguments<"tracing", true>, Link, TracingRun>;
/** `SEC("fentry/…")`, `SEC("fexit/…")`, `SEC("fmod_ret/…")`, `SEC("fsession/…")`. */
export const tracing: MakeProgramTag<TracingTag> = programTag;

/** `SEC("tp_btf/…")`. */
export type TpBtfTag = ProgramTag<AttachArguments<"tracing", true>, Link, NoRun>;
/** `SEC("tp_btf/…")`. */
export const tpBtf: MakeProgramTag<TpBtfTag> = programTag;

/** `SEC("fentry.multi/…")` and its relatives. */
export type TracingMultiTag = ProgramTag<AttachArguments<"tracingMulti", true>, Link, NoRun>;
/** `SEC("fentry.multi/…")` and its relatives. */
export const tracingMulti: MakeProgramTag<TracingMultiTag> = programTag;
/** `SEC("fentry.multi")` without a target: the options of `attach()` name it. */
export type UnboundTracingMultiTag = ProgramTag<AttachArguments<"tracingMulti", false>, Link, NoRun>;
/** `SEC("fentry.multi")` without a target. */
export const unboundTracingMulti: MakeProgramTag<UnboundTracingMultiTag> = programTag;

/** `SEC("freplace/…")`. */
export type FreplaceTag = ProgramTag<AttachArguments<"freplace", true>, Link, NoRun>;
/** `SEC("freplace/…")`. */
export const freplace: MakeProgramTag<FreplaceTag> = programTag;

/** `SEC("lsm/…")`. */
export type LsmTag = ProgramTag<AttachArguments<"lsm", true>, Link, NoRun>;
/** `SEC("lsm/…")`. */
export const lsm: MakeProgramTag<LsmTag> = programTag;

/** `SEC("lsm_cgroup/…")`. */
export type LsmCgroupTag = ProgramTag<AttachArguments<"lsmCgroup", false>, Link, NoRun>;
/** `SEC("lsm_cgroup/…")`. */
export const lsmCgroup: MakeProgramTag<LsmCgroupTag> = programTag;

/** `SEC("iter/…")`. */
export type IterTag = ProgramTag<AttachArguments<"iter", true>, LinkOf<"iter">, NoRun>;
/** `SEC("iter/…")`. */
export const iter: MakeProgramTag<IterTag> = programTag;

/** `SEC("xdp")`. */
export type XdpTag = ProgramTag<AttachArguments<"xdp", false>, Link, XdpRun>;
/** `SEC("xdp")`. */
export const xdp: MakeProgramTag<XdpTag> = programTag;

/** `SEC("tcx/ingress")`, `SEC("tc/egress")` and their relatives. */
export type TcxTag = ProgramTag<AttachArguments<"tcx", false>, Link, SkbRun>;
/** `SEC("tcx/ingress")`, `SEC("tc/egress")` and their relatives. */
export const tcx: MakeProgramTag<TcxTag> = programTag;
/** `SEC("tc")`, `SEC("classifier")`: the options of `attach()` say the direction. */
export type UnboundTcxTag = ProgramTag<OpenAttachArguments<"tcx">, Link, SkbRun>;
/** `SEC("tc")`, `SEC("classifier")`. */
export const unboundTcx: MakeProgramTag<UnboundTcxTag> = programTag;

/** `SEC("netkit/primary")`, `SEC("netkit/peer")`. */
export type NetkitTag = ProgramTag<AttachArguments<"netkit", false>, Link, SkbRun>;
/** `SEC("netkit/primary")`, `SEC("netkit/peer")`. */
export const netkit: MakeProgramTag<NetkitTag> = programTag;

/** `SEC("cgroup/…")`, `SEC("sockops")`. */
export type CgroupTag = ProgramTag<AttachArguments<"cgroup", false>, Link, NoRun>;
/** `SEC("cgroup/…")`, `SEC("sockops")`. */
export const cgroup: MakeProgramTag<CgroupTag> = programTag;

/** `SEC("cgroup_skb/…")`. */
export type CgroupSkbTag = ProgramTag<AttachArguments<"cgroup", false>, Link, SkbRun>;
/** `SEC("cgroup_skb/…")`. */
export const cgroupSkb: MakeProgramTag<CgroupSkbTag> = programTag;
/** `SEC("cgroup/skb")`: the options of `attach()` say the direction. */
export type UnboundCgroupSkbTag = ProgramTag<OpenAttachArguments<"cgroup">, Link, SkbRun>;
/** `SEC("cgroup/skb")`. */
export const unboundCgroupSkb: MakeProgramTag<UnboundCgroupSkbTag> = programTag;

/** `SEC("flow_dissector")`. */
export type FlowDissectorTag = ProgramTag<AttachArguments<"netns", false>, Link, FlowDissectorRun>;
/** `SEC("flow_dissector")`. */
export const flowDissector: MakeProgramTag<FlowDissectorTag> = programTag;

/** `SEC("sk_lookup")`. */
export type SkLookupTag = ProgramTag<AttachArguments<"netns", false>, Link, SkLookupRun>;
/** `SEC("sk_lookup")`. */
export const skLookup: MakeProgramTag<SkLookupTag> = programTag;

/** What modules made before there were {@link FlowDissectorTag} and {@link SkLookupTag} have in their place. */
export type NetnsTag = ProgramTag<AttachArguments<"netns", false>>;
/** See {@link NetnsTag}. */
export const netns: MakeProgramTag<NetnsTag> = programTag;

/** `SEC("netfilter")`. */
export type NetfilterTag = ProgramTag<AttachArguments<"netfilter", false>, Link, NetfilterRun>;
/** `SEC("netfilter")`. */
export const netfilter: MakeProgramTag<NetfilterTag> = programTag;

/** `SEC("sk_skb/…")`, `SEC("sk_msg")`. */
export type SockmapTag = ProgramTag<AttachArguments<"sockmap", false>, Link, NoRun>;
/** `SEC("sk_skb/…")`, `SEC("sk_msg")`. */
export const sockmap: MakeProgramTag<SockmapTag> = programTag;
/** `SEC("sk_skb")`: the options of `attach()` say the hook. */
export type UnboundSockmapTag = ProgramTag<OpenAttachArguments<"sockmap">, Link, NoRun>;
/** `SEC("sk_skb")`. */
export const unboundSockmap: MakeProgramTag<UnboundSockmapTag> = programTag;

/** `SEC("perf_event")`. */
export type PerfEventTag = ProgramTag<AttachArguments<"perfEvent", false>, Link, NoRun>;
/** `SEC("perf_event")`. */
export const perfEvent: MakeProgramTag<PerfEventTag> = programTag;

/** `SEC("socket")`. */
export type SocketTag = ProgramTag<AttachArguments<"socket", false>, Link, SkbRun>;
/** `SEC("socket")`. */
export const socket: MakeProgramTag<SocketTag> = programTag;

/** `SEC("lirc_mode2")`. */
export type LircTag = ProgramTag<AttachArguments<"lirc", false>, Link, NoRun>;
/** `SEC("lirc_mode2")`. */
export const lirc: MakeProgramTag<LircTag> = programTag;

/** A program without `attach()`: it is put into a map, called, or run by `run()`. */
type Unattached<T extends TestRun> = ProgramTag<readonly [never], Link, T>;

/** `SEC("xdp/devmap")`, `SEC("xdp/cpumap")`: run where a map sends the packet. */
export type XdpInMapTag = Unattached<XdpRun>;
/** `SEC("xdp/devmap")`, `SEC("xdp/cpumap")`. */
export const xdpInMap: MakeProgramTag<XdpInMapTag> = programTag;

/** `SEC("lwt_in")` and its relatives. */
export type LwtTag = ProgramTag<AttachArguments<"lwt", false>, Link, SkbRun>;
/** `SEC("lwt_in")` and its relatives. */
export const lwt: MakeProgramTag<LwtTag> = programTag;

/** `SEC("action")`, which filters are given by `tc`. */
export type ActionTag = Unattached<SkbRun>;
/** `SEC("action")`. */
export const action: MakeProgramTag<ActionTag> = programTag;

/** `SEC("syscall")`: what it is for is `run()`. */
export type SyscallTag = Unattached<SyscallRun>;
/** `SEC("syscall")`. */
export const syscall: MakeProgramTag<SyscallTag> = programTag;

/** `SEC("struct_ops/…")`: its structure, a map, is what is attached. */
export type StructOpsTag = Unattached<StructOpsRun>;
/** `SEC("struct_ops/…")`. */
export const structOps: MakeProgramTag<StructOpsTag> = programTag;

/** `SEC("sk_reuseport")`. */
export type ReuseportTag = ProgramTag<AttachArguments<"reuseport", false>, Link, NoRun>;
/** `SEC("sk_reuseport")`. */
export const reuseport: MakeProgramTag<ReuseportTag> = programTag;

/** A program whose section says nothing about its type. */
export type UnattachedTag = ProgramTag<readonly [never]>;
/** A program whose section says nothing about its type. */
export const unattached: MakeProgramTag<UnattachedTag> = programTag;

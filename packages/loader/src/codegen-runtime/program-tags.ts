/**
 * Tags of programs: for each kind, what its `attach()` takes. Where the section's name may say what to attach to, there are
 * two: `TracepointTag` for `SEC("tp/sched/sched_switch")`, whose options may be left out, and `UnboundTracepointTag` for
 * `SEC("tp")`, whose options must say it.
 *
 * @module
 */

import { ProgramTag } from "../collection/index.ts";
import type { AttachArguments, LinkOf } from "../links/index.ts";

/** Makes the tag of the program with that name in C. */
export type MakeProgramTag<T> = (name: string) => T;

/** `attach()` takes nothing that could be given; what a tag does say is in its type alone. */
function programTag(name: string): ProgramTag<never, never> {
  return new ProgramTag(name);
}

/** `SEC("kprobe/…")`, `SEC("kretprobe/…")`. */
export type KprobeTag = ProgramTag<AttachArguments<"kprobe", true>>;
/** `SEC("kprobe/…")`, `SEC("kretprobe/…")`. */
export const kprobe: MakeProgramTag<KprobeTag> = programTag;
/** `SEC("kprobe")`, `SEC("kretprobe")` without a target: the options of `attach()` name it. */
export type UnboundKprobeTag = ProgramTag<AttachArguments<"kprobe", false>>;
/** `SEC("kprobe")`, `SEC("kretprobe")` without a target. */
export const unboundKprobe: MakeProgramTag<UnboundKprobeTag> = programTag;

/** `SEC("ksyscall/…")`, `SEC("kretsyscall/…")`. */
export type KsyscallTag = ProgramTag<AttachArguments<"ksyscall", true>>;
/** `SEC("ksyscall/…")`, `SEC("kretsyscall/…")`. */
export const ksyscall: MakeProgramTag<KsyscallTag> = programTag;
/** `SEC("ksyscall")`, `SEC("kretsyscall")` without a target: the options of `attach()` name it. */
export type UnboundKsyscallTag = ProgramTag<AttachArguments<"ksyscall", false>>;
/** `SEC("ksyscall")`, `SEC("kretsyscall")` without a target. */
export const unboundKsyscall: MakeProgramTag<UnboundKsyscallTag> = programTag;

/** `SEC("kprobe.multi/…")` and its relatives. */
export type KprobeMultiTag = ProgramTag<AttachArguments<"kprobeMulti", true>>;
/** `SEC("kprobe.multi/…")` and its relatives. */
export const kprobeMulti: MakeProgramTag<KprobeMultiTag> = programTag;
/** `SEC("kprobe.multi")` without a target: the options of `attach()` name it. */
export type UnboundKprobeMultiTag = ProgramTag<AttachArguments<"kprobeMulti", false>>;
/** `SEC("kprobe.multi")` without a target. */
export const unboundKprobeMulti: MakeProgramTag<UnboundKprobeMultiTag> = programTag;

/** `SEC("uprobe/…")`, `SEC("uretprobe/…")`. */
export type UprobeTag = ProgramTag<AttachArguments<"uprobe", true>>;
/** `SEC("uprobe/…")`, `SEC("uretprobe/…")`. */
export const uprobe: MakeProgramTag<UprobeTag> = programTag;
/** `SEC("uprobe")`, `SEC("uretprobe")` without a target: the options of `attach()` name it. */
export type UnboundUprobeTag = ProgramTag<AttachArguments<"uprobe", false>>;
/** `SEC("uprobe")`, `SEC("uretprobe")` without a target. */
export const unboundUprobe: MakeProgramTag<UnboundUprobeTag> = programTag;

/** `SEC("uprobe.multi/…")` and its relatives. */
export type UprobeMultiTag = ProgramTag<AttachArguments<"uprobeMulti", true>>;
/** `SEC("uprobe.multi/…")` and its relatives. */
export const uprobeMulti: MakeProgramTag<UprobeMultiTag> = programTag;
/** `SEC("uprobe.multi")` without a target: the options of `attach()` name it. */
export type UnboundUprobeMultiTag = ProgramTag<AttachArguments<"uprobeMulti", false>>;
/** `SEC("uprobe.multi")` without a target. */
export const unboundUprobeMulti: MakeProgramTag<UnboundUprobeMultiTag> = programTag;

/** `SEC("usdt/…")`. */
export type UsdtTag = ProgramTag<AttachArguments<"usdt", true>>;
/** `SEC("usdt/…")`. */
export const usdt: MakeProgramTag<UsdtTag> = programTag;
/** `SEC("usdt")` without a target: the options of `attach()` name it. */
export type UnboundUsdtTag = ProgramTag<AttachArguments<"usdt", false>>;
/** `SEC("usdt")` without a target. */
export const unboundUsdt: MakeProgramTag<UnboundUsdtTag> = programTag;

/** `SEC("tracepoint/…")`, `SEC("tp/…")`. */
export type TracepointTag = ProgramTag<AttachArguments<"tracepoint", true>>;
/** `SEC("tracepoint/…")`, `SEC("tp/…")`. */
export const tracepoint: MakeProgramTag<TracepointTag> = programTag;
/** `SEC("tracepoint")`, `SEC("tp")` without a target: the options of `attach()` name it. */
export type UnboundTracepointTag = ProgramTag<AttachArguments<"tracepoint", false>>;
/** `SEC("tracepoint")`, `SEC("tp")` without a target. */
export const unboundTracepoint: MakeProgramTag<UnboundTracepointTag> = programTag;

/** `SEC("raw_tracepoint/…")`, `SEC("raw_tp/…")`. */
export type RawTracepointTag = ProgramTag<AttachArguments<"rawTracepoint", true>>;
/** `SEC("raw_tracepoint/…")`, `SEC("raw_tp/…")`. */
export const rawTracepoint: MakeProgramTag<RawTracepointTag> = programTag;
/** `SEC("raw_tracepoint")`, `SEC("raw_tp")` without a target: the options of `attach()` name it. */
export type UnboundRawTracepointTag = ProgramTag<AttachArguments<"rawTracepoint", false>>;
/** `SEC("raw_tracepoint")`, `SEC("raw_tp")` without a target. */
export const unboundRawTracepoint: MakeProgramTag<UnboundRawTracepointTag> = programTag;

/** `SEC("fentry/…")`, `SEC("fexit/…")`, `SEC("fmod_ret/…")`, `SEC("tp_btf/…")`. */
export type TracingTag = ProgramTag<AttachArguments<"tracing", true>>;
/** `SEC("fentry/…")`, `SEC("fexit/…")`, `SEC("fmod_ret/…")`, `SEC("tp_btf/…")`. */
export const tracing: MakeProgramTag<TracingTag> = programTag;

/** `SEC("fentry.multi/…")` and its relatives. */
export type TracingMultiTag = ProgramTag<AttachArguments<"tracingMulti", true>>;
/** `SEC("fentry.multi/…")` and its relatives. */
export const tracingMulti: MakeProgramTag<TracingMultiTag> = programTag;
/** `SEC("fentry.multi")` without a target: the options of `attach()` name it. */
export type UnboundTracingMultiTag = ProgramTag<AttachArguments<"tracingMulti", false>>;
/** `SEC("fentry.multi")` without a target. */
export const unboundTracingMulti: MakeProgramTag<UnboundTracingMultiTag> = programTag;

/** `SEC("freplace/…")`. */
export type FreplaceTag = ProgramTag<AttachArguments<"freplace", true>>;
/** `SEC("freplace/…")`. */
export const freplace: MakeProgramTag<FreplaceTag> = programTag;

/** `SEC("lsm/…")`. */
export type LsmTag = ProgramTag<AttachArguments<"lsm", true>>;
/** `SEC("lsm/…")`. */
export const lsm: MakeProgramTag<LsmTag> = programTag;

/** `SEC("lsm_cgroup/…")`. */
export type LsmCgroupTag = ProgramTag<AttachArguments<"lsmCgroup", false>>;
/** `SEC("lsm_cgroup/…")`. */
export const lsmCgroup: MakeProgramTag<LsmCgroupTag> = programTag;

/** `SEC("iter/…")`. */
export type IterTag = ProgramTag<AttachArguments<"iter", true>, LinkOf<"iter">>;
/** `SEC("iter/…")`. */
export const iter: MakeProgramTag<IterTag> = programTag;

/** `SEC("xdp")`. */
export type XdpTag = ProgramTag<AttachArguments<"xdp", false>>;
/** `SEC("xdp")`. */
export const xdp: MakeProgramTag<XdpTag> = programTag;

/** `SEC("tcx/ingress")`, `SEC("tc")` and their relatives. */
export type TcxTag = ProgramTag<AttachArguments<"tcx", false>>;
/** `SEC("tcx/ingress")`, `SEC("tc")` and their relatives. */
export const tcx: MakeProgramTag<TcxTag> = programTag;

/** `SEC("netkit/primary")`, `SEC("netkit/peer")`. */
export type NetkitTag = ProgramTag<AttachArguments<"netkit", false>>;
/** `SEC("netkit/primary")`, `SEC("netkit/peer")`. */
export const netkit: MakeProgramTag<NetkitTag> = programTag;

/** `SEC("cgroup/…")`, `SEC("cgroup_skb/…")`, `SEC("sockops")`. */
export type CgroupTag = ProgramTag<AttachArguments<"cgroup", false>>;
/** `SEC("cgroup/…")`, `SEC("cgroup_skb/…")`, `SEC("sockops")`. */
export const cgroup: MakeProgramTag<CgroupTag> = programTag;

/** `SEC("flow_dissector")`, `SEC("sk_lookup")`. */
export type NetnsTag = ProgramTag<AttachArguments<"netns", false>>;
/** `SEC("flow_dissector")`, `SEC("sk_lookup")`. */
export const netns: MakeProgramTag<NetnsTag> = programTag;

/** `SEC("netfilter")`. */
export type NetfilterTag = ProgramTag<AttachArguments<"netfilter", false>>;
/** `SEC("netfilter")`. */
export const netfilter: MakeProgramTag<NetfilterTag> = programTag;

/** `SEC("sk_skb/…")`, `SEC("sk_msg")`. */
export type SockmapTag = ProgramTag<AttachArguments<"sockmap", false>>;
/** `SEC("sk_skb/…")`, `SEC("sk_msg")`. */
export const sockmap: MakeProgramTag<SockmapTag> = programTag;

/** `SEC("perf_event")`. */
export type PerfEventTag = ProgramTag<AttachArguments<"perfEvent", false>>;
/** `SEC("perf_event")`. */
export const perfEvent: MakeProgramTag<PerfEventTag> = programTag;

/** `SEC("socket")`. */
export type SocketTag = ProgramTag<AttachArguments<"socket", false>>;
/** `SEC("socket")`. */
export const socket: MakeProgramTag<SocketTag> = programTag;

/** `SEC("lirc_mode2")`. */
export type LircTag = ProgramTag<AttachArguments<"lirc", false>>;
/** `SEC("lirc_mode2")`. */
export const lirc: MakeProgramTag<LircTag> = programTag;

/** A program that is not attached but put into a map, called by another or run by `run()`; or whose section says nothing. */
export type UnattachedTag = ProgramTag<readonly [never]>;
/** A program without `attach()`. */
export const unattached: MakeProgramTag<UnattachedTag> = programTag;

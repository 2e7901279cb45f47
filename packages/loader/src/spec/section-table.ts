/**
 * What a section's name says about its programs. The rows are those of libbpf 1.7 (`section_defs[]` in src/libbpf.c).
 *
 * @module
 */

import { AttachType as A, ProgramFlag, ProgramType as P } from "../uapi/index.ts";
import type { AttachType, ProgramType } from "../uapi/index.ts";

/** How a program of a section is attached; each is one file in `links/`. */
export type AttachKind =
  | "kprobe"
  | "ksyscall"
  | "kprobeMulti"
  | "uprobe"
  | "uprobeMulti"
  | "usdt"
  | "tracepoint"
  | "rawTracepoint"
  | "tracing"
  | "tracingMulti"
  | "freplace"
  | "lsm"
  | "lsmCgroup"
  | "iter"
  | "xdp"
  | "tcx"
  | "netkit"
  | "cgroup"
  | "netns"
  | "netfilter"
  | "sockmap"
  | "perfEvent"
  | "socket"
  | "structOps"
  | "lirc"
  | "lwt"
  | "syscall"
  | "action"
  | "reuseport";

/** One row of the section table: libbpf's `section_defs[]`. */
export interface SectionRule {
  /** `"xdp"`; with `suffix`, also `"xdp/…"`. */
  readonly prefix: string;
  /** True: exact, or the prefix and `/` and anything. False: exact only. */
  readonly suffix: boolean;
  readonly type: ProgramType;
  readonly attachType: AttachType;
  /** Bits of `ProgramFlag` that the name brings. */
  readonly flags: number;
  readonly attach: AttachKind;
  /** Whether `attach()` works without options: never, only when the name has a target, or always. */
  readonly auto: "never" | "withTarget" | "always";
  /** True where what stands behind the `/` is looked up in the kernel's BTF at load. */
  readonly attachBtf: boolean;
}

/** The name says nothing about the attach type. The kernel has no number for that: 0 is also CGROUP_INET_INGRESS. */
const NONE: AttachType = 0;
const SLEEPABLE = ProgramFlag.SLEEPABLE;
const FRAGS = ProgramFlag.XDP_HAS_FRAGS;
const IN_BTF = true;

/** A section that has this name only. None of these attaches without being told to what. */
function exact(
  prefix: string,
  type: ProgramType,
  attachType: AttachType,
  attach: AttachKind,
  flags: number = 0,
): SectionRule {
  return { prefix, suffix: false, type, attachType, flags, attach, auto: "never", attachBtf: false };
}

/** A section that has this name, or this name, `/` and a target. */
function open(
  prefix: string,
  type: ProgramType,
  attachType: AttachType,
  attach: AttachKind,
  auto: SectionRule["auto"],
  flags: number = 0,
  attachBtf: boolean = false,
): SectionRule {
  return { prefix, suffix: true, type, attachType, flags, attach, auto, attachBtf };
}

/** All kinds of program section, in libbpf's order. No two match the same name. */
export const sectionTable: readonly SectionRule[] = [
  exact("socket", P.SOCKET_FILTER, NONE, "socket"),
  exact("sk_reuseport/migrate", P.SK_REUSEPORT, A.SK_REUSEPORT_SELECT_OR_MIGRATE, "reuseport"),
  exact("sk_reuseport", P.SK_REUSEPORT, A.SK_REUSEPORT_SELECT, "reuseport"),
  open("kprobe", P.KPROBE, NONE, "kprobe", "withTarget"),
  open("uprobe", P.KPROBE, NONE, "uprobe", "withTarget"),
  open("uprobe.s", P.KPROBE, NONE, "uprobe", "withTarget", SLEEPABLE),
  open("kretprobe", P.KPROBE, NONE, "kprobe", "withTarget"),
  open("uretprobe", P.KPROBE, NONE, "uprobe", "withTarget"),
  open("uretprobe.s", P.KPROBE, NONE, "uprobe", "withTarget", SLEEPABLE),
  open("kprobe.multi", P.KPROBE, A.TRACE_KPROBE_MULTI, "kprobeMulti", "withTarget"),
  open("kretprobe.multi", P.KPROBE, A.TRACE_KPROBE_MULTI, "kprobeMulti", "withTarget"),
  open("kprobe.session", P.KPROBE, A.TRACE_KPROBE_SESSION, "kprobeMulti", "withTarget"),
  open("uprobe.multi", P.KPROBE, A.TRACE_UPROBE_MULTI, "uprobeMulti", "withTarget"),
  open("uretprobe.multi", P.KPROBE, A.TRACE_UPROBE_MULTI, "uprobeMulti", "withTarget"),
  open("uprobe.session", P.KPROBE, A.TRACE_UPROBE_SESSION, "uprobeMulti", "withTarget"),
  open("uprobe.multi.s", P.KPROBE, A.TRACE_UPROBE_MULTI, "uprobeMulti", "withTarget", SLEEPABLE),
  open("uretprobe.multi.s", P.KPROBE, A.TRACE_UPROBE_MULTI, "uprobeMulti", "withTarget", SLEEPABLE),
  open("uprobe.session.s", P.KPROBE, A.TRACE_UPROBE_SESSION, "uprobeMulti", "withTarget", SLEEPABLE),
  open("ksyscall", P.KPROBE, NONE, "ksyscall", "withTarget"),
  open("kretsyscall", P.KPROBE, NONE, "ksyscall", "withTarget"),
  open("usdt", P.KPROBE, NONE, "usdt", "withTarget"),
  open("usdt.s", P.KPROBE, NONE, "usdt", "withTarget", SLEEPABLE),
  exact("tc/ingress", P.SCHED_CLS, A.TCX_INGRESS, "tcx"),
  exact("tc/egress", P.SCHED_CLS, A.TCX_EGRESS, "tcx"),
  exact("tcx/ingress", P.SCHED_CLS, A.TCX_INGRESS, "tcx"),
  exact("tcx/egress", P.SCHED_CLS, A.TCX_EGRESS, "tcx"),
  exact("tc", P.SCHED_CLS, NONE, "tcx"),
  exact("classifier", P.SCHED_CLS, NONE, "tcx"),
  exact("action", P.SCHED_ACT, NONE, "action"),
  exact("netkit/primary", P.SCHED_CLS, A.NETKIT_PRIMARY, "netkit"),
  exact("netkit/peer", P.SCHED_CLS, A.NETKIT_PEER, "netkit"),
  open("tracepoint", P.TRACEPOINT, NONE, "tracepoint", "withTarget"),
  open("tp", P.TRACEPOINT, NONE, "tracepoint", "withTarget"),
  open("tracepoint.s", P.TRACEPOINT, NONE, "tracepoint", "withTarget", SLEEPABLE),
  open("tp.s", P.TRACEPOINT, NONE, "tracepoint", "withTarget", SLEEPABLE),
  open("raw_tracepoint", P.RAW_TRACEPOINT, NONE, "rawTracepoint", "withTarget"),
  open("raw_tp", P.RAW_TRACEPOINT, NONE, "rawTracepoint", "withTarget"),
  open("raw_tracepoint.s", P.RAW_TRACEPOINT, NONE, "rawTracepoint", "withTarget", SLEEPABLE),
  open("raw_tp.s", P.RAW_TRACEPOINT, NONE, "rawTracepoint", "withTarget", SLEEPABLE),
  open("raw_tracepoint.w", P.RAW_TRACEPOINT_WRITABLE, NONE, "rawTracepoint", "withTarget"),
  open("raw_tp.w", P.RAW_TRACEPOINT_WRITABLE, NONE, "rawTracepoint", "withTarget"),
  open("tp_btf", P.TRACING, A.TRACE_RAW_TP, "tracing", "always", 0, IN_BTF),
  open("tp_btf.s", P.TRACING, A.TRACE_RAW_TP, "tracing", "always", SLEEPABLE, IN_BTF),
  open("fentry", P.TRACING, A.TRACE_FENTRY, "tracing", "always", 0, IN_BTF),
  open("fmod_ret", P.TRACING, A.MODIFY_RETURN, "tracing", "always", 0, IN_BTF),
  open("fexit", P.TRACING, A.TRACE_FEXIT, "tracing", "always", 0, IN_BTF),
  open("fentry.s", P.TRACING, A.TRACE_FENTRY, "tracing", "always", SLEEPABLE, IN_BTF),
  open("fmod_ret.s", P.TRACING, A.MODIFY_RETURN, "tracing", "always", SLEEPABLE, IN_BTF),
  open("fexit.s", P.TRACING, A.TRACE_FEXIT, "tracing", "always", SLEEPABLE, IN_BTF),
  open("fsession", P.TRACING, A.TRACE_FSESSION, "tracing", "always", 0, IN_BTF),
  open("fsession.s", P.TRACING, A.TRACE_FSESSION, "tracing", "always", SLEEPABLE, IN_BTF),
  open("fsession.multi", P.TRACING, A.TRACE_FSESSION_MULTI, "tracingMulti", "withTarget"),
  open("fsession.multi.s", P.TRACING, A.TRACE_FSESSION_MULTI, "tracingMulti", "withTarget", SLEEPABLE),
  open("fentry.multi", P.TRACING, A.TRACE_FENTRY_MULTI, "tracingMulti", "withTarget"),
  open("fexit.multi", P.TRACING, A.TRACE_FEXIT_MULTI, "tracingMulti", "withTarget"),
  open("fentry.multi.s", P.TRACING, A.TRACE_FENTRY_MULTI, "tracingMulti", "withTarget", SLEEPABLE),
  open("fexit.multi.s", P.TRACING, A.TRACE_FEXIT_MULTI, "tracingMulti", "withTarget", SLEEPABLE),
  open("freplace", P.EXT, NONE, "freplace", "always", 0, IN_BTF),
  open("lsm", P.LSM, A.LSM_MAC, "lsm", "always", 0, IN_BTF),
  open("lsm.s", P.LSM, A.LSM_MAC, "lsm", "always", SLEEPABLE, IN_BTF),
  open("lsm_cgroup", P.LSM, A.LSM_CGROUP, "lsmCgroup", "never", 0, IN_BTF),
  open("iter", P.TRACING, A.TRACE_ITER, "iter", "always", 0, IN_BTF),
  open("iter.s", P.TRACING, A.TRACE_ITER, "iter", "always", SLEEPABLE, IN_BTF),
  exact("syscall", P.SYSCALL, NONE, "syscall", SLEEPABLE),
  exact("xdp.frags/devmap", P.XDP, A.XDP_DEVMAP, "xdp", FRAGS),
  exact("xdp/devmap", P.XDP, A.XDP_DEVMAP, "xdp"),
  exact("xdp.frags/cpumap", P.XDP, A.XDP_CPUMAP, "xdp", FRAGS),
  exact("xdp/cpumap", P.XDP, A.XDP_CPUMAP, "xdp"),
  exact("xdp.frags", P.XDP, A.XDP, "xdp", FRAGS),
  exact("xdp", P.XDP, A.XDP, "xdp"),
  exact("perf_event", P.PERF_EVENT, NONE, "perfEvent"),
  exact("lwt_in", P.LWT_IN, NONE, "lwt"),
  exact("lwt_out", P.LWT_OUT, NONE, "lwt"),
  exact("lwt_xmit", P.LWT_XMIT, NONE, "lwt"),
  exact("lwt_seg6local", P.LWT_SEG6LOCAL, NONE, "lwt"),
  exact("sockops", P.SOCK_OPS, A.CGROUP_SOCK_OPS, "cgroup"),
  exact("sk_skb/stream_parser", P.SK_SKB, A.SK_SKB_STREAM_PARSER, "sockmap"),
  exact("sk_skb/stream_verdict", P.SK_SKB, A.SK_SKB_STREAM_VERDICT, "sockmap"),
  exact("sk_skb/verdict", P.SK_SKB, A.SK_SKB_VERDICT, "sockmap"),
  exact("sk_skb", P.SK_SKB, NONE, "sockmap"),
  exact("sk_msg", P.SK_MSG, A.SK_MSG_VERDICT, "sockmap"),
  exact("lirc_mode2", P.LIRC_MODE2, A.LIRC_MODE2, "lirc"),
  exact("flow_dissector", P.FLOW_DISSECTOR, A.FLOW_DISSECTOR, "netns"),
  exact("cgroup_skb/ingress", P.CGROUP_SKB, A.CGROUP_INET_INGRESS, "cgroup"),
  exact("cgroup_skb/egress", P.CGROUP_SKB, A.CGROUP_INET_EGRESS, "cgroup"),
  exact("cgroup/skb", P.CGROUP_SKB, NONE, "cgroup"),
  exact("cgroup/sock_create", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, "cgroup"),
  exact("cgroup/sock_release", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_RELEASE, "cgroup"),
  exact("cgroup/sock", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, "cgroup"),
  exact("cgroup/post_bind4", P.CGROUP_SOCK, A.CGROUP_INET4_POST_BIND, "cgroup"),
  exact("cgroup/post_bind6", P.CGROUP_SOCK, A.CGROUP_INET6_POST_BIND, "cgroup"),
  exact("cgroup/bind4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_BIND, "cgroup"),
  exact("cgroup/bind6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_BIND, "cgroup"),
  exact("cgroup/connect4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_CONNECT, "cgroup"),
  exact("cgroup/connect6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_CONNECT, "cgroup"),
  exact("cgroup/connect_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_CONNECT, "cgroup"),
  exact("cgroup/sendmsg4", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_SENDMSG, "cgroup"),
  exact("cgroup/sendmsg6", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_SENDMSG, "cgroup"),
  exact("cgroup/sendmsg_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_SENDMSG, "cgroup"),
  exact("cgroup/recvmsg4", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_RECVMSG, "cgroup"),
  exact("cgroup/recvmsg6", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_RECVMSG, "cgroup"),
  exact("cgroup/recvmsg_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_RECVMSG, "cgroup"),
  exact("cgroup/getpeername4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETPEERNAME, "cgroup"),
  exact("cgroup/getpeername6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETPEERNAME, "cgroup"),
  exact("cgroup/getpeername_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETPEERNAME, "cgroup"),
  exact("cgroup/getsockname4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETSOCKNAME, "cgroup"),
  exact("cgroup/getsockname6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETSOCKNAME, "cgroup"),
  exact("cgroup/getsockname_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETSOCKNAME, "cgroup"),
  exact("cgroup/sysctl", P.CGROUP_SYSCTL, A.CGROUP_SYSCTL, "cgroup"),
  exact("cgroup/getsockopt", P.CGROUP_SOCKOPT, A.CGROUP_GETSOCKOPT, "cgroup"),
  exact("cgroup/setsockopt", P.CGROUP_SOCKOPT, A.CGROUP_SETSOCKOPT, "cgroup"),
  exact("cgroup/dev", P.CGROUP_DEVICE, A.CGROUP_DEVICE, "cgroup"),
  open("struct_ops", P.STRUCT_OPS, NONE, "structOps", "never"),
  open("struct_ops.s", P.STRUCT_OPS, NONE, "structOps", "never", SLEEPABLE),
  exact("sk_lookup", P.SK_LOOKUP, A.SK_LOOKUP, "netns"),
  exact("netfilter", P.NETFILTER, A.NETFILTER, "netfilter"),
];

/**
 * Probes for the kinds of link, and for what some kinds learnt later.
 *
 * @module
 */
import {
  Errno,
  lacks,
  rawTracepointOpen,
  tryBpf,
  type FeatureProbe,
  type linkCreate,
  type Values,
} from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/command.ts";
import { ProgramType } from "../uapi/program-type.ts";
import { linkProbe, type DatedProbe } from "./link-probe.ts";
import { cantTell, NOWHERE, tellsNothing } from "./try-call.ts";

export const cgroupLinks: DatedProbe = linkProbe(
  { name: "links on cgroups", since: "5.7" },
  {
    type: ProgramType.CGROUP_SKB,
    attachType: AttachType.CGROUP_INET_EGRESS,
    loadedFor: AttachType.CGROUP_INET_EGRESS,
  },
  { targetFd: NOWHERE },
  "EBADF",
);

export const netnsLinks: DatedProbe = linkProbe(
  { name: "links on network namespaces", since: "5.8" },
  { type: ProgramType.FLOW_DISSECTOR, attachType: AttachType.FLOW_DISSECTOR },
  { targetFd: NOWHERE },
  "EBADF",
);

/** XDP_FLAGS_HW_MODE of include/uapi/linux/if_link.h. */
const OFFLOAD = 1 << 3;

/** The loopback interface has no hardware to offload to, which only a kernel with XDP links gets to notice. */
export const xdpLinks: DatedProbe = linkProbe(
  { name: "XDP links", since: "5.9" },
  { type: ProgramType.XDP, attachType: AttachType.XDP },
  { targetIfindex: 1, flags: OFFLOAD },
  "EOPNOTSUPP",
);

export const perfEventLinks: DatedProbe = linkProbe(
  { name: "links on perf events", since: "5.15" },
  { type: ProgramType.TRACEPOINT, attachType: AttachType.PERF_EVENT },
  { targetFd: NOWHERE },
  "EBADF",
);

const noFunction: Values<typeof linkCreate> = { kprobeMultiCnt: 1, kprobeMultiSyms: ["."] };

export const kprobeMultiLinks: DatedProbe = linkProbe(
  { name: "kprobe.multi links (CONFIG_FPROBE)", since: "5.18" },
  {
    type: ProgramType.KPROBE,
    attachType: AttachType.TRACE_KPROBE_MULTI,
    loadedFor: AttachType.TRACE_KPROBE_MULTI,
  },
  noFunction,
  "ESRCH",
);

export const kprobeSessionLinks: DatedProbe = linkProbe(
  { name: "kprobe.session links", since: "6.10" },
  {
    type: ProgramType.KPROBE,
    attachType: AttachType.TRACE_KPROBE_SESSION,
    loadedFor: AttachType.TRACE_KPROBE_SESSION,
  },
  noFunction,
  "ESRCH",
);

export const netfilterLinks: DatedProbe = linkProbe(
  { name: "netfilter links (CONFIG_NETFILTER_BPF_LINK)", since: "6.4" },
  { type: ProgramType.NETFILTER, attachType: AttachType.NETFILTER, loadedFor: AttachType.NETFILTER },
  { netfilterPf: 0xff },
  "EAFNOSUPPORT",
);

export const tcxLinks: DatedProbe = linkProbe(
  { name: "tcx links", since: "6.6" },
  { type: ProgramType.SCHED_CLS, attachType: AttachType.TCX_INGRESS },
  { targetIfindex: NOWHERE },
  "ENODEV",
);

/** A directory is no file to probe, which only a kernel that has such links gets to notice. */
const directory: Values<typeof linkCreate> = {
  uprobeMultiPath: "/",
  uprobeMultiOffsets: new Uint8Array(8),
  uprobeMultiCnt: 1,
};

export const uprobeMultiLinks: DatedProbe = linkProbe(
  { name: "uprobe.multi links", since: "6.6" },
  { type: ProgramType.KPROBE, attachType: AttachType.TRACE_UPROBE_MULTI, loadedFor: AttachType.TRACE_UPROBE_MULTI },
  directory,
  "EBADF",
);

/**
 * The first kernels with uprobe.multi took `pid` for a thread. Those that take it for a process also check it, before
 * they look for the file (bpf_uprobe_multi_link_attach in kernel/trace/bpf_trace.c).
 */
export const uprobeMultiProcesses: DatedProbe = {
  name: "uprobe.multi links for a process",
  since: "6.10",
  // Without such links, it is EINVAL in any case.
  test: () => (lacks(uprobeMultiLinks) ? false : linkOfNoProcess.test()),
};

const linkOfNoProcess = linkProbe(
  uprobeMultiProcesses,
  { type: ProgramType.KPROBE, attachType: AttachType.TRACE_UPROBE_MULTI, loadedFor: AttachType.TRACE_UPROBE_MULTI },
  { ...directory, uprobeMultiPid: 0xffff_ffff },
  "EINVAL",
);

export const uprobeSessionLinks: DatedProbe = linkProbe(
  { name: "uprobe.session links", since: "6.13" },
  {
    type: ProgramType.KPROBE,
    attachType: AttachType.TRACE_UPROBE_SESSION,
    loadedFor: AttachType.TRACE_UPROBE_SESSION,
  },
  directory,
  "EBADF",
);

export const netkitLinks: DatedProbe = linkProbe(
  { name: "netkit devices (CONFIG_NETKIT)", since: "6.7" },
  { type: ProgramType.SCHED_CLS, attachType: AttachType.NETKIT_PRIMARY },
  { targetIfindex: NOWHERE },
  "ENODEV",
);

export const sockmapLinks: DatedProbe = linkProbe(
  { name: "links on maps of sockets", since: "6.10" },
  {
    type: ProgramType.SK_SKB,
    attachType: AttachType.SK_SKB_STREAM_VERDICT,
    loadedFor: AttachType.SK_SKB_STREAM_VERDICT,
  },
  { targetFd: NOWHERE },
  "EBADF",
);

/** A kernel that does not know the command, or a field of it, refuses it before it looks at the program. */
function opensRawTracepoint(cookie: number): boolean | string {
  const result = tryBpf(Command.RAW_TRACEPOINT_OPEN, rawTracepointOpen, { progFd: NOWHERE, cookie });
  return result === -Errno.EBADF || (tellsNothing(result) && cantTell(result, "BPF_RAW_TRACEPOINT_OPEN"));
}

export const rawTracepoints: FeatureProbe = {
  name: "raw tracepoints",
  since: "4.17",
  test: () => opensRawTracepoint(0),
};

/** Cookies of raw tracepoints and of tp_btf programs. */
export const rawTracepointCookies: FeatureProbe = {
  name: "cookies of raw tracepoints",
  since: "6.10",
  test: () => opensRawTracepoint(1),
};

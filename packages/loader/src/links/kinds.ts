import type { AttachKind } from "../spec/section-table.ts";
import { cgroup, type CgroupOptions } from "./cgroup.ts";
import { freplace, type FreplaceOptions } from "./freplace.ts";
import { iter, type IterLink, type IterOptions } from "./iter.ts";
import { kprobe, type KprobeOptions } from "./kprobe.ts";
import { kprobeMulti, type KprobeMultiOptions } from "./kprobe-multi.ts";
import { ksyscall, type KsyscallOptions } from "./ksyscall.ts";
import type { Link } from "./link.ts";
import type { LinkKind } from "./link-kind.ts";
import { lirc, type LircOptions } from "./lirc.ts";
import { lsm, type LsmOptions } from "./lsm.ts";
import { lsmCgroup, type LsmCgroupOptions } from "./lsm-cgroup.ts";
import { lwt, type LwtOptions } from "./lwt.ts";
import { netfilter, type NetfilterOptions } from "./netfilter.ts";
import { netkit, type NetkitOptions } from "./netkit.ts";
import { netns, type NetnsOptions } from "./netns.ts";
import { perfEvent, type PerfEventOptions } from "./perf-event.ts";
import { rawTracepoint, type RawTracepointOptions } from "./raw-tracepoint.ts";
import { reuseport, socket, type SocketOptions } from "./socket.ts";
import { sockmap, type SockmapOptions } from "./sockmap.ts";
import { tcx, type TcxOptions } from "./tcx.ts";
import { tracepoint, type TracepointOptions } from "./tracepoint.ts";
import { tracing, type TracingOptions } from "./tracing.ts";
import { tracingMulti, type TracingMultiOptions } from "./tracing-multi.ts";
import { action, type NoOptions, structOps, syscall, type UnattachableKind } from "./unattachable.ts";
import { uprobe, type UprobeOptions } from "./uprobe.ts";
import { uprobeMulti, type UprobeMultiOptions } from "./uprobe-multi.ts";
import { usdt, type UsdtOptions } from "./usdt.ts";
import { xdp, type XdpOptions } from "./xdp.ts";

/** The options that `attach()` takes, by kind of program. */
export interface AttachOptionsByKind {
  kprobe: KprobeOptions;
  ksyscall: KsyscallOptions;
  kprobeMulti: KprobeMultiOptions;
  uprobe: UprobeOptions;
  uprobeMulti: UprobeMultiOptions;
  usdt: UsdtOptions;
  tracepoint: TracepointOptions;
  rawTracepoint: RawTracepointOptions;
  tracing: TracingOptions;
  tracingMulti: TracingMultiOptions;
  freplace: FreplaceOptions;
  lsm: LsmOptions;
  lsmCgroup: LsmCgroupOptions;
  iter: IterOptions;
  xdp: XdpOptions;
  tcx: TcxOptions;
  netkit: NetkitOptions;
  cgroup: CgroupOptions;
  netns: NetnsOptions;
  netfilter: NetfilterOptions;
  sockmap: SockmapOptions;
  perfEvent: PerfEventOptions;
  socket: SocketOptions;
  structOps: NoOptions;
  lirc: LircOptions;
  lwt: LwtOptions;
  syscall: NoOptions;
  action: NoOptions;
  reuseport: SocketOptions;
}

/** Kinds of program that `attach()` attaches. */
export type AttachableKind = Exclude<AttachKind, UnattachableKind>;

/** The options of any kind of program. */
export type AttachOptions = AttachOptionsByKind[AttachableKind];

/** The options that say what the section's name may say. */
interface TargetOptions {
  kprobe: "symbol";
  ksyscall: "syscall";
  uprobe: "path";
  uprobeMulti: "path";
  usdt: "path" | "provider" | "name";
  tracepoint: "category" | "name";
  rawTracepoint: "name";
  tracingMulti: "symbols";
}

/** Those of a kind's options that have to be given when the section's name has no target. */
type NeededOptions<Kind extends AttachKind> = Kind extends keyof TargetOptions
  ? Required<Pick<AttachOptionsByKind[Kind], TargetOptions[Kind] & keyof AttachOptionsByKind[Kind]>>
  : unknown;

/** The options that the section's names of a kind say or leave open, where it has both: `SEC("tcx/ingress")` and `SEC("tc")`. */
interface OpenOptions {
  tcx: "direction";
  cgroup: "direction";
  sockmap: "hook";
}

/** Kinds of which some section's names leave an option open. */
export type OpenKind = keyof OpenOptions;

/** What `attach()` takes for a program whose section's name leaves open what others of its kind say: `SEC("tc")`. */
export type OpenAttachArguments<Kind extends OpenKind> = readonly [
  options: AttachOptionsByKind[Kind] &
    Required<Pick<AttachOptionsByKind[Kind], OpenOptions[Kind] & keyof AttachOptionsByKind[Kind]>>,
];

/**
 * What `attach()` takes for a kind of program.
 *
 * `Alone` is whether it attaches without options: always for kinds that were loaded for their target, never for the likes of
 * XDP, else when the section's name has a target, as in `SEC("raw_tp/sys_enter")`. Kinds that are not attached take nothing
 * that could be given, so that calling it does not compile.
 */
export type AttachArguments<Kind extends AttachKind, Alone extends boolean> = Kind extends UnattachableKind
  ? readonly [never]
  : Alone extends true
    ? readonly [options?: AttachOptionsByKind[Kind]]
    : readonly [options: AttachOptionsByKind[Kind] & NeededOptions<Kind>];

/** What `attach()` gives for a kind of program. */
export type LinkOf<Kind extends AttachKind> = Kind extends "iter" ? IterLink : Link;

/** Every way of attaching, one file each. */
export const linkKinds: { readonly [Kind in AttachKind]: LinkKind<AttachOptionsByKind[Kind]> } = {
  kprobe,
  ksyscall,
  kprobeMulti,
  uprobe,
  uprobeMulti,
  usdt,
  tracepoint,
  rawTracepoint,
  tracing,
  tracingMulti,
  freplace,
  lsm,
  lsmCgroup,
  iter,
  xdp,
  tcx,
  netkit,
  cgroup,
  netns,
  netfilter,
  sockmap,
  perfEvent,
  socket,
  structOps,
  lirc,
  lwt,
  syscall,
  action,
  reuseport,
};

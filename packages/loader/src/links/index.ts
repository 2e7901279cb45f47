/**
 * Attaching programs: one file for each way.
 *
 * @module
 */
export type { Anchor, OrderOptions } from "./anchor.ts";
export { attachProgram } from "./attach.ts";
export type { AttachableProgram } from "./attachable-program.ts";
export type { CgroupOptions } from "./cgroup.ts";
export type { FreplaceOptions } from "./freplace.ts";
export { IterLink } from "./iter.ts";
export type { IterOptions } from "./iter.ts";
export { linkKinds } from "./kinds.ts";
export type {
  AttachableKind,
  AttachArguments,
  AttachOptions,
  AttachOptionsByKind,
  LinkOf,
  OpenAttachArguments,
  OpenKind,
} from "./kinds.ts";
export type { KprobeMultiOptions } from "./kprobe-multi.ts";
export type { KprobeOptions } from "./kprobe.ts";
export type { KsyscallOptions } from "./ksyscall.ts";
export { Link } from "./link.ts";
export type { AttachContext, LinkKind, OptionRule, OptionRules } from "./link-kind.ts";
export type { LsmCgroupOptions } from "./lsm-cgroup.ts";
export type { LsmOptions } from "./lsm.ts";
export type { LircOptions } from "./lirc.ts";
export type { LwtOptions } from "./lwt.ts";
export { openLinkById, openPinnedLink } from "./open-link.ts";
export type { OpenPinnedLinkOptions } from "./open-link.ts";
export type { NetfilterHook, NetfilterOptions } from "./netfilter.ts";
export type { NetkitOptions } from "./netkit.ts";
export type { NetnsOptions } from "./netns.ts";
export type { PerfEventOptions } from "./perf-event.ts";
export { openPin, Pin, pinDescriptor, tryOpenPin, unpin } from "./pin.ts";
export type { PinOptions } from "./pin.ts";
export type { RawTracepointOptions } from "./raw-tracepoint.ts";
export type { SocketOptions } from "./socket.ts";
export type { SockmapOptions } from "./sockmap.ts";
export type { StructOpsLink } from "./struct-ops.ts";
export type { TcxOptions } from "./tcx.ts";
export type { TracepointOptions } from "./tracepoint.ts";
export type { TracingMultiOptions } from "./tracing-multi.ts";
export type { TracingOptions } from "./tracing.ts";
export type { NoOptions, UnattachableKind } from "./unattachable.ts";
export type { UprobeMultiOptions } from "./uprobe-multi.ts";
export type { UprobeOptions } from "./uprobe.ts";
export { usdtAttachType } from "./usdt.ts";
export type { UsdtOptions } from "./usdt.ts";
export { UsdtMaps } from "./usdt-maps.ts";
export type { UsdtMapParts } from "./usdt-maps.ts";
export type { XdpOptions } from "./xdp.ts";

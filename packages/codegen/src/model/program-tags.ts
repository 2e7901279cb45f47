import type { AttachKind, SectionRule } from "bpf-loader/spec";
import { AttachType, ProgramType } from "bpf-loader/uapi";
import type { ProgramTagModel } from "./object-model.ts";

/** Tag of each kind of program: of one whose section says what to attach to, and of one that leaves it to the options. */
interface TagRow {
  readonly bound: ProgramTagModel;
  readonly unbound: ProgramTagModel;
}

/** A kind whose `attach()` takes the same options whatever its section says. */
function same(make: string): TagRow {
  const tag = { type: `${make.charAt(0).toUpperCase()}${make.slice(1)}Tag`, make };
  return { bound: tag, unbound: tag };
}

/** A kind whose section may say what to attach to. */
function either(make: string): TagRow {
  const name = `${make.charAt(0).toUpperCase()}${make.slice(1)}`;
  return { bound: { type: `${name}Tag`, make }, unbound: { type: `Unbound${name}Tag`, make: `unbound${name}` } };
}

/** A program whose section says nothing. */
const unattached = same("unattached");

const rows: Readonly<Record<AttachKind, TagRow>> = {
  kprobe: either("kprobe"),
  ksyscall: either("ksyscall"),
  kprobeMulti: either("kprobeMulti"),
  uprobe: either("uprobe"),
  uprobeMulti: either("uprobeMulti"),
  usdt: either("usdt"),
  tracepoint: either("tracepoint"),
  rawTracepoint: either("rawTracepoint"),
  tracing: same("tracing"),
  tracingMulti: either("tracingMulti"),
  freplace: same("freplace"),
  lsm: same("lsm"),
  lsmCgroup: same("lsmCgroup"),
  iter: same("iter"),
  xdp: same("xdp"),
  tcx: either("tcx"),
  netkit: same("netkit"),
  cgroup: same("cgroup"),
  netns: same("skLookup"),
  netfilter: same("netfilter"),
  sockmap: either("sockmap"),
  perfEvent: same("perfEvent"),
  socket: same("socket"),
  structOps: same("structOps"),
  lirc: same("lirc"),
  lwt: same("lwt"),
  syscall: same("syscall"),
  action: same("action"),
  reuseport: same("reuseport"),
};

/** Programs of which a kind has some that run on request otherwise than the rest, or are not attached as these are. */
const exceptions: readonly (readonly [matches: (rule: SectionRule) => boolean, row: TagRow])[] = [
  // They run where a map sends the packet, not on an interface of their own.
  [({ attachType }) => attachType === AttachType.XDP_DEVMAP || attachType === AttachType.XDP_CPUMAP, same("xdpInMap")],
  [({ type }) => type === ProgramType.CGROUP_SKB, either("cgroupSkb")],
  [({ type }) => type === ProgramType.FLOW_DISSECTOR, same("flowDissector")],
  [({ attachType }) => attachType === AttachType.TRACE_RAW_TP, same("tpBtf")],
];

/** Sections that leave open what others of their kind say: the direction of packets, the hook. */
const openSections: ReadonlySet<string> = new Set(["tc", "classifier", "cgroup/skb", "sk_skb"]);

const allRows: readonly TagRow[] = [unattached, ...Object.values(rows), ...exceptions.map(([, row]) => row)];

/** Names of all tags, types and functions. */
export const programTagNames: readonly string[] = [
  ...new Set(allRows.flatMap(({ bound, unbound }) => [bound.type, bound.make, unbound.type, unbound.make])),
];

/** The tag of a program, by its section's name. */
export function programTag(rule: SectionRule | undefined, attachTo: string): ProgramTagModel {
  if (rule === undefined) return unattached.bound;
  const row = exceptions.find(([matches]) => matches(rule))?.[1] ?? rows[rule.attach];
  const isOpen = openSections.has(rule.prefix) || (rule.auto === "withTarget" && attachTo === "");
  return isOpen ? row.unbound : row.bound;
}

import type { AttachType } from "../uapi/attach-type.ts";
import type { ProgramType } from "../uapi/program-type.ts";

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

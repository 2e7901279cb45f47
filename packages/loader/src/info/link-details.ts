/**
 * What the kernel tells about a link besides its program, for each type of link.
 *
 * @module
 */

import type { AttachType } from "../uapi/index.ts";

/** A link of any type, told apart by `kind`. */
export type LinkDetails =
  | RawTracepointLinkInfo
  | TracingLinkInfo
  | CgroupLinkInfo
  | IterLinkInfo
  | NetnsLinkInfo
  | XdpLinkInfo
  | PerfEventLinkInfo
  | KprobeMultiLinkInfo
  | StructOpsLinkInfo
  | NetfilterLinkInfo
  | TcxLinkInfo
  | UprobeMultiLinkInfo
  | SockmapLinkInfo
  | TracingMultiLinkInfo
  | OtherLinkInfo;

/** LinkType RAW_TRACEPOINT: raw tracepoints, and BTF ones before Linux 5.13. */
export interface RawTracepointLinkInfo {
  readonly kind: "rawTracepoint";
  /** Name of the tracepoint. */
  readonly tracepoint: string;
  /** Attach cookie. Since Linux 6.15. */
  readonly cookie: bigint | undefined;
}

/** LinkType TRACING: fentry, fexit, fmod_ret, LSM, BTF tracepoints and extensions. */
export interface TracingLinkInfo {
  readonly kind: "tracing";
  readonly attachType: AttachType;
  /** Id of the program for what is attached to programs, else of the BTF object. Since Linux 5.13. */
  readonly targetObjectId: number | undefined;
  /** The function in the BTF of that. Since Linux 5.13. */
  readonly targetBtfId: number | undefined;
  /** Attach cookie. Since Linux 6.15. */
  readonly cookie: bigint | undefined;
}

/** LinkType CGROUP. */
export interface CgroupLinkInfo {
  readonly kind: "cgroup";
  /** Inode number of the cgroup's directory; 0 when that is gone. */
  readonly cgroupId: bigint;
  readonly attachType: AttachType;
}

/** LinkType ITER. */
export interface IterLinkInfo {
  readonly kind: "iter";
  /** What is walked: `"task"`, `"bpf_map"`, `"bpf_map_elem"` … */
  readonly target: string;
  /** The map whose elements are walked; `undefined` for others. */
  readonly mapId: number | undefined;
  /** Inode number of the cgroup that is walked; `undefined` for others. Since Linux 6.1. */
  readonly cgroupId: bigint | undefined;
  /** `enum bpf_cgroup_iter_order`; `undefined` for others. Since Linux 6.1. */
  readonly cgroupOrder: number | undefined;
  /** Thread whose data is walked; `undefined` for all. Since Linux 6.1. */
  readonly tid: number | undefined;
  /** Process whose data is walked; `undefined` for all. Since Linux 6.1. */
  readonly pid: number | undefined;
}

/** LinkType NETNS. */
export interface NetnsLinkInfo {
  readonly kind: "netns";
  /** Inode number of the network namespace; 0 when that is gone. */
  readonly netnsIno: number;
  readonly attachType: AttachType;
}

/** LinkType XDP. */
export interface XdpLinkInfo {
  readonly kind: "xdp";
  /** Network interface; 0 when it is gone. */
  readonly ifindex: number;
}

/** LinkType PERF_EVENT: kprobes, uprobes, tracepoints and perf events. */
export interface PerfEventLinkInfo {
  readonly kind: "perfEvent";
  /** Since Linux 6.6. */
  readonly event: PerfEventTarget | undefined;
}

/** What a perf event is. */
export type PerfEventTarget =
  | {
      readonly type: "uprobe" | "uretprobe";
      readonly path: string;
      /** Bytes from the start of the file. */
      readonly offset: number;
      /** Attach cookie. Since Linux 6.9. */
      readonly cookie: bigint | undefined;
      /** Where the USDT semaphore is, in bytes from the start of the file. Since Linux 6.16. */
      readonly semaphoreOffset: bigint | undefined;
    }
  | {
      readonly type: "kprobe" | "kretprobe";
      /** Empty when the probe was given by address. */
      readonly function: string;
      /** Bytes from the start of the function. */
      readonly offset: number;
      /** `undefined` when the process may not see it. */
      readonly address: bigint | undefined;
      /** Runs that were left out. Since Linux 6.7. */
      readonly missed: bigint | undefined;
      /** Attach cookie. Since Linux 6.9. */
      readonly cookie: bigint | undefined;
    }
  | {
      readonly type: "tracepoint";
      readonly name: string;
      /** Attach cookie. Since Linux 6.9. */
      readonly cookie: bigint | undefined;
    }
  | {
      readonly type: "event";
      /** `perf_event_attr.type`: hardware, software … */
      readonly eventType: number;
      /** `perf_event_attr.config`. */
      readonly config: bigint;
      /** Attach cookie. Since Linux 6.9. */
      readonly cookie: bigint | undefined;
    };

/** LinkType KPROBE_MULTI. */
export interface KprobeMultiLinkInfo {
  readonly kind: "kprobeMulti";
  /** Functions. Since Linux 6.6. */
  readonly count: number | undefined;
  /** Whether it is at their return. Since Linux 6.6. */
  readonly atReturn: boolean | undefined;
  /** Of the functions; `undefined` also when the process may not see them. Since Linux 6.6. */
  readonly addresses: readonly bigint[] | undefined;
  /** Attach cookies, for the functions in the same order. Since Linux 6.9. */
  readonly cookies: readonly bigint[] | undefined;
  /** Runs that were left out. Since Linux 6.7. */
  readonly missed: bigint | undefined;
}

/** LinkType STRUCT_OPS. */
export interface StructOpsLinkInfo {
  readonly kind: "structOps";
  /** The map that holds the structure. */
  readonly mapId: number;
}

/** LinkType NETFILTER. */
export interface NetfilterLinkInfo {
  readonly kind: "netfilter";
  /** NFPROTO_IPV4 = 2, NFPROTO_IPV6 = 10. */
  readonly protocolFamily: number;
  /** `enum nf_inet_hooks`. */
  readonly hook: number;
  /** Order among the hook's functions. */
  readonly priority: number;
  /** Whether packets are put together from fragments first. */
  readonly defragment: boolean;
}

/** LinkType TCX and NETKIT. */
export interface TcxLinkInfo {
  readonly kind: "tcx" | "netkit";
  /** Network interface; 0 when it is gone. */
  readonly ifindex: number;
  readonly attachType: AttachType;
}

/** LinkType UPROBE_MULTI. */
export interface UprobeMultiLinkInfo {
  readonly kind: "uprobeMulti";
  /** The executable or library. Since Linux 6.8. */
  readonly path: string | undefined;
  /** Places in it. Since Linux 6.8. */
  readonly count: number | undefined;
  /** Whether it is at the functions' return. Since Linux 6.8. */
  readonly atReturn: boolean | undefined;
  /** Process; 0 = all. Since Linux 6.8. */
  readonly pid: number | undefined;
  /** In bytes from the start of the file. Since Linux 6.8. */
  readonly offsets: readonly bigint[] | undefined;
  /** Where the USDT semaphores of the places are in the file; 0 = none. Since Linux 6.8. */
  readonly semaphoreOffsets: readonly bigint[] | undefined;
  /** Attach cookies, for the places in the same order. Since Linux 6.8. */
  readonly cookies: readonly bigint[] | undefined;
}

/** LinkType SOCKMAP. */
export interface SockmapLinkInfo {
  readonly kind: "sockmap";
  /** The map of sockets; 0 when it is gone. */
  readonly mapId: number;
  readonly attachType: AttachType;
}

/** LinkType TRACING_MULTI. */
export interface TracingMultiLinkInfo {
  readonly kind: "tracingMulti";
  /** Since Linux 7.3. */
  readonly attachType: AttachType | undefined;
  /** Functions. Since Linux 7.3. */
  readonly count: number | undefined;
  /** BTF object that they are of. Since Linux 7.3. */
  readonly btfObjectId: number | undefined;
  /** The functions in it. Since Linux 7.3. */
  readonly typeIds: readonly number[] | undefined;
  /**
   * Where the functions are traced, in the same order: at their start, or behind its `endbr64`; `undefined` also when the process
   * may not see them. Since Linux 7.3.
   */
  readonly addresses: readonly bigint[] | undefined;
  /** Attach cookies, for the functions in the same order. Since Linux 7.3. */
  readonly cookies: readonly bigint[] | undefined;
}

/** A type of link that has nothing else to tell, or is not known here. */
export interface OtherLinkInfo {
  readonly kind: "other";
}

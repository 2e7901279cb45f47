import {
  linkInfo,
  linkInfoCgroup,
  linkInfoNetfilter,
  linkInfoNetns,
  linkInfoSockmap,
  linkInfoStructOps,
  linkInfoTcx,
  linkInfoTracing,
  linkInfoXdp,
  objectInfo,
  requireObjectKind,
} from "../sys/index.ts";
import type { Decoded, Layout } from "../sys/index.ts";
import { LinkType } from "../uapi/index.ts";
import { iterDetails, rawTracepointDetails } from "./link-info-named.ts";
import { kprobeMultiDetails, tracingMultiDetails, uprobeMultiDetails } from "./link-info-multi.ts";
import { perfEventDetails } from "./link-info-perf-event.ts";
import type { LinkDetails } from "./link-details.ts";
import { partOf } from "./link-query.ts";
import type { LinkQuery } from "./link-query.ts";

/** What the kernel tells about every link. */
export interface LinkSummary {
  readonly type: LinkType;
  /** The kernel's number for the link, as `bpftool link` shows it. */
  readonly id: number;
  /** The program that it attaches now; 0 when it attaches a map's structure. */
  readonly programId: number;
}

/**
 * What the kernel tells about a link. `kind` says which other fields there are; of those, it is `undefined` what the running kernel
 * does not tell. Where an older kernel's answer looks the same as a zero, as for cookies, zero is `undefined`.
 */
export type LinkInfo = LinkSummary & LinkDetails;

/**
 * Asks the kernel about the link behind `fd`. Since Linux 5.8.
 *
 * @param object for messages: `link of program "count"`.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no link
 */
export function readLinkInfo(fd: number, object: string): LinkInfo {
  requireObjectKind(fd, "link", object);
  const told = objectInfo(fd, linkInfo, object);
  const { type, id, progId } = told.info;
  return { type, id, programId: progId, ...detailsOf(type, { fd, object, told }) };
}

function detailsOf(type: LinkType, query: LinkQuery): LinkDetails {
  const part = <L extends Layout>(layout: L): Decoded<L> => partOf(query, layout).info;
  switch (type) {
    case LinkType.RAW_TRACEPOINT:
      return rawTracepointDetails(query);
    case LinkType.TRACING: {
      const { attachType, targetObjId, targetBtfId, cookie } = part(linkInfoTracing);
      // Since Linux 5.13 for functions of the kernel, too; no object has the number 0.
      const target = targetObjId === 0 ? {} : { targetObjectId: targetObjId, targetBtfId };
      return {
        kind: "tracing",
        attachType,
        targetObjectId: undefined,
        targetBtfId: undefined,
        ...target,
        cookie: cookie || undefined,
      };
    }
    case LinkType.CGROUP:
      return { kind: "cgroup", ...part(linkInfoCgroup) };
    case LinkType.ITER:
      return iterDetails(query);
    case LinkType.NETNS:
      return { kind: "netns", ...part(linkInfoNetns) };
    case LinkType.XDP:
      return { kind: "xdp", ...part(linkInfoXdp) };
    case LinkType.PERF_EVENT:
      return perfEventDetails(query);
    case LinkType.KPROBE_MULTI:
      return kprobeMultiDetails(query);
    case LinkType.STRUCT_OPS:
      return { kind: "structOps", mapId: part(linkInfoStructOps).mapId };
    case LinkType.NETFILTER: {
      const { pf, hooknum, priority, flags } = part(linkInfoNetfilter);
      return { kind: "netfilter", protocolFamily: pf, hook: hooknum, priority, defragment: (flags & 1) !== 0 };
    }
    case LinkType.TCX:
      return { kind: "tcx", ...part(linkInfoTcx) };
    case LinkType.NETKIT:
      return { kind: "netkit", ...part(linkInfoTcx) };
    case LinkType.UPROBE_MULTI:
      return uprobeMultiDetails(query);
    case LinkType.SOCKMAP:
      return { kind: "sockmap", ...part(linkInfoSockmap) };
    case LinkType.TRACING_MULTI:
      return tracingMultiDetails(query);
    default:
      return { kind: "other" };
  }
}

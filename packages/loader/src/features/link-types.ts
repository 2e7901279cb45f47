import type { FeatureProbe } from "../sys/index.ts";
import { AttachType, LinkType, linkTypeName } from "../uapi/index.ts";
import { attachTypeProbe } from "./attach-types.ts";
import {
  cgroupLinks,
  kprobeMultiLinks,
  netfilterLinks,
  netkitLinks,
  netnsLinks,
  perfEventLinks,
  rawTracepoints,
  sockmapLinks,
  tcxLinks,
  uprobeMultiLinks,
  xdpLinks,
} from "./link-kinds.ts";

const probes: ReadonlyMap<number, FeatureProbe> = new Map<number, FeatureProbe>([
  [LinkType.RAW_TRACEPOINT, rawTracepoints],
  // Their links came with the programs themselves.
  [LinkType.TRACING, attachTypeProbe(AttachType.TRACE_RAW_TP)],
  [LinkType.CGROUP, cgroupLinks],
  [LinkType.ITER, attachTypeProbe(AttachType.TRACE_ITER)],
  [LinkType.NETNS, netnsLinks],
  [LinkType.XDP, xdpLinks],
  [LinkType.PERF_EVENT, perfEventLinks],
  [LinkType.KPROBE_MULTI, kprobeMultiLinks],
  [LinkType.STRUCT_OPS, attachTypeProbe(AttachType.STRUCT_OPS)],
  [LinkType.NETFILTER, netfilterLinks],
  [LinkType.TCX, tcxLinks],
  [LinkType.UPROBE_MULTI, uprobeMultiLinks],
  [LinkType.NETKIT, netkitLinks],
  [LinkType.SOCKMAP, sockmapLinks],
  [LinkType.TRACING_MULTI, attachTypeProbe(AttachType.TRACE_FENTRY_MULTI)],
]);

/** Whether programs can be attached by a kind of link. */
export function linkTypeProbe(type: LinkType): FeatureProbe {
  return (
    probes.get(type) ?? {
      name: linkTypeName(type),
      since: undefined,
      test: () => "this version of the library does not know such links",
    }
  );
}

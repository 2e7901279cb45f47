/**
 * What the running kernel can do, found by trying it out. A probe is a value: {@link probeFeature} answers with yes, with no and
 * the first release that can, or with why it can't be told. Nothing is tried before it is asked for, and once per process.
 *
 * ```ts
 * import { mapTypeProbe, probeFeature } from "bpf-loader/features";
 * import { MapType } from "bpf-loader/uapi";
 *
 * const arenas = probeFeature(mapTypeProbe(MapType.ARENA));
 * if (arenas.supported === false) console.log(arenas.reason, arenas.since);
 * ```
 *
 * @module
 */
export { kernelRelease, kernelVersionCode } from "../sys/kernel.ts";
export { has, lacks, probeFeature, type FeatureProbe, type Support } from "../sys/probe.ts";
export { allFeatures, featureGroups, helperGroups, type AllFeatures, type FeatureGroup } from "./all.ts";
export { attachTypeProbe } from "./attach-types.ts";
export { btfKindProbes, type BtfKindFeature } from "./btf-kinds.ts";
export { bindMap, iterators, linkDetaching, linkUpdates, mapFreezing, programStreams, tokens } from "./commands.ts";
export { helperProbe } from "./helpers.ts";
export {
  atomicFetch,
  boundedLoops,
  functionPointers,
  isaV2,
  isaV3,
  isaV4,
  kernelFunctionCalls,
  largePrograms,
  loadAcquires,
  mayGotoLoops,
} from "./instruction-set.ts";
export {
  cgroupLinks,
  kprobeMultiLinks,
  kprobeSessionLinks,
  netfilterLinks,
  netkitLinks,
  netnsLinks,
  perfEventLinks,
  rawTracepointCookies,
  rawTracepoints,
  sockmapLinks,
  tcxLinks,
  uprobeMultiLinks,
  uprobeMultiProcesses,
  uprobeSessionLinks,
  xdpLinks,
} from "./link-kinds.ts";
export { linkTypeProbe } from "./link-types.ts";
export { mapFlagProbes, type MapFlagName } from "./map-flags.ts";
export { hashLookupAndDelete, mapBatches, oneCpuValues, perCpuArrayBatches, queuePop } from "./map-operations.ts";
export { mapTypeProbe } from "./map-types.ts";
export { programTypeProbe } from "./program-types.ts";
export { xdpContexts, xdpLiveFrames } from "./test-runs.ts";

import { NotSupportedError } from "../../packages/loader/src/errors/index.ts";
import { featureGroups, type FeatureProbe } from "../../packages/loader/src/features/index.ts";
import type { Operation } from "./operation.ts";

/** What was found out once is remembered: it is the trying out that is tried here. A call that fails makes for another answer. */
function tryingOut(key: string, [name, probe]: readonly [string, FeatureProbe]): Operation {
  const test = (): void => {
    const answer = probe.test();
    if (answer !== true) throw new NotSupportedError(probe.name, probe.since, `${probe.name}: ${String(answer)}`);
  };
  return { name: `try out ${key} ${name}`, prepare: () => test };
}

/** Of probes that work alike, one that the first kernels have, and the last one of each kind. */
const probed: ReadonlyMap<string, readonly string[]> = new Map([
  ["programTypes", ["BPF_PROG_TYPE_XDP", "BPF_PROG_TYPE_STRUCT_OPS"]],
  [
    "mapTypes",
    ["BPF_MAP_TYPE_HASH_OF_MAPS", "BPF_MAP_TYPE_SK_STORAGE", "BPF_MAP_TYPE_STRUCT_OPS", "BPF_MAP_TYPE_ARENA"],
  ],
  ["mapFlags", ["BPF_F_MMAPABLE", "BPF_F_INNER_MAP"]],
  ["mapOperations", ["hashLookupAndDelete", "mapBatches", "perCpuArrayBatches", "queuePop", "oneCpuValues"]],
  ["attachTypes", ["BPF_CGROUP_INET_INGRESS", "BPF_XDP_DEVMAP", "BPF_STRUCT_OPS"]],
  ["linkTypes", ["BPF_LINK_TYPE_XDP", "BPF_LINK_TYPE_STRUCT_OPS", "BPF_LINK_TYPE_UPROBE_MULTI"]],
  ["instructions", ["boundedLoops", "kernelFunctionCalls"]],
  ["btf", ["functions", "enum64"]],
  ["commands", ["bindMap", "iterators", "linkUpdates", "tokens"]],
  ["testRuns", ["xdpContexts", "xdpLiveFrames"]],
  ["attachOptions", ["rawTracepointCookies", "uprobeMultiProcesses"]],
]);

export const probeOperations: readonly Operation[] = featureGroups().flatMap(({ key, probes }) =>
  (probed.get(key) ?? []).flatMap((name) => {
    const probe = probes.get(name);
    return probe === undefined ? [] : [tryingOut(key, [name, probe])];
  }),
);

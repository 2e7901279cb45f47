import type { TestContext } from "vitest";
import { helperProbe, probeFeature, type FeatureProbe } from "../packages/loader/src/features/index.ts";
import { ProgramType } from "../packages/loader/src/uapi/index.ts";

/** Skips a test of what the running kernel lacks, with the reason. */
export function skipIfLacking(context: TestContext, probe: FeatureProbe): void {
  const support = probeFeature(probe);
  if (support.supported === false) context.skip(support.reason);
}

const FOR_EACH_MAP_ELEM = 164;

/** Pointers to functions came with the first helper that takes one, in Linux 5.13. */
export const functionPointers: FeatureProbe = helperProbe(ProgramType.SOCKET_FILTER, FOR_EACH_MAP_ELEM);

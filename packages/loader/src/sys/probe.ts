/**
 * Feature probes: a feature is one value, with a test against the running kernel. They are used to explain failures, to
 * choose a fallback, and to answer who asks; nothing is probed in advance.
 *
 * @module
 */
import { kernelIsAtLeast, kernelRelease } from "./kernel.ts";

/** A feature of the kernel. */
export interface FeatureProbe {
  /** `"ring buffers"`, as the end of "the kernel has no …". */
  readonly name: string;
  /** First kernel release that has it: `"5.8"`; `undefined` where that is not known here. */
  readonly since: string | undefined;
  /** Tries it out: whether the kernel has it, or in words why that could not be told, such as the lack of a privilege. */
  readonly test: () => boolean | string;
}

/** Whether the running kernel has a feature: yes; no, and since when others have; or that it can't be told, and why. */
export type Support =
  | { readonly supported: true }
  | {
      readonly supported: false;
      /** First kernel release that has it: `"5.8"`; `undefined` where that is not known here. */
      readonly since: string | undefined;
      /** A sentence for people. */
      readonly reason: string;
    }
  | {
      readonly supported: undefined;
      /** A sentence for people. */
      readonly reason: string;
    };

const YES: Support = Object.freeze({ supported: true });
const results = new Map<FeatureProbe, Support>();

/**
 * Whether the running kernel has a feature. Tested once per process; only where that told nothing, it is tested again: the process
 * may have got a privilege since.
 */
export function probeFeature(probe: FeatureProbe): Support {
  const known = results.get(probe);
  if (known !== undefined) return known;
  const found = probe.test();
  if (typeof found === "string") return { supported: undefined, reason: found };
  const support: Support = found ? YES : { supported: false, since: probe.since, reason: describeLack(probe) };
  results.set(probe, support);
  return support;
}

/** Whether the running kernel certainly has it. */
export function has(probe: FeatureProbe): boolean {
  return probeFeature(probe).supported === true;
}

/** Whether the running kernel certainly lacks it. */
export function lacks(probe: FeatureProbe): boolean {
  return probeFeature(probe).supported === false;
}

/** `the running kernel (5.4.0) has no ring buffers, which came with Linux 5.8` */
export function describeLack({ name, since }: FeatureProbe): string {
  const lack = `the running kernel (${kernelRelease()}) has no ${name}`;
  if (since === undefined) return lack;
  const why = kernelIsAtLeast(since) ? "; this one was built or is run without" : "";
  return `${lack}, which came with Linux ${since}${why}`;
}

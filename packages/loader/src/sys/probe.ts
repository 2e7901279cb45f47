/**
 * Feature probes: a feature is one value, with a test against the running kernel. They are used to explain failures and to
 * choose a fallback; nothing is probed in advance.
 *
 * @module
 */

/** A feature of the kernel. */
export interface FeatureProbe {
  /** `"ring buffers"`, as the end of "the kernel has no …". */
  readonly name: string;
  /** First kernel release that has it: `"5.8"`. */
  readonly since: string;
  /** Tries it out. `undefined` when that could not be told, for instance for lack of a privilege. */
  readonly test: () => boolean | undefined;
}

const results = new Map<FeatureProbe, boolean | undefined>();

/** Whether the running kernel has it; `undefined` when that can't be told. Tested once per process. */
export function probeFeature(probe: FeatureProbe): boolean | undefined {
  if (!results.has(probe)) results.set(probe, probe.test());
  return results.get(probe);
}

/** Whether the running kernel certainly lacks it. */
export function lacks(probe: FeatureProbe): boolean {
  return probeFeature(probe) === false;
}

import type { Nanoseconds } from "../codec/index.ts";

const PER_MILLISECOND = 1_000_000n;

/**
 * The date of a time that bpf_ktime_get_ns() gave, or another that counts CLOCK_MONOTONIC, as the two clocks are apart now: what was
 * before the clock was set, or the machine asleep, comes out as it would be had that been earlier. Milliseconds.
 */
export function monotonicToDate(time: Nanoseconds): Date {
  // Counts the same clock.
  const age = process.hrtime.bigint() - time;
  return new Date(Date.now() - Number(age / PER_MILLISECOND));
}

/**
 * Streams of records from programs.
 *
 * @module
 */

export { monotonicToDate } from "./monotonic-date.ts";
export { RingBuf } from "./ring-buf.ts";
export type { ConsumeOptions } from "./consume.ts";
export type { EventOptions, RingStats } from "./ring-buf.ts";

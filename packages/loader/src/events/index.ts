/**
 * Streams of records from programs.
 *
 * @module
 */

export { RingBuf } from "./ring-buf.ts";
export type { ConsumeOptions, EventOptions, RingStats } from "./ring-buf.ts";

/**
 * Numbers that say what they count. A brand is there for the compiler only: a plain number becomes one by itself, and one doesn't
 * become another, so that a process can't be looked up by a network interface.
 *
 * @module
 */

import { codecError, describeValue } from "./codec-error.ts";

declare const brand: unique symbol;

/**
 * A `T` that is a `Name`: `Brand<number, "Port">`. Every `T` can be given for one, but not a `T` of another name; what is made from
 * it (a sum, a slice) is a plain `T`.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]?: Name };

/** A time or a duration. What bpf_ktime_get_ns() gives counts from when the machine was started. */
export type Nanoseconds = Brand<bigint, "Nanoseconds">;
/** Number of a process or thread. */
export type Pid = Brand<number, "Pid">;
/** Number of a network interface, from 1 on. */
export type Ifindex = Brand<number, "Ifindex">;
/** A `__be16` as the number that it stands for: port 80 is 80. */
export type Be16 = Brand<number, "Be16">;
/** A `__be32` as the number that it stands for. */
export type Be32 = Brand<number, "Be32">;
/** A `__be64` as the number that it stands for. */
export type Be64 = Brand<bigint, "Be64">;

const PER_MILLISECOND = 1e6;

/** In milliseconds, as timers and `performance.now()` count; exact to the nanosecond up to 104 days. */
export function nanosecondsToMilliseconds(nanoseconds: Nanoseconds): number {
  return Number(nanoseconds) / PER_MILLISECOND;
}

/**
 * Back from {@link nanosecondsToMilliseconds}.
 *
 * @throws CodecError unless it is finite.
 */
export function millisecondsToNanoseconds(milliseconds: number): Nanoseconds {
  if (!Number.isFinite(milliseconds))
    throw codecError("", `${describeValue(milliseconds)} is no number of milliseconds`);
  return BigInt(Math.round(milliseconds * PER_MILLISECOND));
}

/**
 * The date of a time that counts from 1970, as those of files do. For what bpf_ktime_get_ns() gave see `monotonicToDate` of
 * bpf-loader.
 */
export function nanosecondsToDate(nanoseconds: Nanoseconds): Date {
  return new Date(Number(nanoseconds / 1_000_000n));
}

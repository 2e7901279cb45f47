/**
 * Codecs of scalars in objects for big-endian machines; the names without `be` are little endian.
 *
 * @module
 */

import type { Codec } from "../codec/codec.ts";
import { codecs } from "../codec/scalar.ts";
import type { Pointer } from "../codec/scalar.ts";

const big = /* @__PURE__ */ codecs(false);

/** `__u16`, big endian. */
export const u16be: Codec<number> = big.u16;
/** `__u32`, big endian. */
export const u32be: Codec<number> = big.u32;
/** `__u64`, big endian, as bigint. */
export const u64be: Codec<bigint> = big.u64;
/** `__s16`, big endian. */
export const i16be: Codec<number> = big.i16;
/** `__s32`, big endian. */
export const i32be: Codec<number> = big.i32;
/** `__s64`, big endian, as bigint. */
export const i64be: Codec<bigint> = big.i64;
/** `__u64`, big endian, as a number; reading more than 2⁵³ − 1 throws. */
export const u64AsNumberBe: Codec<number> = big.u64AsNumber;
/** `__s64`, big endian, as a number; reading beyond ±(2⁵³ − 1) throws. */
export const i64AsNumberBe: Codec<number> = big.i64AsNumber;
/** `float`, big endian. */
export const f32be: Codec<number> = big.f32;
/** `double`, big endian. */
export const f64be: Codec<number> = big.f64;
/** A pointer, big endian. */
export const pointerBe: Codec<Pointer> = big.pointer;

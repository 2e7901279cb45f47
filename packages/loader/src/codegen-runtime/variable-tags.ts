/**
 * Tags of global variables.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import { VariableTag } from "../collection/tag.ts";

export type { VariableTag } from "../collection/index.ts";
/** A `const volatile` variable: given before loading, and from then on what the verifier saw. */
export type ConstantTag<T> = VariableTag<T>;

/** A variable in `.bss` or `.data`. */
export function variable<T>(name: string, codec: Codec<T>): VariableTag<T> {
  return new VariableTag(name, codec);
}

/** A variable in `.rodata`. */
export function constant<T>(name: string, codec: Codec<T>): ConstantTag<T> {
  return new VariableTag(name, codec);
}

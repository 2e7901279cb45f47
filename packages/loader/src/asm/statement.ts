/**
 * What an assembly program is written in: instructions, labels for them to jump to, and instructions that stand for
 * something outside of the function.
 *
 * @module
 */

import type { Reference } from "./function.ts";
import type { Instruction } from "./instruction.ts";

/** Names the place of the next instruction. */
export interface Label {
  readonly kind: "label";
  readonly name: string;
}

/** A reference, apart from its place. */
export type ReferenceTarget = Reference extends infer R ? (R extends Reference ? Omit<R, "slot"> : never) : never;

/** An instruction that is completed when the program is linked or loaded. */
export interface ReferringInstruction {
  readonly kind: "referring";
  readonly instruction: Instruction;
  readonly to: ReferenceTarget;
}

export type Statement = Instruction | Label | ReferringInstruction;

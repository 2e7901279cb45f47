import { BpfError, quoteName } from "../errors/index.ts";
import { encode } from "./encode.ts";
import type { FunctionSpec, Reference } from "./function.ts";
import { slotsOf } from "./instruction.ts";
import type { Instruction } from "./instruction.ts";
import type { Statement } from "./statement.ts";

/** What a function is besides its instructions. */
export interface AssembleOptions {
  /** By which others call it. @default "main" */
  readonly name?: string;
  /** The order of bytes of the machine that it is for. @default true */
  readonly littleEndian?: boolean;
  /** @default "" */
  readonly sectionName?: string;
}

/**
 * Makes a function: gives labels their places, and jumps their distances. What it refers to outside is kept as
 * references, for {@link linkFunctions} and the loader.
 * Throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a label that is missing or there twice, for a jump that is too far, and
 * for what {@link encode} refuses.
 *
 * @example
 * const spec = assemble([
 *   mov("r0", 0),
 *   load("r1", "u32", "r1", 0),
 *   jumpIf("r1", "<", 14, "out"),
 *   mov("r0", 2),
 *   label("out"),
 *   exit(),
 * ]);
 */
export function assemble(statements: readonly Statement[], options: AssembleOptions = {}): FunctionSpec {
  const { name = "main", littleEndian = true, sectionName = "" } = options;
  const labels = placeLabels(statements);
  const instructions: Instruction[] = [];
  const references: Reference[] = [];
  let slot = 0;
  for (const statement of statements) {
    if (statement.kind === "label") continue;
    if (statement.kind === "referring") references.push({ ...statement.to, slot });
    const instruction = statement.kind === "referring" ? statement.instruction : statement;
    instructions.push(resolveTarget(instruction, slot, labels));
    slot += slotsOf(instruction);
  }
  return {
    name,
    sectionName,
    code: encode(instructions, littleEndian),
    references,
    coreRelocations: [],
    typeId: 0,
    lines: [],
  };
}

/** The slot of each label. */
function placeLabels(statements: readonly Statement[]): ReadonlyMap<string, number> {
  const labels = new Map<string, number>();
  let slot = 0;
  for (const statement of statements) {
    if (statement.kind === "referring") slot += slotsOf(statement.instruction);
    else if (statement.kind !== "label") slot += slotsOf(statement);
    else if (labels.has(statement.name)) refuse(`label ${quoteName(statement.name)} is there twice`);
    else labels.set(statement.name, slot);
  }
  return labels;
}

/** How far jumps reach. */
const NEAR = 0x7fff;
const FAR = 0x7fff_ffff;

/** The same instruction, with the distance instead of the label. */
function resolveTarget(instruction: Instruction, slot: number, labels: ReadonlyMap<string, number>): Instruction {
  switch (instruction.kind) {
    case "jump":
      return { ...instruction, target: distance(instruction.target, slot, labels, instruction.long ? FAR : NEAR) };
    case "jumpIf":
    case "mayGoto":
      return { ...instruction, target: distance(instruction.target, slot, labels, NEAR) };
    default:
      return instruction;
  }
}

function distance(target: number | string, slot: number, labels: ReadonlyMap<string, number>, most: number): number {
  if (typeof target === "number") return target;
  const place = labels.get(target);
  if (place === undefined) return refuse(`slot ${slot} jumps to label ${quoteName(target)}, which is missing`);
  const slots = place - slot - 1;
  if (slots >= -most - 1 && slots <= most) return slots;
  return refuse(
    `slot ${slot} jumps to label ${quoteName(target)}, ${Math.abs(slots)} slots away: that is more than ${most}` +
      (most === NEAR ? ", use longJump (Linux 6.6) or a label in between" : ""),
  );
}

function refuse(message: string): never {
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", message);
}

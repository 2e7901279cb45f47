import { decodeSlots } from "./decode.ts";
import type { PlacedInstruction } from "./decode.ts";
import type { PrintStyle } from "./formats/index.ts";
import { SLOT_BYTES } from "./function.ts";
import type { LineInfo, Reference } from "./function.ts";
import { slotsOf } from "./instruction.ts";
import { printable } from "./printable.ts";
import { printSymbolic } from "./symbolic.ts";
import type { Names } from "./symbolic.ts";
import { targetSlot } from "./targets.ts";
import { VariableIndex } from "./variable-index.ts";
import type { NamedVariable } from "./variable-index.ts";

/** Code and what is known of it: a {@link FunctionSpec} and a {@link LinkedProgram} are such. */
export interface Disassemblable {
  /** Multiple of 8 bytes. */
  readonly code: Uint8Array;
  readonly references?: readonly Reference[];
  /** In the order of slots. */
  readonly lines?: readonly LineInfo[];
  /** Where functions start. */
  readonly functions?: readonly { readonly slot: number; readonly name: string }[];
  /** Of the function that the code is, when there is only one. */
  readonly name?: string;
}

/** How to show it. */
export interface DisassembleOptions extends Partial<PrintStyle> {
  /** @default true */
  readonly littleEndian?: boolean;
  /** Whether lines of the source stand before their instructions. @default true */
  readonly source?: boolean;
  /** The program's variables, by which references to their places are named: `spec.variables.values()`. */
  readonly variables?: Iterable<NamedVariable>;
  /** Names for what has a number only. */
  readonly names?: Names;
}

/** As many digits as the biggest program's slots need, and room before them. */
const NUMBER_WIDTH = 8;
/** Of a table of places to jump to, more than these are not shown where it is loaded. */
const MOST_LABELS = 8;

/**
 * Code as text for people: a line for each slot with its number, its eight bytes in the order of the file, and the
 * instruction as {@link printInstruction} writes it, with names where they are known. What jumps and calls go to has a
 * label in the line before it, and behind the jump: the function's name, or `LBL0`, `LBL1` … in the order of the jumps.
 * Texts from the object come out without anything that could steer a terminal.
 * Throws {@link ObjectFormatError} when the code is not a multiple of 8 bytes.
 *
 * @example
 * console.log(disassemble(spec.programs.get("count_packets").functions[0]));
 * // count_packets:
 * // ; void *data = (void *)(long)ctx->data;
 * //        0: 61 12 00 00 00 00 00 00 r2 = *(u32 *)(r1 + 0x0)
 * //        1: 15 02 02 00 00 00 00 00 if r2 == 0x0 goto +0x2 <LBL0>
 */
export function disassemble(subject: Disassemblable, options: DisassembleOptions = {}): string {
  const { code, references = [], lines = [] } = subject;
  const instructions = [...decodeSlots(code, options.littleEndian ?? true)];
  const referencesBySlot = new Map(references.map((reference) => [reference.slot, reference]));
  const functions = functionNames(subject);
  const labels = placeLabels(instructions, referencesBySlot, functions);
  const source = options.source === false ? new Map<number, string>() : sourceTexts(lines);
  const sources = { names: options.names ?? {}, variables: new VariableIndex(options.variables ?? []) };

  const output: string[] = [];
  for (const placed of instructions) {
    const { slot, instruction } = placed;
    output.push(...headings(slot, functions, labels));
    const line = source.get(slot);
    if (line !== undefined) output.push(`; ${line}`);
    const reference = referencesBySlot.get(slot);
    const text = printSymbolic(instruction, reference, sources, options);
    output.push(`${numberAndBytes(code, slot)} ${text}${showTargets(targetSlots(placed, reference), labels)}`);
    if (slotsOf(instruction) === 2) output.push(numberAndBytes(code, slot + 1));
  }
  return output.map((line) => `${line}\n`).join("");
}

/** Where an instruction leads to, other than the next one. What is still to be linked leads nowhere yet. */
function targetSlots(placed: PlacedInstruction, reference: Reference | undefined): readonly number[] {
  if (reference !== undefined) return reference.kind === "jumpTable" ? reference.targets : [];
  const target = targetSlot(placed);
  return target === undefined ? [] : [target];
}

function showTargets(targets: readonly number[], labels: ReadonlyMap<number, string>): string {
  const known = [...new Set(targets.flatMap((target) => labels.get(target) ?? []))];
  if (known.length === 0) return "";
  return ` <${known.slice(0, MOST_LABELS).join(", ")}${known.length > MOST_LABELS ? ", …" : ""}>`;
}

/** What stands before an instruction: the function that starts there, or the label of the jumps to it. */
function headings(
  slot: number,
  functions: ReadonlyMap<number, string>,
  labels: ReadonlyMap<number, string>,
): readonly string[] {
  const name = functions.get(slot);
  if (name !== undefined) return [...(slot === 0 ? [] : [""]), `${printable(name)}:`];
  const label = labels.get(slot);
  return label === undefined ? [] : [`${label}:`];
}

/** Lines of the source by slot. Parts of a line have infos of their own: of those that follow each other, the first counts. */
function sourceTexts(lines: readonly LineInfo[]): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  let last: LineInfo | undefined;
  for (const line of lines) {
    const isSame =
      line.line === last?.line && line.fileOffset === last.fileOffset && line.textOffset === last.textOffset;
    last = line;
    if (isSame) continue;
    const text = printable(line.text.trim());
    if (text !== "") texts.set(line.slot, text);
  }
  return texts;
}

function functionNames({ name, functions }: Disassemblable): ReadonlyMap<number, string> {
  if (functions !== undefined) return new Map(functions.map((entry) => [entry.slot, entry.name]));
  return new Map(name === undefined ? [] : [[0, name]]);
}

/** What stands for each slot that is gone to, inside the code. */
function placeLabels(
  instructions: readonly PlacedInstruction[],
  references: ReadonlyMap<number, Reference>,
  functions: ReadonlyMap<number, string>,
): ReadonlyMap<number, string> {
  const starts = new Set(instructions.map(({ slot }) => slot));
  const labels = new Map<number, string>();
  let number = 0;
  for (const placed of instructions) {
    for (const target of targetSlots(placed, references.get(placed.slot))) {
      if (labels.has(target) || !starts.has(target)) continue;
      const name = functions.get(target);
      labels.set(target, name === undefined ? `LBL${number++}` : printable(name));
    }
  }
  return labels;
}

function numberAndBytes(code: Uint8Array, slot: number): string {
  const bytes = code.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${String(slot).padStart(NUMBER_WIDTH)}: ${text}`;
}

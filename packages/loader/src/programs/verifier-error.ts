import type { LineInfo } from "../asm/function.ts";
import { quoteName, VerifierError } from "../errors/index.ts";
import { readVerifierLog } from "./verifier-log.ts";
import type { SourceLine } from "./verifier-log.ts";

/** What is known of a program that the verifier refused. */
export interface RefusedProgram {
  readonly name: string;
  /** Symbolic error number of BPF_PROG_LOAD. */
  readonly errno: string;
  readonly log: readonly string[];
  /** The log did not fit into the largest buffer. */
  readonly truncated: boolean;
  /** Source lines, by slot over the whole program, ascending; may be empty. */
  readonly lines: readonly LineInfo[];
  /** Instructions that CO-RE replaced: slot → what the kernel does not have. */
  readonly poisoned: ReadonlyMap<number, string>;
  /** Calls of weak kernel functions that are missing: slot → name. */
  readonly missingFunctions: ReadonlyMap<number, string>;
  /** Loads of maps that were not to be created: slot → name. */
  readonly missingMaps: ReadonlyMap<number, string>;
  readonly license: string;
}

/** The error for a program that the verifier refused: the decisive lines, the C source line, and what to do where that is known. */
export function verifierError(program: RefusedProgram): VerifierError {
  const finding = readVerifierLog(program.log);
  const slot = finding.slot;
  const poisoned = slot === undefined ? undefined : program.poisoned.get(slot);
  const missing = slot === undefined ? undefined : program.missingFunctions.get(slot);
  const missingMap = slot === undefined ? undefined : program.missingMaps.get(slot);
  const source = (slot === undefined ? undefined : sourceAt(program.lines, slot)) ?? finding.source;

  const parts: string[] = [];
  if (poisoned !== undefined) {
    parts.push(`it uses ${printable(poisoned)}, which this kernel does not have (failed CO-RE relocation)`);
  } else if (missing !== undefined) {
    parts.push(`it calls the kernel function ${quoteName(missing)}, which this kernel does not have`);
  } else if (missingMap !== undefined) {
    parts.push(`it uses map ${quoteName(missingMap)}, which was not created`);
  } else if (finding.reasons.length > 0) {
    parts.push(`${finding.reasons.map(printable).join("; ")} (${program.errno})`);
  } else {
    parts.push(`${program.errno}, and the log gives no reason`);
  }
  if (source !== undefined) parts.push(`  ${place(source)}${printable(source.text)}`);
  if (slot !== undefined && finding.instruction !== undefined && poisoned === undefined && missing === undefined) {
    parts.push(`  instruction ${slot}: ${printable(finding.instruction)}`);
  }
  const advice =
    poisoned !== undefined || missing !== undefined
      ? "test for it first, with bpf_core_field_exists(), bpf_core_type_exists() or bpf_ksym_exists(), so that the verifier finds the use dead"
      : remedy(finding.reasons, program);
  if (advice !== undefined) parts.push(`  ${advice}`);
  if (program.truncated) parts.push("  (the log is cut: it did not fit into the largest buffer)");
  return new VerifierError(
    program.name,
    program.log,
    program.truncated,
    `program ${quoteName(program.name)} was refused by the verifier: ${parts.join("\n")}`,
  );
}

/** Complaints for which what to do does not follow from the words. */
const remedies: readonly (readonly [RegExp, (program: RefusedProgram) => string])[] = [
  [
    /GPL-restricted|from non-GPL compatible/,
    (program) =>
      program.license === ""
        ? 'the object declares no licence: add char LICENSE[] SEC("license") = "GPL";'
        : `the object's licence is ${quoteName(program.license)}, the kernel wants one that is compatible with the GPL`,
  ],
  [/^back-edge from insn/, () => "loops need Linux 5.3; unroll it with #pragma unroll for older kernels"],
  [
    /^(?:invalid func unknown#|unknown func |unknown opcode)/,
    () => "this kernel is older than what the program uses, or does not offer it to programs of this type",
  ],
  [
    /program of this type cannot use helper|unknown func bpf_/,
    () => "the kernel does not offer this helper to programs of this type",
  ],
  [
    /calling kernel function .* is not allowed/,
    () => "the kernel does not offer this function to programs of this type",
  ],
  [
    /BPF program is too large|too many jumps|is too complex/,
    () => "the verifier gave up: split the program, or bound its loops more tightly",
  ],
  [
    /^invalid access to (?:packet|map value|memory)|invalid bpf_context access/,
    () => "the verifier could not prove that the access stays in bounds: compare with the end before it",
  ],
];

function remedy(reasons: readonly string[], program: RefusedProgram): string | undefined {
  for (const [pattern, advice] of remedies) {
    if (reasons.some((reason) => pattern.test(reason))) return advice(program);
  }
  return undefined;
}

/** The last line record at or before the instruction. */
function sourceAt(lines: readonly LineInfo[], slot: number): SourceLine | undefined {
  let found: LineInfo | undefined;
  for (const line of lines) {
    if (line.slot > slot) break;
    found = line;
  }
  if (found === undefined || (found.text === "" && found.line === 0)) return undefined;
  return { text: found.text.trim(), file: found.file, line: found.line === 0 ? undefined : found.line };
}

function place(source: SourceLine): string {
  const file = source.file === undefined ? undefined : printable(source.file.replace(/^.*\//, ""));
  if (file === undefined) return "";
  return source.line === undefined ? `${file}: ` : `${file}:${source.line}: `;
}

/** Source text comes from the object: nothing in it may steer a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

import type { LineInfo } from "../asm/function.ts";
import { NotSupportedError, quoteName, VerifierError } from "../errors/index.ts";
import type { BpfError } from "../errors/index.ts";
import type { ProgramType } from "../uapi/index.ts";
import { verifierAdvice } from "./verifier-advice.ts";
import type { Advice, AdvisedProgram } from "./verifier-advice.ts";
import { readVerifierLog } from "./verifier-log.ts";
import type { SourceLine } from "./verifier-log.ts";

/** Something of the kernel's types that an instruction needs and can't have. */
export interface Poison {
  /** `"struct task_struct.pidd (0:0)"` */
  readonly description: string;
  /** Why, found when somebody wants to know. */
  readonly reason: () => string;
}

/** A map that a program refers to and that was not created. */
export interface MissingMap {
  readonly name: string;
  /** What this kernel lacks for it; `undefined` = nobody wanted it. */
  readonly reason: BpfError | undefined;
}

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
  readonly type: ProgramType;
  /** Instructions that CO-RE replaced: slot → what the kernel does not have. */
  readonly poisoned: ReadonlyMap<number, Poison>;
  /** Calls of weak kernel functions that are missing: slot → name. */
  readonly missingFunctions: ReadonlyMap<number, string>;
  /** Loads of maps that were not created, by slot. */
  readonly missingMaps: ReadonlyMap<number, MissingMap>;
  readonly license: string;
}

/** The error for a program that the verifier refused: the decisive lines, the C source line, and what to do where that is known. */
export function verifierError(program: RefusedProgram): VerifierError {
  const finding = readVerifierLog(program.log);
  const { slot } = finding;
  const cause = slot === undefined ? undefined : ownDoing(program, slot);
  const source = (slot === undefined ? undefined : sourceAt(program.lines, slot)) ?? finding.source;

  const parts: string[] = [];
  if (cause !== undefined) parts.push(cause.problem);
  else if (finding.reasons.length > 0) parts.push(`${finding.reasons.map(printable).join("; ")} (${program.errno})`);
  else parts.push(`${program.errno}, and the log gives no reason`);
  if (source !== undefined) parts.push(`  ${spell(source)}`);
  if (slot !== undefined && finding.instruction !== undefined && cause === undefined) {
    parts.push(`  instruction ${slot}: ${printable(finding.instruction)}`);
  }
  const advice = cause ?? verifierAdvice(finding.reasons, advised(program));
  if (advice !== undefined) parts.push(`  ${advice.text}`);
  if (program.truncated) parts.push("  (the log is cut: it did not fit into the largest buffer)");
  return new VerifierError(
    program.name,
    program.log,
    program.truncated,
    `program ${quoteName(program.name)} was refused by the verifier: ${parts.join("\n")}`,
    advice?.lacking === undefined ? {} : { cause: advice.lacking },
  );
}

function advised(program: RefusedProgram): AdvisedProgram {
  return {
    ...program,
    sourceLine: (slot) => {
      const source = sourceAt(program.lines, slot);
      return source === undefined ? undefined : spell(source);
    },
  };
}

const TEST_FIRST =
  "test for it first, with bpf_core_field_exists(), bpf_core_type_exists() or bpf_ksym_exists(), so that the verifier finds the use dead";

function lacking(feature: string): NotSupportedError {
  return new NotSupportedError(feature, undefined, `this kernel does not have ${feature}`);
}

/** What the loader put there itself, because something that the instruction needs is missing. */
function ownDoing(program: RefusedProgram, slot: number): (Advice & { readonly problem: string }) | undefined {
  const poison = program.poisoned.get(slot);
  if (poison !== undefined) {
    const what = printable(poison.description);
    return {
      problem: `it uses ${what}, which this kernel does not have (failed CO-RE relocation: ${poison.reason()})`,
      text: TEST_FIRST,
      lacking: lacking(what),
    };
  }
  const missing = program.missingFunctions.get(slot);
  if (missing !== undefined) {
    const problem = `it calls the kernel function ${quoteName(missing)}, which this kernel does not have, or not as it is declared`;
    return { problem, text: TEST_FIRST, lacking: lacking(`the kernel function ${quoteName(missing)}`) };
  }
  const map = program.missingMaps.get(slot);
  return map === undefined ? undefined : missingMap(map);
}

function missingMap({ name, reason }: MissingMap): Advice & { readonly problem: string } {
  const problem = `it uses map ${quoteName(name)}, which was not created`;
  if (reason === undefined) {
    return {
      problem,
      text: "create it (`autocreate`), or test a constant first, so that the verifier finds the use dead",
    };
  }
  return {
    problem: `${problem}: ${reason.message}`,
    text: "test for it first, with bpf_core_enum_value_exists() or a constant, so that the verifier finds the use dead",
    lacking: reason,
  };
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

/** `refused.bpf.c:8: return *pointer;` */
function spell({ text, file, line }: SourceLine): string {
  if (file === undefined) return printable(text);
  const name = printable(file.replace(/^.*\//, ""));
  return `${line === undefined ? name : `${name}:${line}`}: ${printable(text)}`;
}

/** Source text comes from the object: nothing in it may steer a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

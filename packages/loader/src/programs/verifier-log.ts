/**
 * Reads the kernel's verifier log: what was wrong, and where.
 *
 * The log has no format that is promised. Its lines are those of `verbose()` in the kernel's kernel/bpf/verifier.c and
 * kernel/bpf/log.c; this reads 4.14 to 7.x.
 *
 * @module
 */

/** What a verifier log comes down to. */
export interface VerifierFinding {
  /** The decisive lines in the log's order, without the white space around them; empty when the log says nothing. */
  readonly reasons: readonly string[];
  /** Last instruction that the verifier looked at, in slots from the start of the program. */
  readonly slot: number | undefined;
  /** That instruction as the log prints it: `"(61) r0 = *(u32 *)(r1 +0)"`. */
  readonly instruction: string | undefined;
  /** Last source line that the log mentions. File and line number since Linux 6.9. */
  readonly source: SourceLine | undefined;
}

/** A line of C. */
export interface SourceLine {
  readonly text: string;
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
}

/** Counters that end every log, and what the higher log levels add to it. */
const statistics = [
  /^processed \d+ insns/,
  /^verification time \d+/,
  /^stack depth /,
  /^(?:max_states|insns|peak_states)/,
];

/** Narration that comes between the instruction and the complaint, or behind it, and decides nothing. */
const narration = [
  /^func#\d+ @\d+/,
  /^Validating .* func#\d+/,
  /^Func#\d+ .* is (?:safe|global and assumed valid)/,
  /^mark_precise:/,
  /^last_idx \d+/,
  /^(?:parent|regs=)/,
  /^(?:cur|old) state:/,
  /^(?:caller|callee|returning from callee|to caller at \d+):/,
  /^propagating /,
  /^frame\d*[:=]/,
  // A dump of registers: " R0=inv1 R10=fp0", "R1_w=ctx(off=0)". A complaint starts "R1 invalid mem access", "R1 type=ctx".
  /^R\d+(?:_[a-z]+)*=/,
  /^fp-\d+=/,
];

const instructionPattern = /^(\d+): (\([0-9a-f]{2}\).*|<.*)$/;
const statePattern = /^\d+: R?(?:\d+|frame|fp)/;
const branchPattern = /^from \d+ to \d+/;
const sourcePattern = /^; ?(.*?)(?: @ (.*):(\d+))?$/;

/** More lines than these in a row are context, not the reason. */
const MAX_REASONS = 4;

/** Boils a log down to the lines that say why a program was refused. */
export function readVerifierLog(log: readonly string[]): VerifierFinding {
  const reasons: string[] = [];
  let slot: number | undefined;
  let instruction: string | undefined;
  let source: SourceLine | undefined;
  let complete = false;
  for (let index = log.length - 1; index >= 0; index--) {
    const line = (log[index] ?? "").trim();
    if (line === "" || matches(statistics, line)) continue;
    const step = instructionPattern.exec(line);
    if (step !== null) {
      complete = true;
      if (slot === undefined) {
        slot = Number(step[1]);
        // Behind ";" the log prints the registers after the instruction.
        instruction = (step[2] ?? "").replace(/\s+;.*$/, "");
      }
      continue;
    }
    if (line.startsWith(";")) {
      complete = true;
      source ??= readSource(line);
      if (slot !== undefined) break;
      continue;
    }
    if (statePattern.test(line) || branchPattern.test(line)) {
      complete = true;
      continue;
    }
    if (complete) {
      if (slot !== undefined && source !== undefined) break;
      continue;
    }
    if (matches(narration, line)) continue;
    if (reasons.length < MAX_REASONS) reasons.unshift(line);
  }
  return { reasons, slot, instruction, source };
}

function matches(patterns: readonly RegExp[], line: string): boolean {
  return patterns.some((pattern) => pattern.test(line));
}

function readSource(line: string): SourceLine {
  const parts = sourcePattern.exec(line);
  return {
    text: (parts?.[1] ?? "").trim(),
    file: parts?.[2],
    line: parts?.[3] === undefined ? undefined : Number(parts[3]),
  };
}

/** The bytes of a log buffer as lines; the kernel ends the text with a NUL. */
export function logLines(buffer: Uint8Array): readonly string[] {
  const end = buffer.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? buffer : buffer.subarray(0, end));
  const lines = text.split("\n");
  while (lines.length > 0 && lines[lines.length - 1]?.trim() === "") lines.pop();
  return lines;
}

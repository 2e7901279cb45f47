import { BpfError } from "bpf-loader/errors";
import type { BpfErrorCode } from "bpf-loader/errors";

/** What steers a terminal, ends a line or hides in it. */
const UNFIT_IN_LINE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** The same, of texts with lines. */
const UNFIT_IN_TEXT = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Runs something that may refuse what it is given, by a `BpfError` of one of these codes whose message is fit for a terminal.
 * Throws whatever else it throws.
 *
 * @returns the result; `undefined` when it refused
 */
export function attempt<T>(run: () => T, refusals: readonly BpfErrorCode[] = ["ERR_BPF_OBJECT_FORMAT"]): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BpfError) || !refusals.includes(error.code)) throw error;
    checkLine(error.message);
    return undefined;
  }
}

/** Throws when a line of text could do something to a terminal. */
export function checkLine(line: string): void {
  const match = UNFIT_IN_LINE.exec(line);
  if (match !== null) throw new Error(`unfit for a terminal: ${escaped(line)}`);
  if (line.length > MOST_CHARACTERS) throw new Error(`a message of ${line.length} characters`);
}

/** Throws when a text could do something to a terminal, or something in it looks like another place of it. */
export function checkText(text: string): void {
  const match = UNFIT_IN_TEXT.exec(text);
  if (match === null) return;
  throw new Error(`unfit for a terminal: ${escaped(text.slice(Math.max(0, match.index - 80), match.index + 80))}`);
}

/** Names are shown up to some length. */
const MOST_CHARACTERS = 4000;

function escaped(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

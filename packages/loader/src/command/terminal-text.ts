/**
 * Text for terminals: nothing in it steers one, and it is as wide as it is said to be.
 *
 * @module
 */

/** Control and format characters, line and paragraph separators, halves of characters. */
export const UNFIT_FOR_TERMINALS: RegExp = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The sign that something is left out. */
export const CUT = "…";

/** Text in which what could steer a terminal, or start a line, is written as an escape. */
export function inert(text: string): string {
  return text.replace(UNFIT_FOR_TERMINALS, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u${hex.length <= 4 ? hex.padStart(4, "0") : `{${hex}}`}`;
  });
}

/** What knows of wide, combining and joined characters. Loading it takes as long as half of node. */
let stringWidth: ((text: string) => number) | undefined;

/** Thrown by {@link widthOf} to what measures, before that is loaded. */
const NEEDS_WIDTHS: unique symbol = Symbol("needs widths");

/** What a function returns that calls {@link widthOf}; it is called again if that needs what is not loaded yet. */
export async function measuring<T>(measure: () => T): Promise<T> {
  try {
    return measure();
  } catch (error) {
    if (error !== NEEDS_WIDTHS) throw error;
  }
  ({ default: stringWidth } = await import("string-width"));
  return measure();
}

/** Columns that a text takes. What is not plain is measured within {@link measuring}. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  if (stringWidth === undefined) throw NEEDS_WIDTHS;
  return stringWidth(text);
}

/** The start of a text that is wider than `width` columns, with the sign of that. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (isPlain(text)) return text.slice(0, Math.max(0, width - 1)) + CUT;
  let kept = "";
  let left = width - 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept + CUT;
}

/** Lines of at most `width` columns, cut between words, and within one that is longer. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const part = cutTo(line, width + 1).slice(0, -1);
      if (part === "") break;
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return [...lines, line];
}

/** Nothing but what is printed in one column each: ASCII and {@link CUT}. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e…]*$/.test(text);
}

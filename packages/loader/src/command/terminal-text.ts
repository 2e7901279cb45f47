/**
 * Text for terminals: nothing in it steers one, and it is as wide as it is said to be.
 *
 * @module
 */
import stringWidth from "string-width";

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

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}

/** The start of a text that is wider than `width` columns, with the sign of that. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
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

/** Nothing but what is printed in one column each. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

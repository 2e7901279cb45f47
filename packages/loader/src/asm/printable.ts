/** Control and format characters, line and paragraph separators: what could steer a terminal, end a line or hide in it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text from an object as it may stand in one line of output: what isn't visible is escaped, tabs are spaces. */
export function printable(text: string): string {
  return text
    .replaceAll("\t", " ")
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Control and format characters, line and paragraph separators: what could steer a terminal, end a line or hide in it. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Nobody reads more of a line or name. */
const MOST_CHARACTERS = 500;

/**
 * A text from an object as it may stand in one line of output: what isn't visible is escaped, tabs are spaces, and the end
 * of what is very long is left out.
 */
export function printable(text: string): string {
  const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return shown
    .replaceAll("\t", " ")
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

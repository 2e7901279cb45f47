/**
 * Text from an object inside generated code: as a string literal, or inside a comment. Nothing that a name holds can
 * end the literal or the comment, move the reading direction, or mean something to a tool that reads comments.
 *
 * @module
 */

/** Longest name that a comment shows. */
const SHOWN_IN_COMMENT = 200;

/** A string literal, in double quotes unless single ones need fewer escapes. */
export function stringLiteral(text: string): string {
  const doubles = text.split('"').length;
  const singles = text.split("'").length;
  const quote = doubles > singles ? "'" : '"';
  const inner = text.replace(/[\\"'\u007f-\u{10ffff}]|[^\u0020-\u007e]/gu, (character) => {
    if (character === '"' || character === "'") return character === quote ? `\\${character}` : character;
    if (character === "\\") return "\\\\";
    return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? character : codePointEscape(character);
  });
  return `${quote}${inner}${quote}`;
}

/** C text between backticks, for a comment. */
export function codeInComment(text: string): string {
  return `\`${inComment(text)}\``;
}

/** Text from an object for a comment: one line of printable ASCII that no tool takes for an instruction. */
export function inComment(text: string): string {
  const shown = text.length > SHOWN_IN_COMMENT ? `${text.slice(0, SHOWN_IN_COMMENT)}…` : text;
  return shown.replace(/[^\u0020-\u007e…]|[`@#\\]/gu, codePointEscape).replaceAll("*/", "*\\/");
}

function codePointEscape(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** A name as the key of an object literal. `__proto__` must be computed: as a plain key it sets the prototype. */
export function propertyKey(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name);
}

/** The property of that name, behind an object: `.pid`. */
export function propertyAccess(name: string): string {
  return propertyKey(name) === name ? `.${name}` : `[${stringLiteral(name)}]`;
}

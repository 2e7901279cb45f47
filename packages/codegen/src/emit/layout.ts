import type CodeBlockWriter from "code-block-writer";

/** Columns of a line, as the formatters of most projects have it. */
const LINE_WIDTH = 120;
const INDENT = 2;

/** A piece of code that is printed on one line when it fits, and otherwise with its items a line each. */
export type Code = Expression | Arrow;

/** Code that can stand anywhere. */
export type Expression = string | Group;

export interface Group {
  /** `"checkU32("`, `"["`, `"{"`. */
  readonly open: string;
  readonly items: readonly Code[];
  /** `")"`, `"]"`, `"}"`. */
  readonly close: string;
  /** Between the brackets and the items while on one line: a space in objects. */
  readonly padding: "" | " ";
  /** A line each even when they would fit. */
  readonly broken?: boolean;
}

/** A function: its body stands in the next line when it has no room behind the arrow. */
interface Arrow {
  /** `"bytes: () =>"` */
  readonly head: string;
  readonly body: Expression;
}

/** `name(…)`. */
export function call(name: string, ...items: readonly Code[]): Group {
  return { open: `${name}(`, items, close: ")", padding: "" };
}

/** A call that only makes a value, which a bundler may drop when nobody uses it. */
export function pureCall(name: string, ...items: readonly Code[]): Group {
  return call(`/* @__PURE__ */ ${name}`, ...items);
}

/** `[…]` */
export function list(items: readonly Code[]): Group {
  return { open: "[", items, close: "]", padding: "" };
}

/** `{ … }`; each item is a property. */
export function braces(items: readonly Code[], options: { broken?: boolean } = {}): Group {
  return { open: "{", items, close: "}", padding: items.length === 0 ? "" : " ", ...options };
}

/** Something in front of code: `"pid: "`. */
export function prefixed(prefix: string, code: Expression): Expression {
  return typeof code === "string" ? prefix + code : { ...code, open: prefix + code.open };
}

/** Something behind code: `" as const"`. */
export function suffixed(code: Expression, suffix: string): Expression {
  return typeof code === "string" ? code + suffix : { ...code, close: code.close + suffix };
}

/** Prints code as one statement, element or property; `end` is what closes it: `";"`, `","`. */
export function writeCode(writer: CodeBlockWriter, code: Code, end: string): void {
  const width = LINE_WIDTH - writer.getIndentationLevel() * INDENT - end.length;
  const line = onOneLine(code, width);
  if (line !== undefined) {
    writer.writeLine(`${line}${end}`);
    return;
  }
  if (typeof code === "string") {
    writer.writeLine(`${code}${end}`);
    return;
  }
  if ("head" in code) {
    writer.writeLine(code.head);
    writer.indent(() => writeCode(writer, code.body, end));
    return;
  }
  writer.writeLine(code.open);
  writer.indent(() => {
    for (const item of code.items) writeCode(writer, item, ",");
  });
  writer.writeLine(`${code.close}${end}`);
}

/** Whether there is room for a text in the writer's next line. */
export function fitsOnLine(writer: CodeBlockWriter, text: string): boolean {
  return text.length <= LINE_WIDTH - writer.getIndentationLevel() * INDENT;
}

/**
 * Prints what is assigned to `left` behind it, or where that has no room in the next line.
 *
 * @param left `"export const Event: Codec<Event> ="`
 * @param head the first characters of `right`, up to where it can be broken
 * @param right prints it; `lead` is what goes in front of it on the same line
 */
export function writeAssignment(
  writer: CodeBlockWriter,
  left: string,
  head: string,
  right: (lead: string) => void,
): void {
  if (fitsOnLine(writer, `${left} ${head}`)) right(`${left} `);
  else {
    writer.writeLine(left);
    writer.indent(() => right(""));
  }
}

/** {@link writeAssignment} of code. */
export function writeAssigned(writer: CodeBlockWriter, left: string, code: Expression): void {
  const head = typeof code === "string" ? `${code};` : code.open;
  writeAssignment(writer, left, head, (lead) => writeCode(writer, prefixed(lead, code), ";"));
}

/** @returns `undefined` when it is wider than `width`, or has a part that takes a line for each item. */
function onOneLine(code: Code, width: number): string | undefined {
  if (typeof code === "string") return code.length <= width ? code : undefined;
  if ("head" in code) {
    const body = onOneLine(code.body, width - code.head.length - 1);
    return body === undefined ? undefined : `${code.head} ${body}`;
  }
  if (code.broken === true && code.items.length > 0) return undefined;
  let text = code.open + code.padding;
  for (const [index, item] of code.items.entries()) {
    const part = onOneLine(item, width - text.length);
    if (part === undefined) return undefined;
    text += index === 0 ? part : `, ${part}`;
    if (text.length > width) return undefined;
  }
  text += code.padding + code.close;
  return text.length <= width ? text : undefined;
}

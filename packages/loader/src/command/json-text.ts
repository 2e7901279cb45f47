import { UNFIT_FOR_TERMINALS } from "./terminal-text.ts";

/** What a report is made of: as JSON, with integers of 64 bits and bytes. */
export type Json =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Json[]
  | { readonly [name: string]: Json };

/**
 * JSON in which 64-bit integers are numbers with all of their digits, which every reader but JavaScript's keeps, and bytes are
 * strings of hexadecimal digits. Properties that are `undefined` are left out; numbers that JSON has not (NaN, infinity) are null.
 *
 * @param indent 0 puts all on one line
 * @param margin what stands before its lines, but the first
 */
export function jsonText(value: Json, indent = 2, margin = ""): string {
  return write(value, indent, margin);
}

function write(value: Json, indent: number, margin: string): string {
  if (typeof value === "bigint") return `${value}`;
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `"${hexDigits(value)}"`;
  const inner = margin + " ".repeat(indent);
  if (isList(value)) {
    return enclose(
      "[",
      value.map((item) => write(item, indent, inner)),
      "]",
      indent,
      margin,
    );
  }
  const members = Object.entries(value).flatMap(([name, item]) =>
    item === undefined ? [] : [`${quoted(name)}:${indent === 0 ? "" : " "}${write(item, indent, inner)}`],
  );
  return enclose("{", members, "}", indent, margin);
}

/** What could steer a terminal is an escape in JSON, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(UNFIT_FOR_TERMINALS, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at).toString(16).padStart(4, "0"))
      .map((unit) => `\\u${unit}`)
      .join(""),
  );
}

function enclose(open: string, parts: readonly string[], close: string, indent: number, margin: string): string {
  if (parts.length === 0) return open + close;
  if (indent === 0) return open + parts.join(",") + close;
  const inner = margin + " ".repeat(indent);
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** `Array.isArray` does not know lists that can't be changed. */
function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** `"2a000000"` */
export function hexDigits(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

import { CommandError } from "./errors.ts";
import type { Json } from "./json-text.ts";

/**
 * Reads JSON in which integers may have more digits than JavaScript's numbers hold: those are bigints.
 *
 * @throws CommandError when it is no JSON
 */
export function parseJson(text: string, what: string): Json {
  try {
    // Strings are found so that digits in them are left alone; numbers with a fraction or an exponent are not integers.
    const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
      /^-?\d{16,}$/.test(token) ? `"${MARK}${token}"` : token,
    );
    const value: unknown = JSON.parse(marked, (_, item: unknown) =>
      typeof item === "string" && item.startsWith(MARK) ? BigInt(item.slice(MARK.length)) : item,
    );
    return value as Json; // JSON.parse makes nothing else
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(`${what} is not JSON, nor bytes as hex:2a000000: ${text}`, { cause: error });
  }
}

/** Of private use, so that no text has it by chance. */
const MARK = "\uE000bigint:";

/**
 * A value for a codec: integers as bigint or number and bytes as bytes, as they are in `model`. What the model has no place for is
 * left as it is, for the codec to complain about.
 */
export function valueOfJson(json: Json, model: Json): Json {
  if (typeof model === "bigint" && typeof json === "number" && Number.isInteger(json)) return BigInt(json);
  if (typeof model === "number" && typeof json === "bigint") return Number(json);
  if (model instanceof Uint8Array) return bytesOfJson(json, model.length);
  if (Array.isArray(model) && Array.isArray(json)) {
    const models: readonly Json[] = model;
    return json.map((item: Json, index) => valueOfJson(item, models[index]));
  }
  if (isObject(model) && isObject(json)) {
    return Object.fromEntries(
      Object.entries(json).map(([name, item]) => [
        name,
        valueOfJson(item, Object.hasOwn(model, name) ? model[name] : undefined),
      ]),
    );
  }
  return json;
}

/**
 * Bytes given as hexadecimal digits or as a list of numbers.
 *
 * @throws CommandError when they are not as many
 */
export function bytesOfJson(json: Json, size: number): Uint8Array {
  if (Array.isArray(json) && json.length === size && json.every(isByte)) return Uint8Array.from(json);
  if (typeof json !== "string") throw new CommandError(`${size} bytes are a string of ${size * 2} hexadecimal digits`);
  return hexBytes(json, size);
}

/** @throws CommandError when they are not as many bytes */
export function hexBytes(digits: string, size: number): Uint8Array {
  const plain = digits.replaceAll(/[\s:_]/g, "");
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(plain)) throw new CommandError(`${digits} are no bytes in hexadecimal digits`);
  if (plain.length !== size * 2)
    throw new CommandError(`${digits} are ${plain.length / 2} bytes, and ${size} are wanted`);
  return new Uint8Array(Buffer.from(plain, "hex"));
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xff;
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

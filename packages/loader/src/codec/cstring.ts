import { codecError, describeValue } from "./codec-error.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { zeroFill } from "./bytes.ts";

/** Up to this length, `String.fromCharCode` beats `TextDecoder`, which costs 80 ns before the first byte. */
const SHORT = 20;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
/** One array per length, so that no call allocates one. */
const scratch: readonly number[][] = Array.from({ length: SHORT + 1 }, (_, length) => Array.from({ length }, () => 0));

/**
 * The string in a `char[size]`: up to the first NUL, or all of it when there is none. UTF-8; bytes that are not are
 * replaced by U+FFFD.
 */
export function readCString(view: DataView, offset: number, size: number): string {
  let length = 0;
  let seen = 0;
  for (; length < size; length++) {
    const byte = view.getUint8(offset + length);
    if (byte === 0) break;
    seen |= byte;
  }
  const codes = scratch[length];
  if (codes === undefined || seen > 0x7f)
    return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + offset, length));
  for (let i = 0; i < length; i++) codes[i] = view.getUint8(offset + i);
  return String.fromCharCode.apply(undefined, codes);
}

/**
 * Writes a string as UTF-8 into a `char[size]`, and NULs behind it up to `size`.
 *
 * @throws CodecError when it is not a string, has a NUL or half a surrogate pair in it, or does not leave room for the
 *   terminating NUL.
 */
export function writeCString(
  view: DataView,
  offset: number,
  size: number,
  value: unknown,
  field: PathSegment = "",
): void {
  if (typeof value !== "string") throw codecError(field, `${describeValue(value)} is not a string`);
  // A flexible array has no room, not even for the NUL of an empty string.
  if (size === 0 && value === "") return;
  if (value.length >= size) throw tooLong(field, value, size);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) return writeUnicode(view, offset, size, value, field);
    if (code === 0) throw codecError(field, `${describeValue(value)} has a NUL in it`);
  }
  for (let i = 0; i < value.length; i++) view.setUint8(offset + i, value.charCodeAt(i));
  zeroFill(view, offset + value.length, size - value.length);
}

function writeUnicode(view: DataView, offset: number, size: number, value: string, field: PathSegment): void {
  if (value.includes("\0")) throw codecError(field, `${describeValue(value)} has a NUL in it`);
  if (/\p{Surrogate}/u.test(value)) throw codecError(field, `${describeValue(value)} has half a surrogate pair in it`);
  const bytes = encoder.encode(value);
  if (bytes.length >= size) throw tooLong(field, value, size);
  for (let i = 0; i < bytes.length; i++) view.setUint8(offset + i, bytes[i] ?? 0);
  zeroFill(view, offset + bytes.length, size - bytes.length);
}

function tooLong(field: PathSegment, value: string, size: number): Error {
  const needed = encoder.encode(value).length + 1;
  return codecError(field, `${describeValue(value)} takes ${needed} bytes with its NUL, char[${size}] has ${size}`);
}

/** A `char[size]` as a string: see {@link readCString} and {@link writeCString}. */
export function cstring(size: number, name: string = `char[${size}]`): Codec<string> {
  return {
    name,
    size,
    align: 1,
    read: (view, offset) => readCString(view, offset, size),
    write: (view, offset, value) => writeCString(view, offset, size, value),
  };
}

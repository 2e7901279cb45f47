import { codecError, describeValue } from "./codec-error.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";

/** A copy of `length` bytes. */
export function readBytes(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, checkRange(view, offset, length)).slice();
}

/**
 * Writes exactly `length` bytes.
 *
 * @throws CodecError unless the value is a `Uint8Array` of `length` bytes.
 */
export function writeBytes(
  view: DataView,
  offset: number,
  length: number,
  value: unknown,
  field: PathSegment = "",
): void {
  if (!(value instanceof Uint8Array) || value.length !== length)
    throw codecError(field, `${describeValue(value)} is not a Uint8Array of ${length} bytes`);
  new Uint8Array(view.buffer, view.byteOffset + offset, checkRange(view, offset, length)).set(value);
}

/** Writes `length` zero bytes: padding. */
export function zeroFill(view: DataView, offset: number, length: number): void {
  if (length <= 16) for (let i = 0; i < length; i++) view.setUint8(offset + i, 0);
  else new Uint8Array(view.buffer, view.byteOffset + offset, checkRange(view, offset, length)).fill(0);
}

/** A view over `view.buffer` is not bounded by `view`, so the bound is checked as `DataView` would. */
function checkRange(view: DataView, offset: number, length: number): number {
  if (offset < 0 || offset + length > view.byteLength)
    throw new RangeError(`${length} bytes at ${offset} are outside a view of ${view.byteLength}`);
  return length;
}

/** `length` bytes as a `Uint8Array`: read as a copy, written from exactly as many. Alignment 1 unless given. */
export function bytes(length: number, name: string = `unsigned char[${length}]`, align: number = 1): Codec<Uint8Array> {
  return {
    name,
    size: length,
    align,
    read: (view, offset) => readBytes(view, offset, length),
    write: (view, offset, value) => writeBytes(view, offset, length, value),
  };
}

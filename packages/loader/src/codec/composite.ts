import { checkLength, checkObject } from "./check.ts";
import { within } from "./codec-error.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";

/**
 * Writes a value that is a field of another: its errors get `field` in front of their path. Entering a `try` is free
 * in V8, so only a value that is wrong pays.
 *
 * @throws CodecError when the value is not of the codec's type.
 */
export function writeField<T>(codec: Codec<T>, view: DataView, offset: number, value: T, field: PathSegment): void {
  try {
    codec.write(view, offset, value);
  } catch (error) {
    throw within(field, error);
  }
}

/** Reads a value that is a field of another: see {@link writeField}. Needed only where reading can throw. */
export function readField<T>(codec: Codec<T>, view: DataView, offset: number, field: PathSegment): T {
  try {
    return codec.read(view, offset);
  } catch (error) {
    throw within(field, error);
  }
}

/** `length` values behind each other. Written from an array of exactly as many. */
export function array<T>(codec: Codec<T>, length: number, name: string = `${codec.name}[${length}]`): Codec<T[]> {
  const stride = codec.size;
  return {
    name,
    size: stride * length,
    align: codec.align,
    read(view, offset) {
      const values: T[] = [];
      try {
        for (let at = offset; values.length < length; at += stride) values.push(codec.read(view, at));
      } catch (error) {
        throw within(values.length, error);
      }
      return values;
    },
    write(view, offset, value) {
      checkLength(value, length);
      let i = 0;
      try {
        for (; i < length; i++) {
          // A hole is undefined, which `codec` refuses.
          codec.write(view, offset + i * stride, value[i] as T);
        }
      } catch (error) {
        throw within(i, error);
      }
    },
  };
}

/**
 * A struct or union whose `read` and `write` are straight-line code at fixed offsets, as generated code has them.
 * `write` must set all `size` bytes, padding too; it may rely on getting an object.
 */
export function struct<T extends object>(
  name: string,
  size: number,
  align: number,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): Codec<T> {
  return {
    name,
    size,
    align,
    read,
    write(view, offset, value) {
      checkObject(value, name);
      write(view, offset, value);
    },
  };
}

/**
 * An enum: its integer's codec under the enum's name. Open, as in C: any integer that fits is written, and read.
 * For an enum of 64 bits give a 64-bit `integer`.
 */
export function enumeration<E extends number | bigint>(name: string, integer: Codec<E>): Codec<E> {
  return { ...integer, name };
}

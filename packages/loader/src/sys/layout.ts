/**
 * Kernel structures as tables: one description of a structure is used to encode values, to decode results, and as its
 * documentation.
 *
 * All numbers are little-endian or big-endian as the machine is: the kernel is on the same machine.
 *
 * @module
 */
import { endianness } from "node:os";
import { BpfError } from "../errors/index.ts";
import type { Pointers } from "./addon-interface.ts";

/**
 * Type of a field, in C's words. `void*` takes bytes (or an {@link Encoded} structure that itself holds pointers),
 * `char*` a string that is passed NUL-terminated, `char**` an array of such strings.
 */
export type FieldType =
  | "u8"
  | "u16"
  | "u32"
  | "i32"
  | "u64"
  | `char[${number}]`
  | `u8[${number}]`
  | "void*"
  | "char*"
  | "char**";

/** One field: offset in bytes, type, what it is, and the first kernel release that has it. */
export type Field = readonly [offset: number, type: FieldType, doc: string, since?: string];

/** A structure. Field names are the kernel's in camel case. */
export interface Layout {
  /** The kernel's name of the structure, or the command whose part of `union bpf_attr` it is. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

type Input<T> = T extends "u64"
  ? bigint | number
  : T extends "void*"
    ? Uint8Array | Encoded
    : T extends "char*" | `char[${number}]`
      ? string
      : T extends "char**"
        ? readonly string[]
        : T extends `u8[${number}]`
          ? Uint8Array
          : number;

type Output<T> = T extends "u64"
  ? bigint
  : T extends `char[${number}]`
    ? string
    : T extends `u8[${number}]`
      ? Uint8Array
      : number;

type PointerType = "void*" | "char*" | "char**";

/** Values to encode. What is left out is zero; a pointer that is left out is NULL. */
export type Values<L extends Layout> = {
  readonly [F in keyof L["fields"]]?: Input<L["fields"][F][1]> | undefined;
};

/** Decoded values. Pointer fields are left out: no address of the process shows in JavaScript. */
export type Decoded<L extends Layout> = {
  readonly [F in keyof L["fields"] as L["fields"][F][1] extends PointerType ? never : F]: Output<L["fields"][F][1]>;
};

/** A structure's bytes, and the buffers whose addresses it is to hold. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly pointers: Pointers;
}

const LITTLE = endianness() === "LE";
const utf8 = new TextEncoder();
const POINTER_SIZE = 8;

/**
 * Lays values out as the kernel wants them.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a value does not fit its field.
 */
export function encode<L extends Layout>(layout: L, values: Values<L>): Encoded {
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  const pointers: Pointers[number][] = [];
  for (const name in values) {
    const value: unknown = values[name];
    if (value === undefined) continue;
    const field = Object.hasOwn(layout.fields, name) ? layout.fields[name] : undefined;
    if (field === undefined) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${layout.name} has no field ${name}`);
    const pointer = writeField(view, field, value, `${layout.name} ${name}`);
    if (pointer !== undefined) pointers.push(pointer);
  }
  return { bytes, pointers };
}

/** Reads a structure's scalars. `bytes` may be shorter than the structure, when an older kernel wrote it: the rest is zero. */
export function decode<L extends Layout>(layout: L, bytes: Uint8Array): Decoded<L> {
  let whole = bytes;
  if (bytes.length < layout.size) {
    whole = new Uint8Array(layout.size);
    whole.set(bytes);
  }
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const values: Record<string, unknown> = Object.create(null);
  for (const name in layout.fields) {
    const field = layout.fields[name];
    if (field === undefined || field[1].includes("*")) continue;
    values[name] = readField(view, field);
  }
  return values as Decoded<L>; // the loop set each non-pointer field to what its type says
}

function readField(view: DataView, [offset, type]: Field): unknown {
  switch (type) {
    case "u8":
      return view.getUint8(offset);
    case "u16":
      return view.getUint16(offset, LITTLE);
    case "u32":
      return view.getUint32(offset, LITTLE);
    case "i32":
      return view.getInt32(offset, LITTLE);
    case "u64":
      return view.getBigUint64(offset, LITTLE);
    default: {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, arrayLength(type));
      return type.startsWith("char") ? stringFromBytes(bytes) : bytes.slice();
    }
  }
}

function writeField(view: DataView, [offset, type]: Field, value: unknown, what: string): Pointers[number] | undefined {
  switch (type) {
    case "u8":
      view.setUint8(offset, integer(value, 0, 0xff, what));
      return undefined;
    case "u16":
      view.setUint16(offset, integer(value, 0, 0xffff, what), LITTLE);
      return undefined;
    case "u32":
      view.setUint32(offset, integer(value, 0, 0xffff_ffff, what), LITTLE);
      return undefined;
    case "i32":
      view.setInt32(offset, integer(value, -0x8000_0000, 0x7fff_ffff, what), LITTLE);
      return undefined;
    case "u64":
      view.setBigUint64(offset, integer64(value, what), LITTLE);
      return undefined;
    case "void*":
      if (value instanceof Uint8Array) return [offset, value];
      if (isEncoded(value)) return [offset, value.bytes, value.pointers];
      throw mistake(what, "bytes");
    case "char*":
      return [offset, cString(value, what)];
    case "char**": {
      if (!Array.isArray(value)) throw mistake(what, "an array of strings");
      const strings = value.map((item, index): Pointers[number] => [index * POINTER_SIZE, cString(item, what)]);
      return [offset, new Uint8Array(value.length * POINTER_SIZE), strings];
    }
    default: {
      const room = new Uint8Array(view.buffer, view.byteOffset + offset, arrayLength(type));
      const bytes = type.startsWith("char") ? cString(value, what) : value;
      if (!(bytes instanceof Uint8Array)) throw mistake(what, "bytes");
      if (bytes.length > room.length) throw mistake(what, `at most ${room.length} bytes, a final NUL included`);
      room.set(bytes);
      return undefined;
    }
  }
}

function integer(value: unknown, minimum: number, maximum: number, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < minimum || value > maximum) {
    throw mistake(what, `an integer from ${minimum} to ${maximum}`);
  }
  return value;
}

function integer64(value: unknown, what: string): bigint {
  const wide = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof wide !== "bigint" || wide < 0n || wide > 0xffff_ffff_ffff_ffffn) {
    throw mistake(what, "an integer from 0 to 2^64 - 1");
  }
  return wide;
}

/** UTF-8 with a terminating NUL. */
function cString(value: unknown, what: string): Uint8Array {
  if (typeof value !== "string" || value.includes("\0")) throw mistake(what, "a string without NUL");
  return utf8.encode(`${value}\0`);
}

function isEncoded(value: unknown): value is Encoded {
  return typeof value === "object" && value !== null && "bytes" in value && "pointers" in value;
}

function mistake(what: string, wanted: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `${what} must be ${wanted}`);
}

function arrayLength(type: string): number {
  return Number(type.slice(type.indexOf("[") + 1, -1));
}

/** A string up to its NUL, or up to the end of the bytes. */
export function stringFromBytes(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

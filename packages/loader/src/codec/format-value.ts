import type { Btf } from "../btf/btf.ts";
import type { BtfEnumerator, TypeId } from "../btf/types.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { bitfieldCodec } from "./bitfield.ts";
import { codecs } from "./scalar.ts";
import type { ScalarCodecs } from "./scalar.ts";
import { isAnonymous, shapeOf } from "./shape.ts";
import type { ArrayShape, CompositeShape, MemberShape, TypeShape } from "./shape.ts";

/** How a value is printed. */
export interface FormatOptions {
  /** `"lines"` gives each member of a struct its line (default); `"one"` puts all on one. */
  readonly layout?: "lines" | "one" | undefined;
  /** Leaves out members whose bytes are all zero, as C initialises them anyway. Default false. */
  readonly skipZeros?: boolean | undefined;
  /** Characters after which the rest is left out, with `…` in its place. Default 1,000,000. */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 1_000_000;
/** For what is beyond the limit. */
const CUT = "…";
/** Numbers of an array on one line. */
const PER_LINE = 16;

/**
 * A value as C would initialise it, for people to read: `{ .pid = 42, .comm = "bash", .kind = EVENT_EXEC }`. Enumerators have
 * their names, pointers and bytes are in base 16, unions have all of their members. Fit for a terminal, whatever the names and
 * characters are. Bytes behind the value are ignored.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when there are fewer bytes than the type takes; ObjectFormatError when the type
 * contradicts itself.
 */
export function formatValue(btf: Btf, typeId: TypeId, bytes: Uint8Array, options: FormatOptions = {}): string {
  const shape = shapeOf(btf, typeId);
  if (bytes.length < shape.size) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `a value of ${quoteName(shape.typeName)} takes ${shape.size} bytes, not ${bytes.length}`,
    );
  }
  return new Formatter(btf.littleEndian, bytes.subarray(0, shape.size), options).format(shape, 0, "");
}

class Formatter {
  readonly #littleEndian: boolean;
  readonly #scalars: ScalarCodecs;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #oneLine: boolean;
  /** When zeros are left out: of each byte, where the next one is that is not zero. */
  readonly #nonZero: Uint32Array | undefined;
  readonly #names = new Map<readonly BtfEnumerator[], ReadonlyMap<bigint, string>>();
  #left: number;

  constructor(littleEndian: boolean, bytes: Uint8Array, options: FormatOptions) {
    this.#littleEndian = littleEndian;
    this.#scalars = codecs(littleEndian);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#oneLine = options.layout === "one";
    if (options.skipZeros === true) this.#nonZero = nextNonZero(bytes);
    this.#left = options.limit ?? DEFAULT_LIMIT;
  }

  format(shape: TypeShape, offset: number, indent: string): string {
    if (this.#left <= 0) return CUT;
    switch (shape.kind) {
      case "struct":
      case "union":
        return this.#composite(shape, offset, indent);
      case "array":
        return this.#array(shape, offset, indent);
      default:
        return this.#spend(this.#scalar(shape, offset));
    }
  }

  #composite(shape: CompositeShape, offset: number, indent: string): string {
    const inner = `${indent}\t`;
    const parts: string[] = [];
    this.#left -= inner.length; // also those without a member that is printed come to an end
    for (const member of shape.members) {
      if (this.#left <= 0) {
        parts.push(CUT);
        break;
      }
      if (this.#nonZero !== undefined && this.#isZero(this.#nonZero, member, offset)) continue;
      const value = this.#member(member, offset, inner);
      parts.push(isAnonymous(member) ? value : `${this.#spend(`.${inert(member.name)} = `)}${value}`);
    }
    return this.#braces(parts, indent, inner);
  }

  #member({ offset: from, shape, bitfield }: MemberShape, offset: number, indent: string): string {
    if (bitfield === undefined) return this.format(shape, offset + from, indent);
    const value = bitfieldCodec(bitfield, this.#littleEndian, shape.typeName).read(this.#view, offset + from);
    const values = shape.kind === "enum" ? shape.values : [];
    return this.#spend(typeof value === "boolean" ? `${value}` : this.#nameOf(value as number | bigint, values));
  }

  #array(shape: ArrayShape, offset: number, indent: string): string {
    const inner = `${indent}\t`;
    const { element, length } = shape;
    const isFlat = element.kind !== "struct" && element.kind !== "union" && element.kind !== "array";
    const parts: string[] = [];
    for (let index = 0; index < length; index++) {
      if (this.#left <= 0) {
        parts.push(CUT);
        break;
      }
      parts.push(this.format(element, offset + index * element.size, inner));
    }
    if (!isFlat) return this.#braces(parts, indent, inner);
    const lines = Array.from({ length: Math.ceil(parts.length / PER_LINE) }, (_, line) =>
      parts.slice(line * PER_LINE, (line + 1) * PER_LINE).join(", "),
    );
    return lines.length > 1 ? this.#braces(lines, indent, inner) : inBraces(parts);
  }

  #scalar(shape: Exclude<TypeShape, CompositeShape | ArrayShape>, offset: number): string {
    const view = this.#view;
    switch (shape.kind) {
      case "int":
        return `${this.#integer(shape.size, shape.signed, offset)}`;
      case "enum":
        return this.#nameOf(this.#integer(shape.size, shape.signed, offset), shape.values);
      case "bool": {
        const value = view.getUint8(offset);
        return value > 1 ? `${value}` : `${value === 1}`;
      }
      case "float":
        return `${(shape.size === 4 ? this.#scalars.f32 : this.#scalars.f64).read(view, offset)}`;
      case "pointer": {
        const address = this.#scalars.u64.read(view, offset);
        return address === 0n ? "NULL" : `(void *)0x${address.toString(16)}`;
      }
      case "string":
        return this.#text(offset, shape.size);
      case "bytes":
      case "opaque":
        return this.#hex(offset, shape.size, shape.kind === "bytes" && shape.align === 16);
    }
  }

  #integer(size: 1 | 2 | 4 | 8, signed: boolean, offset: number): number | bigint {
    const { u8, u16, u32, u64, i8, i16, i32, i64 } = this.#scalars;
    const codec = signed ? { 1: i8, 2: i16, 4: i32, 8: i64 }[size] : { 1: u8, 2: u16, 4: u32, 8: u64 }[size];
    return codec.read(this.#view, offset);
  }

  /** Characters up to the zeros at the end. */
  #text(offset: number, size: number): string {
    let end = Math.min(offset + size, offset + Math.max(0, this.#left));
    const cut = end < offset + size ? CUT : "";
    while (end > offset && this.#bytes[end - 1] === 0) end--;
    let text = "";
    for (let at = offset; at < end; at++) text += character(this.#bytes[at] ?? 0);
    return `"${text}"${cut}`;
  }

  #hex(offset: number, size: number, asNumber: boolean): string {
    const shown = Math.min(size, Math.max(0, Math.floor(this.#left / 6)));
    const bytes = Array.from(this.#bytes.subarray(offset, offset + shown), hexByte);
    if (!asNumber || shown < size) {
      return inBraces([...bytes.map((digits) => `0x${digits}`), ...(shown < size ? [CUT] : [])]);
    }
    if (this.#littleEndian) bytes.reverse();
    return `0x${bytes.join("").replace(/^0+(?=.)/, "")}`;
  }

  #isZero(nonZero: Uint32Array, { offset: from, shape, bitfield }: MemberShape, offset: number): boolean {
    if (bitfield !== undefined) {
      const value = bitfieldCodec(bitfield, this.#littleEndian, shape.typeName).read(this.#view, offset + from);
      return value === 0 || value === 0n || value === false;
    }
    const start = offset + from;
    return (nonZero[start] ?? start) >= start + shape.size;
  }

  #nameOf(value: number | bigint, values: readonly BtfEnumerator[]): string {
    if (values.length === 0) return `${value}`;
    let names = this.#names.get(values);
    if (names === undefined) this.#names.set(values, (names = namesOf(values)));
    const name = names.get(BigInt(value));
    return name === undefined ? `${value}` : inert(name);
  }

  #braces(parts: readonly string[], indent: string, inner: string): string {
    if (this.#oneLine || parts.length === 0) return inBraces(parts);
    return `{\n${inner}${parts.join(`,\n${inner}`)},\n${indent}}`;
  }

  #spend(text: string): string {
    this.#left -= text.length;
    return text;
  }
}

function inBraces(parts: readonly string[]): string {
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function inert(name: string): string {
  return quoteName(name).slice(1, -1);
}

/** The first name of each value. */
function namesOf(values: readonly BtfEnumerator[]): ReadonlyMap<bigint, string> {
  const names = new Map<bigint, string>();
  for (const { name, value } of values) {
    const key = BigInt(value);
    if (!names.has(key)) names.set(key, name);
  }
  return names;
}

/** Members of a union are looked at each on its own: whether one is zero must not take as long as it is large. */
function nextNonZero(bytes: Uint8Array): Uint32Array {
  const next = new Uint32Array(bytes.length);
  let nearest = bytes.length;
  for (let at = bytes.length - 1; at >= 0; at--) {
    if (bytes[at] !== 0) nearest = at;
    next[at] = nearest;
  }
  return next;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/** A byte between double quotes in C. */
function character(byte: number): string {
  const escape = ESCAPES.get(byte);
  if (escape !== undefined) return escape;
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
}

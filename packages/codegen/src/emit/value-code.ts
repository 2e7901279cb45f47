import type { BitfieldModel, ByteOrder, FieldModel, ValueModel } from "../model/object-model.ts";
import { valueNames } from "../model/runtime-names.ts";
import type { RuntimeName } from "../model/runtime-names.ts";
import { canFail } from "../model/type-models.ts";
import type { Imports } from "./imports.ts";
import { call, list, pureCall } from "./layout.ts";
import type { Expression } from "./layout.ts";
import { stringLiteral } from "./literal.ts";

/** Up to this many elements of an array are read by an expression each. */
const UNROLLED = 8;

/** Prints what is done with values of C types, in one byte order. */
export class ValueCode {
  readonly imports: Imports;
  readonly byteOrder: ByteOrder;

  constructor(imports: Imports, byteOrder: ByteOrder) {
    this.imports = imports;
    this.byteOrder = byteOrder;
  }

  /** The last argument of a DataView's methods. */
  get #order(): string {
    return this.byteOrder === "host" ? this.imports.value("littleEndian") : String(this.byteOrder === "little");
  }

  /** The TypeScript type. */
  type(value: ValueModel): string {
    if (value.alias !== undefined) return value.alias;
    if (value.brand !== undefined) return isRuntimeValue(value.brand) ? this.imports.type(value.brand) : value.brand;
    switch (value.kind) {
      case "int":
        return isBig(value) ? "bigint" : "number";
      case "enum":
        return value.enumeration;
      case "bool":
        return "boolean";
      case "float":
        return "number";
      case "pointer":
        return this.imports.type("Pointer");
      case "string":
        return "string";
      case "bytes":
        return "Uint8Array";
      case "array":
        return `${this.type(value.element)}[]`;
      case "composite":
        return value.composite;
      case "tagged":
        return value.union;
      case "address":
        return this.imports.type(value.codec);
    }
  }

  /** The TypeScript type of a struct's member. */
  fieldType({ bitfield, value }: FieldModel): string {
    if (bitfield === undefined) return this.type(value);
    // A bitfield of few bits is a number also where its type is 64 bits wide.
    const declared = value.kind === "enum" || value.kind === "int" ? (value.size === 8 ? "bigint" : "number") : "";
    return declared === bitfield.value ? this.type(value) : bitfield.value;
  }

  /** The codec, as an expression. `pure` marks calls for bundlers, where they are made when the module is loaded. */
  codec(value: ValueModel, pure: boolean): Expression {
    const make = pure ? pureCall : call;
    if (value.alias !== undefined && value.kind !== "enum") return value.alias;
    switch (value.kind) {
      case "int":
        return this.#integer(value, pure);
      case "enum":
        return this.#scalar(value.signed ? "i" : "u", value.size, pure);
      case "bool":
        return this.imports.value("bool");
      case "float":
        return this.#scalar("f", value.size, pure);
      case "pointer":
        return this.#ordered("pointer", "pointerBe", pure);
      case "string":
        return make(this.imports.value("cstring"), String(value.size));
      case "bytes":
        return value.align === 1
          ? make(this.imports.value("bytes"), String(value.size))
          : make(this.imports.value("bytes"), String(value.size), stringLiteral(value.cName), String(value.align));
      case "array":
        return value.codec;
      case "composite":
        return value.composite;
      case "tagged":
        return value.union;
      case "address":
        return this.imports.value(value.codec);
    }
  }

  /** The codec of a member, which for a bitfield is not that of its type. */
  fieldCodec({ bitfield, value, declaration }: FieldModel): Expression {
    if (bitfield === undefined) return this.codec(value, true);
    const { bitOffset, bits, signed, value: kind } = bitfield;
    const where = `{ bitOffset: ${bitOffset}, bits: ${bits}, signed: ${signed}, value: "${kind}" }`;
    const name = stringLiteral(declaration);
    return pureCall(this.imports.value("bitfieldCodec"), where, this.#order, name);
  }

  /** The value of a member, read from a struct of `size` bytes at `at`, which has these `fields`. */
  readField(
    { property, bitfield, offset, value }: FieldModel,
    size: number,
    fields: readonly FieldModel[],
  ): Expression {
    if (value.kind === "tagged") {
      const tag = fields.find((field) => field.property === value.tag);
      const read = tag === undefined ? "undefined" : this.readField(tag, size, fields);
      return call(`${value.union}.read`, "view", place(offset), read, stringLiteral(property));
    }
    if (bitfield !== undefined) return this.#readBitfield(bitfield, offset, size);
    if (!canFail(value)) return this.#read(value, offset);
    const field = stringLiteral(property);
    if (value.kind !== "int")
      return call(this.imports.value("readField"), this.codec(value, false), "view", place(offset), field);
    const read = this.imports.value(value.signed ? "readI64AsNumber" : "readU64AsNumber");
    return call(read, "view", place(offset), this.#order, field);
  }

  /** A function that reads an array from where its elements begin to the end of a record; `undefined` for what is no array. */
  readRest(value: ValueModel): Expression | undefined {
    switch (value.kind) {
      case "array":
        return pureCall(this.imports.value("elements"), this.codec(value.element, true));
      case "string":
        return this.imports.value("readCString");
      case "bytes":
        return this.imports.value("readBytes");
      default:
        return undefined;
    }
  }

  /** Statement that writes a member of `value`. */
  writeField({ property, bitfield, offset, value }: FieldModel): Expression {
    const from = `value.${property}`;
    const field = stringLiteral(property);
    const at = place(offset);
    if (bitfield !== undefined) return this.#writeBitfield(bitfield, at, from, field);
    switch (value.kind) {
      case "int":
      case "enum": {
        if (value.kind === "int" && value.checked === true) {
          const write = this.imports.value(value.signed ? "writeI64AsNumber" : "writeU64AsNumber");
          return call(write, "view", at, from, this.#order, field);
        }
        const check = this.imports.value(`check${value.signed ? "I" : "U"}${bits(value.size)}`);
        return this.#set(intAccess(value), at, call(check, from, field), value.size, this.#orderOf(value));
      }
      case "bool":
        return call("view.setUint8", at, `${this.imports.value("checkBool")}(${from}, ${field}) ? 1 : 0`);
      case "float": {
        const check = this.imports.value(value.size === 4 ? "checkF32" : "checkF64");
        return this.#set(`Float${value.size * 8}`, at, call(check, from, field), value.size);
      }
      case "pointer":
        return this.#set("BigUint64", at, call(this.imports.value("checkU64"), from, field), 8);
      case "string":
        return call(this.imports.value("writeCString"), "view", at, String(value.size), from, field);
      case "bytes":
        return call(this.imports.value("writeBytes"), "view", at, String(value.size), from, field);
      case "tagged":
        return call(`${value.union}.write`, "view", at, from, `value.${value.tag}`, field);
      case "array":
      case "composite":
      case "address":
        return call(this.imports.value("writeField"), this.codec(value, false), "view", at, from, field);
    }
  }

  /** Statement that writes zeros. */
  writeZeros(offset: number, length: number): Expression {
    const at = place(offset);
    if (length === 1 || length === 2 || length === 4) return call(`view.setUint${length * 8}`, at, "0");
    return call(this.imports.value("zeroFill"), "view", at, String(length));
  }

  #read(value: ValueModel, offset: number): Expression {
    const at = place(offset);
    switch (value.kind) {
      case "int":
      case "enum":
        return this.#get(intAccess(value), at, value.size, this.#orderOf(value));
      case "bool":
        return `view.getUint8(${at}) !== 0`;
      case "float":
        return this.#get(`Float${value.size * 8}`, at, value.size);
      case "pointer":
        return call(this.imports.value("toPointer"), this.#get("BigUint64", at, 8));
      case "string":
        return call(this.imports.value("readCString"), "view", at, String(value.size));
      case "bytes":
        return call(this.imports.value("readBytes"), "view", at, String(value.size));
      case "array": {
        const { element, length, codec } = value;
        if (length > UNROLLED || !isScalar(element) || canFail(element)) return call(`${codec}.read`, "view", at);
        return list(Array.from({ length }, (_, index) => this.#read(element, offset + index * element.size)));
      }
      case "composite":
        return call(`${value.alias ?? value.composite}.read`, "view", at);
      case "tagged":
        throw new Error("a tagged union is read with its tag");
      case "address":
        return call(`${value.alias ?? this.imports.value(value.codec)}.read`, "view", at);
    }
  }

  /** One load, a shift and a mask where the bits lie in an integer that is wholly inside the struct. */
  #readBitfield(bitfield: BitfieldModel, offset: number, size: number): Expression {
    const { bitOffset, bits: width, signed, value } = bitfield;
    const at = place(offset);
    if (value === "bigint")
      return call(
        this.imports.value("readBits64"),
        "view",
        at,
        String(bitOffset),
        String(width),
        String(signed),
        this.#order,
      );
    // Where the bits lie in an integer depends on the byte order.
    const bytes =
      this.byteOrder === "host"
        ? undefined
        : [1, 2, 4].find((bytes) => bitOffset + width <= bytes * 8 && offset + bytes <= size);
    if (bytes === undefined) {
      const read = this.imports.value(signed && value === "number" ? "readSignedBits" : "readBits");
      const code = `${read}(view, ${at}, ${bitOffset}, ${width}, ${this.#order})`;
      return value === "boolean" ? `${code} !== 0` : code;
    }
    const unit = bytes * 8;
    const shift = this.byteOrder === "little" ? bitOffset : unit - bitOffset - width;
    if (signed && value === "number") {
      if (width === unit) return this.#get(`Int${unit}`, at, bytes);
      const load = this.#get(`Uint${unit}`, at, bytes);
      const left = 32 - shift - width;
      return left === 0 ? `${load} >> ${32 - width}` : `(${load} << ${left}) >> ${32 - width}`;
    }
    const load = this.#get(`Uint${unit}`, at, bytes);
    if (value === "boolean") return `(${load} & ${hex(2 ** (shift + width) - 2 ** shift)}) !== 0`;
    const shifted = shift === 0 ? load : `${load} ${unit === 32 ? ">>>" : ">>"} ${shift}`;
    if (shift + width === unit) return shifted;
    return `${shift === 0 ? shifted : `(${shifted})`} & ${hex(2 ** width - 1)}`;
  }

  #writeBitfield(bitfield: BitfieldModel, at: string, from: string, field: string): Expression {
    const { bitOffset, bits: width, signed, value } = bitfield;
    const checked = value === "boolean" ? `${this.imports.value("checkBool")}(${from}, ${field}) ? 1 : 0` : from;
    const write = this.imports.value(value === "bigint" ? "writeBits64" : "writeBits");
    const sign = String(signed && value !== "boolean");
    const numbers = ["view", at, String(bitOffset), String(width), sign];
    return call(write, ...numbers, checked, this.#order, field);
  }

  /** @param order asked for only where there is more than one byte, since that may import it */
  #get(access: string, at: string, size: number, order?: string): string {
    return `view.get${access}(${at}${size === 1 ? "" : `, ${order ?? this.#order}`})`;
  }

  #set(access: string, at: string, value: Expression, size: number, order?: string): Expression {
    return call(`view.set${access}`, at, value, ...(size === 1 ? [] : [order ?? this.#order]));
  }

  #orderOf(value: ValueModel): string | undefined {
    return value.kind === "int" && value.order === "big" ? "false" : undefined;
  }

  #integer({ size, signed, checked, order }: ValueModel & { readonly kind: "int" }, pure: boolean): Expression {
    const letter = signed ? "i" : "u";
    if (checked === true) return this.#ordered(`${letter}64AsNumber`, `${letter}64AsNumberBe`, pure);
    // The table of runtime names has each of them.
    if (order === "big") return this.imports.value(`${letter}${size * 8}be` as RuntimeName);
    return this.#scalar(letter, size, pure);
  }

  #scalar(letter: "i" | "u" | "f", size: number, pure: boolean): Expression {
    // The table of runtime names has each of them.
    const name = `${letter}${size * 8}` as RuntimeName;
    return size === 1 ? this.imports.value(name) : this.#ordered(name, `${name}be` as RuntimeName, pure);
  }

  #ordered(little: RuntimeName, big: RuntimeName, pure: boolean): Expression {
    if (this.byteOrder !== "host") return this.imports.value(this.byteOrder === "little" ? little : big);
    const make = pure ? pureCall : call;
    return make(this.imports.value("hostOrder"), this.imports.value(little), this.imports.value(big));
  }
}

function isRuntimeValue(name: string): name is (typeof valueNames)[number] {
  return (valueNames as readonly string[]).includes(name);
}

function isBig({ size, checked }: ValueModel & { readonly kind: "int" }): boolean {
  return size === 8 && checked !== true;
}

function isScalar(value: ValueModel): boolean {
  return ["int", "enum", "bool", "float", "pointer"].includes(value.kind);
}

function intAccess({ size, signed }: { readonly size: number; readonly signed: boolean }): string {
  return `${size === 8 ? "Big" : ""}${signed ? "Int" : "Uint"}${size * 8}`;
}

function bits(size: number): 8 | 16 | 32 | 64 {
  return size === 1 ? 8 : size === 2 ? 16 : size === 4 ? 32 : 64;
}

function place(offset: number): string {
  return offset === 0 ? "at" : `at + ${offset}`;
}

function hex(value: number): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}

import type { Btf } from "../btf/btf.ts";
import type { TypeId } from "../btf/types.ts";
import { bitfieldCodec } from "./bitfield.ts";
import { bytes, readBytes, zeroFill } from "./bytes.ts";
import { checkObject } from "./check.ts";
import { within } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { array, readField, writeField } from "./composite.ts";
import { cstring, readCString } from "./cstring.ts";
import { elements } from "./flexible.ts";
import type { FlexibleMember } from "./flexible.ts";
import { codecs } from "./scalar.ts";
import type { ScalarCodecs } from "./scalar.ts";
import { fieldsOf, gapsOf, isAnonymous, shapeOf } from "./shape.ts";
import type { CompositeShape, MemberShape, TypeShape } from "./shape.ts";
import { fieldValue, writeUnion } from "./union.ts";
import type { UnionMember } from "./union.ts";

/** How values look where there is a choice. */
export interface CodecOptions {
  /** 64-bit integers as bigint (default), or as numbers: reading one beyond ±(2⁵³ − 1) then throws. Enums and pointers stay bigint. */
  readonly int64?: "bigint" | "number";
  /** `char[N]` as string (default), or all N bytes. */
  readonly chars?: "string" | "bytes";
}

const made = new WeakMap<Btf, Map<string, Codec<unknown>>>();

/**
 * The codec of a type, compiled once to closures: the same codec for the same type, BTF and options. Values are as
 * `shape.ts` says, so as in generated code.
 *
 * @throws ObjectFormatError when the type contradicts itself.
 */
export function codecFromBtf(btf: Btf, typeId: TypeId, options: CodecOptions = {}): Codec<unknown> {
  let ofBtf = made.get(btf);
  if (ofBtf === undefined) made.set(btf, (ofBtf = new Map()));
  const key = `${typeId} ${options.int64 ?? "bigint"} ${options.chars ?? "string"}`;
  let codec = ofBtf.get(key);
  if (codec === undefined) {
    codec = new Compiler(btf.littleEndian, options).codec(shapeOf(btf, typeId));
    ofBtf.set(key, codec);
  }
  return codec;
}

class Compiler {
  readonly #littleEndian: boolean;
  readonly #scalars: ScalarCodecs;
  readonly #options: CodecOptions;
  /** Shapes are shared between the types that use them; so are their codecs. */
  readonly #done = new Map<TypeShape, Codec<unknown>>();

  constructor(littleEndian: boolean, options: CodecOptions) {
    this.#littleEndian = littleEndian;
    this.#scalars = codecs(littleEndian);
    this.#options = options;
  }

  codec(shape: TypeShape): Codec<unknown> {
    let codec = this.#done.get(shape);
    if (codec === undefined) {
      codec = this.#compile(shape);
      this.#done.set(shape, codec);
    }
    return codec;
  }

  #compile(shape: TypeShape): Codec<unknown> {
    const { typeName, size, align } = shape;
    switch (shape.kind) {
      case "int":
        return named(typeName, this.#integer(shape.size, shape.signed, this.#options.int64 === "number"));
      case "enum":
        return named(typeName, this.#integer(shape.size, shape.signed, false));
      case "bool":
        return named(typeName, this.#scalars.bool);
      case "float":
        return named(typeName, shape.size === 4 ? this.#scalars.f32 : this.#scalars.f64);
      case "pointer":
        return named(typeName, this.#scalars.pointer);
      case "string":
        return this.#options.chars === "bytes" ? bytes(size, typeName) : cstring(size, typeName);
      case "bytes":
      case "opaque":
        return bytes(size, typeName, align);
      case "array":
        return array(this.codec(shape.element), shape.length, typeName);
      case "struct":
        return this.#struct(shape);
      case "union":
        return this.#union(shape);
    }
  }

  #integer(size: 1 | 2 | 4 | 8, signed: boolean, int64AsNumber: boolean): Codec<number> | Codec<bigint> {
    const { u8, u16, u32, u64, i8, i16, i32, i64, u64AsNumber, i64AsNumber } = this.#scalars;
    switch (size) {
      case 1:
        return signed ? i8 : u8;
      case 2:
        return signed ? i16 : u16;
      case 4:
        return signed ? i32 : u32;
      case 8:
        if (int64AsNumber) return signed ? i64AsNumber : u64AsNumber;
        return signed ? i64 : u64;
    }
  }

  #struct(shape: CompositeShape): Codec<unknown> {
    const { typeName, size, align } = shape;
    const gaps = gapsOf(shape);
    const members = shape.members.map((member) => ({
      name: member.name,
      anonymous: isAnonymous(member),
      offset: member.offset,
      codec: this.#member(member),
    }));
    const read = this.#reader(shape);
    const rest = this.#flexibleMember(shape);
    return {
      name: typeName,
      size,
      align,
      read,
      ...(rest === undefined
        ? {}
        : {
            readRecord: (view: DataView, offset: number, length: number) => ({
              ...read(view, offset),
              [rest.name]: rest.read(view, offset + rest.offset, Math.max(0, length - rest.offset)),
            }),
          }),
      write(view, offset, value) {
        const object = checkObject(value, typeName);
        for (const gap of gaps) zeroFill(view, offset + gap.offset, gap.length);
        for (const { name, anonymous, offset: at, codec } of members) {
          if (anonymous) codec.write(view, offset + at, object);
          else writeField(codec, view, offset + at, fieldValue(object, name), name);
        }
      },
    };
  }

  #flexibleMember({ members }: CompositeShape): FlexibleMember | undefined {
    const last = members.at(-1);
    if (last === undefined || last.name === "" || last.shape.size > 0) return undefined;
    const { name, offset, shape } = last;
    if (shape.kind === "array") return { name, offset, read: elements(this.codec(shape.element)) };
    if (shape.kind === "bytes") return { name, offset, read: readBytes };
    if (shape.kind !== "string") return undefined;
    return { name, offset, read: this.#options.chars === "bytes" ? readBytes : readCString };
  }

  #union(shape: CompositeShape): Codec<unknown> {
    const { typeName, size, align } = shape;
    const members: UnionMember[] = shape.members.map((member) => ({
      name: member.name,
      fields: isAnonymous(member) ? fieldsOf(member.shape).map(({ name }) => name) : [member.name],
      codec: this.#member(member),
    }));
    return {
      name: typeName,
      size,
      align,
      read: this.#reader(shape),
      write: (view, offset, value) => writeUnion(view, offset, size, typeName, members, value),
    };
  }

  #member(member: MemberShape): Codec<unknown> {
    if (member.bitfield === undefined) return this.codec(member.shape);
    return bitfieldCodec(member.bitfield, this.#littleEndian, member.shape.typeName);
  }

  #reader(shape: CompositeShape): (view: DataView, offset: number) => object {
    const fields = fieldsOf(shape).map((field) => ({
      name: field.name,
      offset: field.offset,
      codec: this.#member(field),
    }));
    // Assigning to `__proto__` would set the prototype instead.
    if (fields.some(({ name }) => name === "__proto__"))
      return (view, offset) =>
        Object.defineProperties(
          {},
          Object.fromEntries(
            fields.map(({ name, offset: at, codec }) => [
              name,
              {
                value: readField(codec, view, offset + at, name),
                writable: true,
                enumerable: true,
                configurable: true,
              },
            ]),
          ),
        );
    return (view, offset) => {
      const object: Record<string, unknown> = {};
      let name = "";
      try {
        for (const field of fields) {
          name = field.name;
          object[name] = field.codec.read(view, offset + field.offset);
        }
      } catch (error) {
        throw within(name, error);
      }
      return object;
    };
  }
}

function named(name: string, codec: Codec<unknown>): Codec<unknown> {
  return { ...codec, name };
}

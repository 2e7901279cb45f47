import type { BitfieldModel, FieldModel, TaggedModel, ValueModel } from "../model/object-model.ts";
import { Companion, exportedTypes, lowerFirst } from "./companion.ts";
import type { CompanionSubject, PrintedCompanion } from "./companion.ts";
import { writeDoc } from "./doc.ts";
import { braces, call, list, prefixed, suffixed, writeAssigned } from "./layout.ts";
import type { Code, Expression } from "./layout.ts";
import { codeInComment } from "./literal.ts";

/** Schemas of C's scalars, declared where they are used. */
const scalars = {
  u8: "z.int().min(0).max(255)",
  u16: "z.int().min(0).max(65535)",
  u32: "z.int().min(0).max(4294967295)",
  u64: "z.bigint().min(0n).max(18446744073709551615n)",
  i8: "z.int().min(-128).max(127)",
  i16: "z.int().min(-32768).max(32767)",
  i32: "z.int().min(-2147483648).max(2147483647)",
  i64: "z.bigint().min(-9223372036854775808n).max(9223372036854775807n)",
  u64AsNumber: "z.int().min(0)",
  i64AsNumber: "z.int()",
  float: 'z.custom<number>((value) => typeof value === "number", "expected a number")',
  pointer: "z.bigint().min(0n).max(18446744073709551615n) as z.ZodType<bigint> as z.ZodType<Pointer>",
  ipv4: "z.ipv4() as z.ZodType<string> as z.ZodType<Ipv4>",
  ipv6: "z.ipv6() as z.ZodType<string> as z.ZodType<Ipv6>",
  mac: "z\n  .string()\n  .regex(/^[0-9a-f]{2}([:-])[0-9a-f]{2}(\\1[0-9a-f]{2}){4}$/i) as z.ZodType<string> as z.ZodType<Mac>",
} as const;
type Scalar = keyof typeof scalars;

const functions = {
  bytes: `function bytes(length: number): z.ZodType<Uint8Array> {
  return z.instanceof(Uint8Array).refine((value) => value.length === length, \`expected \${length} bytes\`);
}
`,
  text: `function text(size: number): z.ZodType<string> {
  const fits = (value: string): boolean =>
    value === "" || (!value.includes("\\0") && new TextEncoder().encode(value).length < size);
  return z.string().refine(fits, \`expected less than \${size} bytes of UTF-8\`);
}
`,
} as const;
type Helper = keyof typeof functions;

/** A module with a zod schema for every type of another: what its codecs take. */
export function emitZod(subject: CompanionSubject, generator: string, specifier: string): PrintedCompanion {
  return new ZodPrinter(subject).print(generator, specifier);
}

class ZodPrinter {
  readonly #module: Companion;
  readonly #used = new Set<Scalar>();
  readonly #helpers = new Set<Helper>();
  readonly #runtimeTypes = new Set<string>();

  constructor(subject: CompanionSubject) {
    this.#module = new Companion(subject, [
      "z",
      "Ipv4",
      "Ipv6",
      "Mac",
      "Pointer",
      ...Object.keys(scalars),
      ...Object.keys(functions),
    ]);
  }

  print(generator: string, specifier: string): PrintedCompanion {
    const types = exportedTypes(this.#module.subject);
    for (const type of types) {
      const { body } = this.#module;
      const name = this.#schemaName(type.identifier);
      const schema = this.#typeSchema(type);
      writeDoc(body, `What {@link ${this.#module.type(type.identifier)}} is: ${codeInComment(this.#cName(type))}.`);
      writeAssigned(body, `export const ${name}: z.ZodType<${type.identifier}> =`, schema);
      body.blankLine();
    }
    const imports = types.length === 0 ? [] : ['import { z } from "zod";'];
    const runtimeTypes = [...this.#runtimeTypes].sort().join(", ");
    if (runtimeTypes !== "") imports.unshift(`import type { ${runtimeTypes} } from "bpf-loader/codegen-runtime/v1";`);
    const constants = Object.entries(scalars).flatMap(([name, schema]) =>
      // The keys of the table.
      this.#used.has(name as Scalar) ? [declaration(name, schema)] : [],
    );
    const helpers = [...this.#helpers].sort().map((name) => functions[name]);
    const empty = this.#module.isEmpty ? "export {};\n" : "";
    const start = [constants.join(""), ...helpers, empty].filter((part) => part !== "").join("\n");
    return { code: this.#module.print(generator, imports, specifier, start), names: this.#module.names };
  }

  #cName(type: ReturnType<typeof exportedTypes>[number]): string {
    return type.kind === "alias" || type.kind === "tagged" ? type.declaration : type.cName;
  }

  #typeSchema(type: ReturnType<typeof exportedTypes>[number]): Expression {
    switch (type.kind) {
      case "struct":
      case "union":
        return objectSchema(type.fields.map((field) => prefixed(`${field.property}: `, this.#field(field))));
      case "enum":
        return this.#scalar(`${type.signed ? "i" : "u"}${(type.size * 8) as 8 | 16 | 32 | 64}`);
      case "alias":
        return this.#value(type.value, type.identifier);
      case "tagged":
        return this.#tagged(type);
    }
  }

  /** zod takes a property that may be undefined for one that may be missing. */
  #tagged({ identifier, tag, bytes, cases, size, wide }: TaggedModel): Expression {
    const forms = cases.map(({ value, property, member }) =>
      objectSchema([`${tag}: z.literal(${value}${wide ? "n" : ""})`, prefixed(`${property}: `, this.#value(member))]),
    );
    forms.push(objectSchema([`${tag}: z.undefined()`, `${bytes}: ${this.#call("bytes", size)}`]));
    return { ...list(forms), open: "z.union([", close: `]) as z.ZodType<${identifier}>`, broken: true };
  }

  #field({ bitfield, value }: FieldModel): Expression {
    return bitfield === undefined ? this.#value(value) : this.#bitfield(bitfield);
  }

  #bitfield({ bits, signed, value }: BitfieldModel): string {
    if (value === "boolean") return "z.boolean()";
    const half = 1n << BigInt(bits - 1);
    const [min, max] = signed ? [-half, half - 1n] : [0n, half * 2n - 1n];
    return value === "bigint" ? `z.bigint().min(${min}n).max(${max}n)` : `z.int().min(${min}).max(${max})`;
  }

  /** @param except the alias that this is the schema of */
  #value(value: ValueModel, except?: string): Expression {
    if (value.alias !== undefined && value.alias !== except) return this.#schemaName(value.alias);
    switch (value.kind) {
      case "int": {
        const { size, signed, checked } = value;
        const letter = signed ? "i" : "u";
        return this.#scalar(checked === true ? `${letter}64AsNumber` : `${letter}${(size * 8) as 8 | 16 | 32 | 64}`);
      }
      case "enum":
        return this.#schemaName(value.enumeration);
      case "bool":
        return "z.boolean()";
      case "float":
        return this.#scalar("float");
      case "pointer":
        this.#runtimeTypes.add("Pointer");
        return this.#scalar("pointer");
      case "string":
        // What a flexible array has depends on the record.
        return value.size === 0 ? "z.string()" : this.#call("text", value.size);
      case "bytes":
        return value.size === 0 ? "z.instanceof(Uint8Array)" : this.#call("bytes", value.size);
      case "array": {
        const elements = call("z.array", this.#value(value.element));
        return value.length === 0 ? elements : suffixed(elements, `.length(${value.length})`);
      }
      case "composite":
        return this.#schemaName(value.composite);
      case "tagged":
        return this.#schemaName(value.union);
      case "address":
        this.#runtimeTypes.add(value.codec);
        return this.#scalar(({ Ipv4: "ipv4", Ipv6: "ipv6", Mac: "mac" } as const)[value.codec]);
    }
  }

  #scalar(name: Scalar): string {
    this.#used.add(name);
    return name;
  }

  #call(name: Helper, size: number): string {
    this.#helpers.add(name);
    return `${name}(${size})`;
  }

  #schemaName(identifier: string): string {
    return this.#module.name(identifier, (name) => `${lowerFirst(name)}Schema`);
  }
}

function objectSchema(properties: readonly Code[]): Expression {
  const open = braces(properties, { broken: properties.length > 0 });
  return { ...open, open: "z.object({", close: "})" };
}

function declaration(name: string, schema: string): string {
  return `const ${name} = ${schema};\n`;
}

import type { CompositeModel, FieldModel, TaggedModel, ValueModel } from "../model/object-model.ts";
import { companionNames } from "../model/runtime-names.ts";
import type { CompanionName } from "../model/runtime-names.ts";
import { Companion, exportedTypes, lowerFirst } from "./companion.ts";
import type { CompanionSubject, PrintedCompanion } from "./companion.ts";
import { writeDoc } from "./doc.ts";
import { call, prefixed, writeCode } from "./layout.ts";
import type { Expression } from "./layout.ts";
import { codeInComment } from "./literal.ts";
import { writeForms } from "./types.ts";

/** What is made of values that JSON has no form for. Pointers are hexadecimal text. */
export interface JsonForms {
  /** Of 64-bit integers: text, or a number where that is exact and else text. Default `"string"`. */
  readonly bigints?: "string" | "number" | undefined;
  /** Of bytes. Default `"base64"`. */
  readonly bytes?: "base64" | "hex" | undefined;
}

/** A module with a function for every struct and union of another that makes JSON of its values. */
export function emitJson(
  subject: CompanionSubject,
  forms: JsonForms,
  generator: string,
  specifier: string,
): PrintedCompanion {
  return new JsonPrinter(subject, forms).print(generator, specifier);
}

class JsonPrinter {
  readonly #module: Companion;
  readonly #forms: JsonForms;
  readonly #runtime = new Set<CompanionName>();

  constructor(subject: CompanionSubject, forms: JsonForms) {
    this.#module = new Companion(subject, [...companionNames, "String", "value", "values"]);
    this.#forms = forms;
  }

  print(generator: string, specifier: string): PrintedCompanion {
    for (const type of exportedTypes(this.#module.subject)) {
      if (type.kind === "enum" || type.kind === "alias") continue;
      if (type.kind === "tagged") this.#writeTagged(type);
      else this.#writeComposite(type);
    }
    const names = [...this.#runtime].sort().join(", ");
    const imports = names === "" ? [] : [`import { ${names} } from "bpf-loader/codegen-runtime/v1";`];
    const start = this.#module.isEmpty ? "export {};\n" : "";
    return { code: this.#module.print(generator, imports, specifier, start), names: this.#module.names };
  }

  #writeComposite({ identifier, cName, fields }: CompositeModel): void {
    const { body } = this.#module;
    const json = this.#typeName(identifier);
    writeDoc(body, `{@link ${this.#module.type(identifier)}} in JSON: ${codeInComment(cName)}.`);
    if (fields.length === 0) body.writeLine(`export interface ${json} {}`);
    else {
      body.writeLine(`export interface ${json} {`);
      body.indent(() => {
        for (const field of fields) body.writeLine(`${field.property}: ${this.#fieldType(field)};`);
      });
      body.writeLine("}");
    }
    body.blankLine();
    writeDoc(body, `Makes JSON of {@link ${identifier}}.`);
    if (fields.length === 0) {
      this.#writeHead(identifier, "_value");
      body.indent(() => body.writeLine("return {};"));
    } else {
      this.#writeHead(identifier, "value");
      body.indent(() => {
        body.writeLine("return {");
        body.indent(() => {
          for (const field of fields)
            writeCode(body, prefixed(`${field.property}: `, this.#field(field, `value.${field.property}`)), ",");
        });
        body.writeLine("};");
      });
    }
    body.writeLine("}").blankLine();
  }

  #writeHead(identifier: string, parameter: string): void {
    const { open, items, close } = call(this.#functionName(identifier), `${parameter}: ${identifier}`);
    const json = this.#typeName(identifier);
    writeCode(
      this.#module.body,
      { open: `export function ${open}`, items, close: `${close}: ${json}`, padding: "" },
      " {",
    );
  }

  /** A tag that means no member is null: JSON would leave it out. */
  #writeTagged({ identifier, declaration, tag, bytes, wide, cases }: TaggedModel): void {
    const { body } = this.#module;
    const json = this.#typeName(identifier);
    const tagType = wide ? this.#bigintType : "number";
    const members = [...new Map(cases.map(({ property, member }) => [property, member]))];
    writeDoc(body, `{@link ${this.#module.type(identifier)}} in JSON: ${codeInComment(declaration)}.`);
    const forms = members.map(([property, member]) => [`${tag}: ${tagType}`, `${property}: ${this.#type(member)}`]);
    writeForms(body, `export type ${json}`, [...forms, [`${tag}: null`, `${bytes}: string`]]);
    body.blankLine();
    writeDoc(body, `Makes JSON of {@link ${identifier}}.`);
    this.#writeHead(identifier, "value");
    body.indent(() => {
      body.writeLine(`switch (value.${tag}) {`);
      body.indent(() => {
        for (const [property, member] of members) {
          for (const one of cases)
            if (one.property === property) body.writeLine(`case ${one.value}${wide ? "n" : ""}:`);
          body.indent(() => {
            body.writeLine("return {");
            body.indent(() => {
              body.writeLine(`${tag}: ${wide ? `${this.#bigint}(value.${tag})` : `value.${tag}`},`);
              writeCode(body, prefixed(`${property}: `, this.#value(member, `value.${property}`)), ",");
            });
            body.writeLine("};");
          });
        }
        body.writeLine("default:");
        body.indent(() => body.writeLine(`return { ${tag}: null, ${bytes}: ${this.#bytes}(value.${bytes}) };`));
      });
      body.writeLine("}");
    });
    body.writeLine("}").blankLine();
  }

  #fieldType({ bitfield, value }: FieldModel): string {
    if (bitfield === undefined) return this.#type(value);
    return bitfield.value === "bigint" ? this.#bigintType : bitfield.value;
  }

  #type(value: ValueModel): string {
    switch (value.kind) {
      case "int":
      case "enum":
        return isBig(value) ? this.#bigintType : "number";
      case "bool":
        return "boolean";
      case "float":
        return "number";
      case "array": {
        const element = this.#type(value.element);
        return element.includes(" ") ? `(${element})[]` : `${element}[]`;
      }
      case "composite":
        return this.#typeName(value.composite);
      case "tagged":
        return this.#typeName(value.union);
      case "string":
      case "bytes":
      case "pointer":
      case "address":
        return "string";
    }
  }

  #field({ bitfield, value }: FieldModel, from: string): Expression {
    if (bitfield === undefined) return this.#value(value, from);
    return bitfield.value === "bigint" ? call(this.#bigint, from) : from;
  }

  #value(value: ValueModel, from: string): Expression {
    const convert = value.kind === "array" ? this.#converter(value.element) : this.#converter(value);
    if (convert === undefined) return from;
    return value.kind === "array" ? call(`${from}.map`, convert) : call(convert, from);
  }

  /** A function of one value; `undefined` for what JSON has. */
  #converter(value: ValueModel): string | undefined {
    switch (value.kind) {
      case "int":
      case "enum":
        return isBig(value) ? this.#bigint : undefined;
      case "pointer":
        return this.#import("pointerToHex");
      case "bytes":
        return this.#bytes;
      case "array": {
        const element = this.#converter(value.element);
        return element === undefined ? undefined : `(values) => values.map(${element})`;
      }
      case "composite":
        return this.#functionName(value.composite);
      case "tagged":
        return this.#functionName(value.union);
      default:
        return undefined;
    }
  }

  get #bigintType(): string {
    return this.#forms.bigints === "number" ? "number | string" : "string";
  }

  get #bigint(): string {
    return this.#forms.bigints === "number" ? this.#import("bigintToJson") : "String";
  }

  get #bytes(): string {
    return this.#import(this.#forms.bytes === "hex" ? "bytesToHex" : "bytesToBase64");
  }

  #import(name: CompanionName): string {
    this.#runtime.add(name);
    return name;
  }

  #typeName(identifier: string): string {
    return this.#module.name(identifier, (name) => `${name}Json`, true);
  }

  #functionName(identifier: string): string {
    return this.#module.name(identifier, (name) => `${lowerFirst(name)}ToJson`);
  }
}

/** Whether the value is a bigint. */
function isBig(value: ValueModel & { readonly kind: "int" | "enum" }): boolean {
  return value.size === 8 && !(value.kind === "int" && value.checked === true);
}

import type CodeBlockWriter from "code-block-writer";
import type {
  AliasModel,
  ArrayModel,
  BrandModel,
  CompositeModel,
  EnumModel,
  FieldModel,
  TaggedModel,
  TypeModel,
  UnionMemberModel,
} from "../model/object-model.ts";
import { bytes, writeDoc } from "./doc.ts";
import {
  braces,
  call,
  list,
  prefixed,
  pureCall,
  suffixed,
  writeAssigned,
  writeAssignment,
  writeCode,
} from "./layout.ts";
import type { Code, Expression } from "./layout.ts";
import { codeInComment, propertyAccess, propertyKey, stringLiteral } from "./literal.ts";
import type { ValueCode } from "./value-code.ts";

/** Columns of a form of a union, in a line of its own. */
const LONGEST_FORM = 116;

/** Prints the declarations of a type, and a blank line; not behind an array's, so that those of a struct stay together. */
export function writeType(writer: CodeBlockWriter, code: ValueCode, type: TypeModel): void {
  switch (type.kind) {
    case "struct":
    case "union":
      if (type.exported) writeInterface(writer, code, type);
      writeCompositeCodec(writer, code, type);
      break;
    case "enum":
      writeEnum(writer, code, type);
      break;
    case "alias":
      writeAlias(writer, code, type);
      break;
    case "brand":
      writeBrand(writer, code, type);
      break;
    case "tagged":
      writeTagged(writer, code, type);
      break;
    case "array":
      writeArray(writer, code, type);
      return;
  }
}

function writeInterface(writer: CodeBlockWriter, code: ValueCode, type: CompositeModel): void {
  const part =
    type.partOfKernel === true ? " Of the kernel that it was generated with, and of that these members only." : "";
  writeDoc(writer, `${codeInComment(type.cName)}, ${bytes(type.size)}.${part}`);
  if (type.fields.length === 0) {
    writer.writeLine(`export interface ${type.identifier} {}`).blankLine();
    return;
  }
  writer.writeLine(`export interface ${type.identifier} {`);
  writer.indent(() => {
    for (const field of type.fields) {
      writeDoc(writer, `${codeInComment(field.declaration)} at ${position(field)}.`);
      writer.writeLine(`${field.property}: ${code.fieldType(field)};`);
    }
  });
  writer.writeLine("}").blankLine();
}

function position({ offset, bitfield }: FieldModel): string {
  return bitfield === undefined ? String(offset) : `${offset}, bit ${bitfield.bitOffset}`;
}

function writeCompositeCodec(writer: CodeBlockWriter, code: ValueCode, type: CompositeModel): void {
  const { kind, identifier, exported, cName, size, align, fields, steps } = type;
  const hasUnion = kind === "union" || steps.some((step) => step.kind === "union");
  const flexible = hasUnion ? undefined : flexibleMember(code, type);
  const make = code.imports.value(
    kind === "union" ? "union" : hasUnion ? "structWithUnions" : flexible === undefined ? "struct" : "flexibleStruct",
  );
  const codecType = exported ? `: ${code.imports.type(hasUnion ? "UnionCodec" : "Codec")}<${identifier}>` : "";
  const left = `${exported ? "export " : ""}const ${identifier}${codecType} =`;
  const head = `/* @__PURE__ */ ${make}(`;
  const shape = [stringLiteral(cName), String(size), String(align)];
  if (exported) writeDoc(writer, `Codec of ${codeInComment(cName)}.`);
  if (fields.length === 0 && steps.length === 0) {
    // Formatters give each of two functions a line.
    const isUnion = kind === "union";
    const items = [...shape, "() => ({})", isUnion ? "[]" : "() => {}"];
    writeAssigned(writer, left, { open: head, items, close: ")", padding: "", broken: !isUnion });
  } else {
    writeAssignment(writer, left, head, (lead) => {
      writer.writeLine(lead + head);
      writer.indent(() => {
        for (const item of shape) writer.writeLine(`${item},`);
        writeReader(writer, code, fields, size);
        if (kind === "union") writeMembers(writer, code, type.members);
        else writeWriter(writer, code, type);
        if (flexible !== undefined) writeCode(writer, flexible, ",");
      });
      writer.writeLine(");");
    });
  }
  writer.blankLine();
}

/** The array without a length that a struct ends with. */
function flexibleMember(code: ValueCode, { fields, size }: CompositeModel): Expression | undefined {
  const last = fields.at(-1);
  if (last === undefined || last.value.size > 0 || last.bitfield !== undefined || size === 0) return undefined;
  const { property, offset, value } = last;
  const read = code.readRest(value);
  if (read === undefined) return undefined;
  return braces([`name: ${stringLiteral(property)}`, `offset: ${offset}`, prefixed("read: ", read)]);
}

function writeReader(writer: CodeBlockWriter, code: ValueCode, fields: readonly FieldModel[], size: number): void {
  if (fields.length === 0) {
    writer.writeLine("() => ({}),");
    return;
  }
  writer.writeLine("(view, at) => ({");
  writer.indent(() => {
    for (const field of fields)
      writeCode(writer, prefixed(`${field.property}: `, code.readField(field, size, fields)), ",");
  });
  writer.writeLine("}),");
}

function writeWriter(writer: CodeBlockWriter, code: ValueCode, { fields, steps }: CompositeModel): void {
  if (steps.length === 0) {
    writer.writeLine("() => {},");
    return;
  }
  const usesValue = steps.some((step) => step.kind !== "zero");
  writer.writeLine(`(view, at${usesValue ? ", value" : ""}) => {`);
  writer.indent(() => {
    for (const step of steps) {
      const at = step.offset === 0 ? "at" : `at + ${step.offset}`;
      if (step.kind === "zero") writeCode(writer, code.writeZeros(step.offset, step.length), ";");
      else if (step.kind === "union") writeCode(writer, call(`${step.codec}.write`, "view", at, "value"), ";");
      else {
        const field = fields[step.field];
        if (field !== undefined) writeCode(writer, code.writeField(field), ";");
      }
    }
  });
  writer.writeLine("},");
}

function writeMembers(writer: CodeBlockWriter, code: ValueCode, members: readonly UnionMemberModel[]): void {
  const items = members.map((member): Code => {
    if (member.kind === "field") {
      const name = stringLiteral(member.field.property);
      return braces([`name: ${name}`, `fields: [${name}]`, prefixed("codec: ", code.fieldCodec(member.field))]);
    }
    const properties = member.properties.map(stringLiteral);
    return braces(['name: ""', prefixed("fields: ", list(properties)), `codec: ${member.codec}`]);
  });
  writeCode(writer, { ...list(items), broken: true }, ",");
}

function writeEnum(writer: CodeBlockWriter, code: ValueCode, { identifier, cName, size, constants }: EnumModel): void {
  const wide = size === 8;
  const unknown = code.imports.type(wide ? "UnknownEnum64" : "UnknownEnum");
  const items = constants.map(({ name, value }) => `${propertyKey(name)}: ${value}${wide ? "n" : ""}`);
  writeDoc(writer, `${codeInComment(cName)}, ${bytes(size)}.`);
  writeAssigned(writer, `export const ${identifier} =`, suffixed(braces(items), " as const"));
  writeDoc(writer, `One of {@link ${identifier}}, or another value: C allows any that fits.`);
  writeUnionType(writer, `export type ${identifier}`, [`(typeof ${identifier})[keyof typeof ${identifier}]`, unknown]);
  writer.blankLine();
}

function writeUnionType(writer: CodeBlockWriter, head: string, members: readonly string[]): void {
  const line = `${head} = ${members.join(" | ")};`;
  if (line.length <= 120) writer.writeLine(line);
  else {
    writer.writeLine(`${head} =`);
    writer.indent(() => {
      for (const [index, member] of members.entries())
        writer.writeLine(`| ${member}${index === members.length - 1 ? ";" : ""}`);
    });
  }
}

function writeAlias(
  writer: CodeBlockWriter,
  code: ValueCode,
  { identifier, declaration, size, value }: AliasModel,
): void {
  writeDoc(writer, `${codeInComment(declaration)}, ${bytes(size)}.`);
  writer.writeLine(`export type ${identifier} = ${code.type(value)};`);
  if (value.kind === "enum") {
    const constants = value.alias ?? value.enumeration;
    writeDoc(writer, `The constants of {@link ${value.enumeration}}.`);
    writeAssigned(writer, `export const ${identifier}: typeof ${constants} =`, constants);
  } else {
    writeDoc(writer, `Codec of ${codeInComment(declaration.replace(/^typedef /, ""))}.`);
    const left = `export const ${identifier}: ${code.imports.type("Codec")}<${identifier}> =`;
    writeAssigned(writer, left, code.codec(value, true));
  }
  writer.blankLine();
}

function writeTagged(writer: CodeBlockWriter, code: ValueCode, union: TaggedModel): void {
  const { identifier, declaration, cName, owner, size, align, tag, bytes: bytesName, enumeration, wide, cases } = union;
  const digits = (value: string): string => (wide ? `${value}n` : value);
  const forms = [...new Set(cases.map(({ property }) => property))].map((property) => {
    const own = cases.filter((other) => other.property === property);
    const literals = own.map(({ value, constant }) => {
      const named = enumeration !== undefined && constant !== undefined;
      return named ? `typeof ${enumeration}${propertyAccess(constant)}` : digits(value);
    });
    const [{ member } = { member: undefined }] = own;
    return [`${tag}: ${literals.join(" | ")}`, `${property}: ${member === undefined ? "never" : code.type(member)}`];
  });
  forms.push([`${tag}: undefined`, `${bytesName}: Uint8Array`]);
  writeDoc(
    writer,
    `${codeInComment(declaration)} of ${codeInComment(owner)}, ${bytes(size)}: what its \`${tag}\` means.`,
  );
  writeForms(writer, `export type ${identifier}`, forms);
  const items = cases.map(({ value, property, member }) =>
    braces([
      `tag: ${digits(value)}`,
      `name: ${stringLiteral(property)}`,
      prefixed("codec: ", code.codec(member, true)),
    ]),
  );
  const shape = [stringLiteral(cName), String(size), String(align)];
  const names = [stringLiteral(tag), stringLiteral(bytesName)];
  const make = pureCall(code.imports.value("taggedUnion"), ...shape, { ...list(items), broken: true }, ...names);
  writeDoc(writer, `Codec of ${codeInComment(declaration)}.`);
  writeAssigned(writer, `export const ${identifier}: ${code.imports.type("TaggedUnion")}<${identifier}> =`, make);
  writer.blankLine();
}

/** A type that is a union of object types, of which each that is too long for its line has its members a line each. */
export function writeForms(writer: CodeBlockWriter, head: string, forms: readonly (readonly string[])[]): void {
  const short = forms.map((members) => `{ ${members.join("; ")} }`);
  if (short.every((form) => form.length <= LONGEST_FORM)) {
    writeUnionType(writer, head, short);
    return;
  }
  writer.writeLine(`${head} =`);
  writer.indent(() => {
    for (const [index, members] of forms.entries()) {
      const end = index === forms.length - 1 ? ";" : "";
      const form = short[index] ?? "";
      if (form.length <= LONGEST_FORM - end.length) {
        writer.writeLine(`| ${form}${end}`);
        continue;
      }
      writer.writeLine("| {");
      writer.indent(() => {
        writer.indent(() => {
          for (const member of members) writer.writeLine(`${member};`);
        });
        writer.writeLine(`}${end}`);
      });
    }
  });
}

function writeBrand(writer: CodeBlockWriter, code: ValueCode, { identifier, base }: BrandModel): void {
  const type = base === "Pointer" ? code.imports.type(base) : base;
  writeDoc(writer, `A \`${base}\` of its own kind: plain ones can be given for it, those of another kind can't.`);
  writer.writeLine(`export type ${identifier} = ${code.imports.type("Brand")}<${type}, ${stringLiteral(identifier)}>;`);
  writer.blankLine();
}

function writeArray(writer: CodeBlockWriter, code: ValueCode, { identifier, element, length }: ArrayModel): void {
  const make = pureCall(code.imports.value("array"), code.codec(element, true), String(length));
  writeAssigned(writer, `const ${identifier} =`, make);
}

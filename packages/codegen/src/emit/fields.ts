import type CodeBlockWriter from "code-block-writer";
import type {
  MapModel,
  MapSideModel,
  ObjectModel,
  ProgramModel,
  ValueModel,
  VariableModel,
} from "../model/object-model.ts";
import { bytes, counted, writeDoc } from "./doc.ts";
import { braces, call, prefixed, writeAssignment, writeCode } from "./layout.ts";
import type { Code, Expression } from "./layout.ts";
import { codeInComment, inComment, stringLiteral } from "./literal.ts";
import type { RuntimeName } from "../model/runtime-names.ts";
import type { ValueCode } from "./value-code.ts";

/** One member of the fields' interface, and of the object's definition. */
interface Entry {
  readonly property: string;
  readonly optional?: boolean;
  readonly doc: string;
  readonly type: string;
  readonly definition: Expression;
}

/** Type of an object and what makes it: with its bytes, and without. */
const ATTACHED = ["BpfObject", "defineObject"] as const;
const DETACHED = ["DetachedObject", "defineDetachedObject"] as const;

/**
 * Prints the interface of everything in the object, and the object itself.
 *
 * @param bytes the property that gives the object's; `undefined` when the module does not know them
 */
export function writeObject(
  writer: CodeBlockWriter,
  code: ValueCode,
  model: ObjectModel,
  bytes: Code | undefined,
): void {
  const groups: readonly (readonly [string, readonly Entry[]])[] = [
    ["programs", model.programs.map((program) => programEntry(code, program))],
    ["maps", model.maps.map((map) => mapEntry(code, map))],
    ["constants", model.constants.map((constant) => variableEntry(code, constant, "ConstantTag", "constant"))],
    ["variables", model.variables.map((variable) => variableEntry(code, variable, "VariableTag", "variable"))],
  ];
  writeDoc(writer, `What is in {@link ${model.identifier}}, by name.`);
  writer.writeLine(`export interface ${model.fieldsIdentifier} {`);
  writer.indent(() => {
    for (const [name, entries] of groups) writeGroup(writer, name, entries);
  });
  writer.writeLine("}").blankLine();

  const { identifier, programs, maps, license } = model;
  const licence = license === "" ? "no license" : `license ${inComment(license)}`;
  const contents = `${counted(programs.length, "program")}, ${counted(maps.length, "map")}, ${licence}`;
  writeDoc(writer, `The object ${inComment(model.file)}: ${contents}.`);
  const [name, make] = bytes === undefined ? DETACHED : ATTACHED;
  const type = `${code.imports.type(name)}<${model.fieldsIdentifier}>`;
  const head = `/* @__PURE__ */ ${code.imports.value(make)}(() => ({`;
  writeAssignment(writer, `export const ${identifier}: ${type} =`, head, (lead) => {
    writer.writeLine(lead + head);
    writer.indent(() => {
      writer.writeLine(`name: ${stringLiteral(identifier)},`);
      for (const [name, entries] of groups) {
        const items = entries.map((entry) => prefixed(`${entry.property}: `, entry.definition));
        writeCode(writer, prefixed(`${name}: `, braces(items, { broken: true })), ",");
      }
      if (bytes !== undefined) writeCode(writer, bytes, ",");
    });
    writer.writeLine("}));");
  });
  writer.blankLine();
}

function writeGroup(writer: CodeBlockWriter, name: string, entries: readonly Entry[]): void {
  if (entries.length === 0) {
    writer.writeLine(`${name}: {};`);
    return;
  }
  writer.writeLine(`${name}: {`);
  writer.indent(() => {
    for (const { property, optional, doc, type } of entries) {
      writeDoc(writer, doc);
      writer.writeLine(`${property}${optional === true ? "?" : ""}: ${type};`);
    }
  });
  writer.writeLine("};");
}

function programEntry(code: ValueCode, program: ProgramModel): Entry {
  const { property, cName, sectionName, tag, instructions, autoload } = program;
  const size = counted(instructions, "instruction");
  return {
    property,
    optional: !autoload,
    doc: `${codeInComment(`SEC("${sectionName}") ${cName}`)}, ${size}.${autoload ? "" : " Loaded only when asked for."}`,
    type: code.imports.tag("type", tag.type),
    definition: call(code.imports.tag("value", tag.make), stringLiteral(cName)),
  };
}

function mapEntry(code: ValueCode, map: MapModel): Entry {
  const { property, cName, key, value } = map;
  const name = stringLiteral(cName);
  const doc = mapDoc(map);
  const entry = (tag: RuntimeName, make: RuntimeName, sides: readonly (MapSideModel | undefined)[]): Entry => {
    const values = sides.map((side) => side?.value ?? nothing);
    const types = values.map((side) => code.type(side)).join(", ");
    const codecs = values.map((side) => code.codec(side, false));
    const type = code.imports.type(tag);
    const definition = call(code.imports.value(make), name, ...codecs);
    return { property, doc, type: types === "" ? type : `${type}<${types}>`, definition };
  };
  switch (map.kind) {
    case "hash":
      return entry("HashMapTag", "hashMap", [key, value]);
    case "perCpuHash":
      return entry("PerCpuHashMapTag", "perCpuHashMap", [key, value]);
    case "array":
      return entry("ArrayMapTag", "arrayMap", [value]);
    case "perCpuArray":
      return entry("PerCpuArrayMapTag", "perCpuArrayMap", [value]);
    case "ringBuf": {
      if (value !== undefined) return entry("RingBufTag", "ringBuf", [value]);
      const type = `${code.imports.type("RingBufTag")}<Uint8Array>`;
      return { property, doc, type, definition: call(code.imports.value("ringBuf"), name) };
    }
    case "plain":
      return entry("PlainMapTag", "plainMap", []);
  }
}

/** Key or value of a map that has none: no bytes. */
const nothing: ValueModel = { kind: "bytes", size: 0, align: 1, cName: "" };

function mapDoc({ cName, kind, typeName, maxEntries, flags, pinned, key, value }: MapModel): string {
  const parts = [
    typeName,
    kind === "ringBuf" ? binarySize(maxEntries) : `${maxEntries} ${maxEntries === 1 ? "entry" : "entries"}`,
  ];
  if (kind === "ringBuf") {
    if (value !== undefined) parts.push(`records ${side(value)}`);
  } else {
    const sides = [
      ...(key === undefined || kind === "array" || kind === "perCpuArray" ? [] : [`key ${side(key)}`]),
      ...(value === undefined ? [] : [`value ${side(value)}`]),
    ];
    if (sides.length > 0) parts.push(sides.join(" → "));
  }
  parts.push(...flags);
  if (pinned) parts.push("pinned by name");
  return `${codeInComment(cName)}: ${parts.join(", ")}.`;
}

function side({ declaration, value }: MapSideModel): string {
  if (declaration === "") return bytes(value.size);
  return `${codeInComment(declaration)} (${bytes(value.size)})`;
}

function binarySize(count: number): string {
  if (count > 0 && count % 2 ** 20 === 0) return `${count / 2 ** 20} MiB`;
  if (count > 0 && count % 2 ** 10 === 0) return `${count / 2 ** 10} KiB`;
  return bytes(count);
}

function variableEntry(
  code: ValueCode,
  variable: VariableModel,
  tag: "ConstantTag" | "VariableTag",
  make: "constant" | "variable",
): Entry {
  const { property, cName, declaration, sectionName, initial, value } = variable;
  const declared = codeInComment(`${declaration}${initial === undefined ? "" : ` = ${initial}`}`);
  return {
    property,
    doc: `${declared} in ${inComment(sectionName)}.`,
    type: `${code.imports.type(tag)}<${code.type(value)}>`,
    definition: call(code.imports.value(make), stringLiteral(cName), code.codec(value, false)),
  };
}

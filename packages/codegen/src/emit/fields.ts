import type CodeBlockWriter from "code-block-writer";
import { mapKinds } from "../model/map-kinds.ts";
import type {
  MapKind,
  MapModel,
  MapSideModel,
  ObjectModel,
  ProgramModel,
  ValueModel,
  VariableModel,
} from "../model/object-model.ts";
import { bytes, counted, writeDoc } from "./doc.ts";
import { braces, call, fitsOnLine, list, prefixed, writeAssignment, writeCode } from "./layout.ts";
import type { Code, Expression } from "./layout.ts";
import { codeInComment, inComment, stringLiteral } from "./literal.ts";
import { structuresCode, structuresOf, writeStructureTypes } from "./struct-ops.ts";
import { writeUseTypes } from "./use-types.ts";
import type { ObjectRole } from "./use-types.ts";
import type { ValueCode } from "./value-code.ts";

/** One member of the fields' interface, and of the object's definition. */
interface Entry {
  readonly property: string;
  readonly optional?: boolean;
  readonly doc: string;
  readonly type: string;
  readonly definition: Expression;
}

/** Type of an object and what makes it. */
const makers = {
  object: ["BpfObject", "defineObject"],
  detached: ["DetachedObject", "defineDetachedObject"],
  library: ["BpfLibrary", "defineLibrary"],
} as const satisfies Record<ObjectRole, unknown>;

/**
 * Prints the interface of everything in the object, and the object itself.
 *
 * @param bytes the property that gives the object's; `undefined` when it is no `object`
 */
export function writeObject(
  writer: CodeBlockWriter,
  code: ValueCode,
  model: ObjectModel,
  role: ObjectRole,
  bytes: Code | undefined,
): void {
  const structures = structuresOf(model.maps);
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
    if (structures.length > 0) writeStructureTypes(writer, code, structures, model.programs);
  });
  writer.writeLine("}").blankLine();
  writeUseTypes(writer, code.imports, model, role);

  const { identifier, programs, maps, license } = model;
  const licence = license === "" ? "no license" : `license ${inComment(license)}`;
  const contents = `${counted(programs.length, "program")}, ${counted(maps.length, "map")}, ${licence}`;
  const what = role === "library" ? "What is linked into an object from" : "The object";
  writeDoc(writer, `${what} ${inComment(model.file)}: ${contents}.`);
  const [name, make] = makers[role];
  const type = `${code.imports.type(name)}<${model.fieldsIdentifier}>`;
  const left = `export const ${identifier}: ${type} =`;
  const opening = `/* @__PURE__ */ ${code.imports.value(make)}(`;
  const writeDefinition = (before: string, after: string): void => {
    writer.writeLine(`${before}() => ({`);
    writer.indent(() => {
      writer.writeLine(`name: ${stringLiteral(identifier)},`);
      for (const [name, entries] of groups) {
        const items = entries.map((entry) => prefixed(`${entry.property}: `, entry.definition));
        writeCode(writer, prefixed(`${name}: `, braces(items, { broken: true })), ",");
      }
      if (structures.length > 0)
        writeCode(writer, prefixed("structOps: ", structuresCode(code, structures, model.programs)), ",");
      if (role === "library") writeOptional(writer, groups);
      if (bytes !== undefined) writeCode(writer, bytes, ",");
    });
    writer.writeLine(`})${after}`);
  };
  if (fitsOnLine(writer, `${left} ${opening}() => ({`) || !fitsOnLine(writer, `${left} ${opening}`))
    writeAssignment(writer, left, `${opening}() => ({`, (lead) => writeDefinition(lead + opening, ");"));
  else {
    writer.writeLine(`${left} ${opening}`);
    writer.indent(() => writeDefinition("", ","));
    writer.writeLine(");");
  }
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

/** What a library need not find: what is there only when asked for. */
function writeOptional(writer: CodeBlockWriter, groups: readonly (readonly [string, readonly Entry[]])[]): void {
  const names = groups.flatMap(([group, entries]) =>
    entries.flatMap(({ property, optional }) =>
      optional === true ? [stringLiteral(`${group.replace(/s$/, "")} ${property}`)] : [],
    ),
  );
  if (names.length > 0) writeCode(writer, prefixed("optional: ", list(names)), ",");
}

function programEntry(code: ValueCode, program: ProgramModel): Entry {
  const { property, cName, declaration, sectionName, tag, instructions, autoload } = program;
  const size = counted(instructions, "instruction");
  return {
    property,
    optional: !autoload,
    doc: `${codeInComment(`SEC("${sectionName}") ${declaration}`)}, ${size}.${autoload ? "" : " Loaded only when asked for."}`,
    type: code.imports.tag("type", tag.type),
    definition: call(code.imports.tag("value", tag.make), stringLiteral(cName)),
  };
}

function mapEntry(code: ValueCode, map: MapModel): Entry {
  const { property, cName, autocreate } = map;
  const doc = `${codeInComment(cName)}: ${mapDoc(map)}.${autocreate ? "" : " Created only when asked for."}`;
  return { property, optional: !autocreate, doc, ...mapTag(code, map) };
}

/** A map's tag: its type, and what makes it. */
function mapTag(code: ValueCode, { kind, cName, key, value, inner }: MapModel): Pick<Entry, "type" | "definition"> {
  const { tag, make, parts } = mapKinds[kind];
  const types: string[] = [];
  const codecs: Code[] = [];
  const add = ({ value: side }: { readonly value: ValueModel }): void => {
    types.push(code.type(side));
    codecs.push(code.codec(side, false));
  };
  for (const part of parts) {
    if (part === "record" && value === undefined) types.push("Uint8Array");
    else if (part !== "inner") add((part === "key" ? key : value) ?? { value: nothing });
    else if (inner !== undefined) {
      const { type, definition } = mapTag(code, inner);
      types.push(type);
      codecs.push(definition);
    }
  }
  const type = code.imports.type(tag);
  return {
    type: types.length === 0 ? type : `${type}<${types.join(", ")}>`,
    definition: call(code.imports.value(make), stringLiteral(cName), ...codecs),
  };
}

/** Key or value of a map that has none: no bytes. */
const nothing: ValueModel = { kind: "bytes", size: 0, align: 1, cName: "" };

/** `"BPF_MAP_TYPE_HASH, 8 entries, key ... → value ..."`. */
function mapDoc({ kind, typeName, maxEntries, flags, pinned, key, value, inner }: MapModel): string {
  const parts = [typeName, ...sizeOf(kind, maxEntries)];
  const shown = kind === "plain" ? (["key", "value"] as const) : mapKinds[kind].parts;
  const sides = shown.flatMap((part) => {
    if (part === "inner") return inner === undefined ? [] : [`maps of ${mapDoc(inner)}`];
    const model = part === "key" ? key : value;
    return model === undefined ? [] : [`${part === "record" ? "records" : part} ${side(model)}`];
  });
  if (sides.length > 0) parts.push(sides.join(" → "));
  parts.push(...flags);
  if (pinned) parts.push("pinned by name");
  return parts.join(", ");
}

/** Storages have as many entries as there are objects. */
function sizeOf(kind: MapKind, maxEntries: number): readonly string[] {
  if (kind === "ringBuf" || kind === "userRingBuf") return [binarySize(maxEntries)];
  if (kind === "perfEventArray" && maxEntries === 0) return ["an entry for each CPU"];
  return maxEntries === 0 && kind !== "plain" ? [] : [`${maxEntries} ${maxEntries === 1 ? "entry" : "entries"}`];
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

import type CodeBlockWriter from "code-block-writer";
import type { MapModel, ProgramModel, StructOpsModel } from "../model/object-model.ts";
import { writeDoc } from "./doc.ts";
import { braces, prefixed } from "./layout.ts";
import type { Expression } from "./layout.ts";
import { codeInComment, stringLiteral } from "./literal.ts";
import type { ValueCode } from "./value-code.ts";

/** A structure of functions, and the property of the map that it is. */
export interface Structure {
  readonly property: string;
  readonly model: StructOpsModel;
}

/** Those among an object's maps. */
export function structuresOf(maps: readonly MapModel[]): readonly Structure[] {
  return maps.flatMap(({ property, structOps }) => (structOps === undefined ? [] : [{ property, model: structOps }]));
}

/** Members of the fields' interface. */
export function writeStructureTypes(
  writer: CodeBlockWriter,
  code: ValueCode,
  structures: readonly Structure[],
  programs: readonly ProgramModel[],
): void {
  const names = propertiesOf(programs);
  writer.writeLine("structOps: {");
  writer.indent(() => {
    for (const { property, model } of structures) {
      writeDoc(writer, `${codeInComment(model.declaration)} in ${model.sectionName}.`);
      writer.writeLine(`${property}: {`);
      writer.indent(() => {
        const functions = model.programs.map(
          ({ property: member, declaration, program }) =>
            [codeInComment(declaration), `${member}: ${stringLiteral(names.get(program) ?? program)}`] as const,
        );
        const values = model.values.map(
          ({ property: member, declaration, offset, initial, value }) =>
            [
              `${codeInComment(`${declaration}${initial === undefined ? "" : ` = ${initial}`}`)} at ${offset}`,
              `${member}: ${code.type(value)}`,
            ] as const,
        );
        writeMembers(writer, "programs", functions);
        writeMembers(writer, "values", values);
      });
      writer.writeLine("};");
    }
  });
  writer.writeLine("};");
}

function writeMembers(
  writer: CodeBlockWriter,
  name: string,
  members: readonly (readonly [doc: string, declaration: string])[],
): void {
  if (members.length === 0) {
    writer.writeLine(`${name}: {};`);
    return;
  }
  writer.writeLine(`${name}: {`);
  writer.indent(() => {
    for (const [doc, declaration] of members) {
      writeDoc(writer, `${doc}.`);
      writer.writeLine(`${declaration};`);
    }
  });
  writer.writeLine("};");
}

/** The same for the object's definition. */
export function structuresCode(
  code: ValueCode,
  structures: readonly Structure[],
  programs: readonly ProgramModel[],
): Expression {
  const names = propertiesOf(programs);
  const items = structures.map(({ property, model }) => {
    const functions = model.programs.map(
      ({ property: member, program }) => `${member}: ${stringLiteral(names.get(program) ?? program)}`,
    );
    const values = model.values.map(({ property: member, offset, value }) =>
      prefixed(`${member}: `, braces([`offset: ${offset}`, prefixed("codec: ", code.codec(value, false))])),
    );
    const parts = [
      prefixed("programs: ", braces(functions)),
      prefixed("values: ", braces(values, { broken: values.length > 0 })),
    ];
    return prefixed(`${property}: `, braces(parts, { broken: true }));
  });
  return braces(items, { broken: true });
}

function propertiesOf(programs: readonly ProgramModel[]): ReadonlyMap<string, string> {
  return new Map(programs.map(({ cName, property }) => [cName, property]));
}

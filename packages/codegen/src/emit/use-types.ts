import type CodeBlockWriter from "code-block-writer";
import type { ObjectModel } from "../model/object-model.ts";
import { writeDoc } from "./doc.ts";
import type { Imports } from "./imports.ts";

/** What a module's object is to its user: an object to load, one whose bytes he has, or a part of another. */
export type ObjectRole = "object" | "detached" | "library";

/** Prints the types for those who pass the object's options and what was loaded around. */
export function writeUseTypes(
  writer: CodeBlockWriter,
  imports: Imports,
  { identifier, fieldsIdentifier, useIdentifiers, programs, constants }: ObjectModel,
  role: ObjectRole,
): void {
  const { objects, loadOptions, constants: values, attachOptions } = useIdentifiers;
  const writeType = (doc: string, name: string, type: string): void => {
    writeDoc(writer, doc);
    writer.writeLine(`export type ${name} = ${type};`).blankLine();
  };
  if (role === "library") {
    const type = `${imports.type("BoundObjects")}<${fieldsIdentifier}>`;
    writeType(`What {@link ${identifier}} has in an object that it is bound to.`, objects, type);
  } else {
    writeType(`{@link ${identifier}}, loaded.`, objects, `${imports.type("Objects")}<${fieldsIdentifier}>`);
    writeType(
      `How {@link ${identifier}} is loaded.`,
      loadOptions,
      `${imports.type("LoadOptions")}<${fieldsIdentifier}>`,
    );
    if (constants.length > 0)
      writeType(`Constants of {@link ${identifier}}.`, values, `NonNullable<${loadOptions}["constants"]>`);
  }
  if (programs.length > 0) {
    const type = `${imports.type("AttachOptionsOf")}<${fieldsIdentifier}>`;
    writeType(`What programs of {@link ${identifier}} are attached with, by name.`, attachOptions, type);
  }
}

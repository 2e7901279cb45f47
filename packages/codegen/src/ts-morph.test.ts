import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Project } from "ts-morph";
import { expect, it } from "vitest";
import { addBindings } from "./ts-morph.ts";

const object = readFileSync(fileURLToPath(new URL("../../../test/golden/fixtures/maps.el.o", import.meta.url)));

it("bindings are files of a project, and replace what was there", () => {
  const project = new Project({ useInMemoryFileSystem: true });
  project.createSourceFile("src/net.ts", "export const old = 1;");
  const { file, companions, objects, warnings } = addBindings(project, "src/net.ts", object, { zod: true });
  expect(file.getFilePath()).toBe("/src/net.ts");
  expect(file.getExportedDeclarations().has("old")).toBe(false);
  expect(file.getVariableDeclarationOrThrow("net").getTypeNodeOrThrow().getText()).toBe("BpfObject<NetFields>");
  expect(file.getInterfaceOrThrow("FlowKey").getPropertyOrThrow("saddr").getTypeNodeOrThrow().getText()).toBe("number");
  expect(companions.map((companion) => companion.getFilePath())).toEqual(["/src/net.zod.ts"]);
  expect(companions[0]?.getImportDeclarationOrThrow("./net.js").getModuleSpecifierSourceFile()).toBe(file);
  expect({ objects, warnings }).toEqual({ objects: [], warnings: [] });
});

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeSpec } from "../../../../test/link/describe-spec.ts";
import { ObjectEditor } from "../../../../test/object-editor.ts";
import { CollectionSpec } from "../spec/index.ts";
import { ElfFile } from "./elf-file.ts";
import { stripDebug } from "./strip-debug.ts";

const fixtures = ["maps", "programs", "data", "struct-ops", "externs"].flatMap((name) =>
  ["el", "eb"].map((order) => `${name}.${order}.o`),
);
const path = (name: string): string => fileURLToPath(new URL(`../spec/fixtures/${name}`, import.meta.url));

/** What loaders read, in a form that can be compared. */
function contents(bytes: Uint8Array): unknown {
  return describeSpec(CollectionSpec.parse(bytes, "object"));
}

/** Names of the sections, without those that tools write as they like. */
function sectionNames(bytes: Uint8Array): string[] {
  return ElfFile.parse(bytes)
    .sections.map((section) => section.name)
    .filter((section) => section !== ".llvm_addrsig" && !section.startsWith(".rel") && section !== "")
    .sort();
}

describe("stripDebug", () => {
  it.each(fixtures)("leaves %s what it defines", (name) => {
    const object = readFileSync(path(name));
    const stripped = stripDebug(object);
    expect(contents(stripped)).toEqual(contents(object));
    expect(stripped.length).toBeLessThan(object.length);
    expect(ElfFile.parse(stripped).sections.filter((section) => section.name.includes("debug"))).toEqual([]);
    expect(stripDebug(stripped)).toEqual(stripped);
  });

  it.for(fixtures)("keeps of %s the sections that llvm-strip -g does", (name, context) => {
    const tool = ["llvm-strip-19", "llvm-strip"].find((tool) => spawnSync(tool, ["--version"]).status === 0);
    context.skip(tool === undefined, "llvm-strip is not installed");
    const folder = mkdtempSync(join(tmpdir(), "strip-"));
    try {
      const file = join(folder, "object.o");
      copyFileSync(path(name), file);
      spawnSync(tool ?? "", ["-g", file]);
      expect(sectionNames(stripDebug(readFileSync(path(name))))).toEqual(sectionNames(readFileSync(file)));
      // And other tools can read it.
      writeFileSync(file, stripDebug(readFileSync(path(name))));
      expect(spawnSync("readelf", ["-aW", file]).stderr?.toString() ?? "").toBe("");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses to leave out what a program refers to", () => {
    const object = new ObjectEditor(new URL("../spec/fixtures/data.el.o", import.meta.url));
    object.setSymbol("limit", { section: object.index(".debug_str") });
    expect(() => stripDebug(object.bytes)).toThrow(
      'a relocation refers to "limit" in section ".debug_str", which is to be left out',
    );
  });
});

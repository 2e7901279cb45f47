/**
 * Imports between folders go upwards only, and what reads objects runs in a browser: see CONTRIBUTING.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const loader = join(packages, "loader/src");

/** Folders of the loader that may import those of the rows before, and each other within a row. */
const layers = [
  ["errors", "uapi"],
  ["elf", "btf", "asm", "codec"],
  ["spec", "link-objects"],
  ["sys"],
  ["features"],
  ["info", "links", "maps", "events", "programs"],
  ["collection"],
  ["codegen-runtime"],
  ["command"],
];
/** Folders that need neither Node.js nor the addon. */
const portable = new Set(["errors", "uapi", "elf", "btf", "asm", "codec", "spec", "link-objects"]);

interface Import {
  readonly from: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(folder, file));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const statements = text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)";|\bimport\(\s*"([^"]+)"\s*\)/gm);
  return [...statements].map(([, fixed, dynamic]) => ({ from: file, target: fixed ?? dynamic ?? "" }));
}

const rankOf = (folder: string): number => layers.findIndex((row) => row.includes(folder));
const folderOf = (file: string): string => relative(loader, file).split("/")[0] ?? "";
const show = ({ from, target }: Import): string => `${relative(packages, from)} imports ${target}`;

describe("the loader's folders", () => {
  const imports = sources(loader).flatMap(importsOf);

  it("are all in a layer", () => {
    const folders = readdirSync(loader, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => rankOf(name) === -1)).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  it("import from their own layer and those below", () => {
    const upwards = imports.filter(({ from, target }) => {
      if (!target.startsWith(".")) return false;
      const source = folderOf(from);
      const other = folderOf(resolve(dirname(from), target));
      return rankOf(source) !== -1 && source !== other && rankOf(other) > rankOf(source);
    });
    expect(upwards.map(show)).toEqual([]);
  });

  it("import nothing of Node.js where objects are read", () => {
    const bound = imports.filter(({ from, target }) => portable.has(folderOf(from)) && !target.startsWith("."));
    expect(bound.map(show)).toEqual([]);
  });
});

describe("bindings", () => {
  it("bring nothing along that needs a kernel, until they load something", () => {
    const found = new Set<string>();
    const visit = (file: string): void => {
      if (found.has(file)) return;
      found.add(file);
      const text = readFileSync(file, "utf8");
      // Types are not there at run time, and import() is for when something is loaded.
      const values = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s+"(\.[^"]+)";/gm);
      for (const [, target = ""] of values) visit(resolve(dirname(file), target));
    };
    visit(join(loader, "codegen-runtime/v1.ts"));
    const others = [...found]
      .map((file) => relative(loader, file))
      .filter((file) => !portable.has(folderOf(join(loader, file))));
    const tags = new Set(["collection/map-tags.ts", "collection/tag.ts"]);
    expect(others.filter((file) => !file.startsWith("codegen-runtime/") && !tags.has(file))).toEqual([]);
    expect(others).toContain("codegen-runtime/define-object.ts");
    expect(others).not.toContain("codegen-runtime/load-object.ts");
  });
});

describe("the generator", () => {
  it("imports of the loader only what reads objects", () => {
    const imports = sources(join(packages, "codegen/src")).flatMap(importsOf);
    const others = imports.filter(
      ({ target }) => target.startsWith("bpf-loader") && !portable.has(target.slice("bpf-loader/".length)),
    );
    expect(others.map(show)).toEqual([]);
  });

  it("makes its model and its text without Node.js", () => {
    const imports = ["model", "emit"]
      .flatMap((folder) => sources(join(packages, "codegen/src", folder)))
      .flatMap(importsOf);
    expect(imports.filter(({ target }) => target.startsWith("node:")).map(show)).toEqual([]);
  });
});

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { generate } from "bpf-codegen";
import { CollectionSpec } from "bpf-loader/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkFormat, repository, runTool } from "./commands.ts";

/** Compiled objects anywhere in the repository, other tests' fixtures included. */
const objects = ["packages", "test", "examples"].flatMap((folder) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".o") && !/node_modules|dist/.test(path))
    .map((path) => join(repository, folder, path)),
);

/** Objects that are not there to be read, by their own tests. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    return CollectionSpec.parse(bytes).btf !== undefined;
  } catch {
    return false;
  }
}

describe("bindings of every object in the repository", () => {
  // Inside of it, where bpf-loader is found.
  const folder = join(repository, "node_modules/.cache/every-object");
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [index, path] of objects.entries()) {
      const bytes = readFileSync(path);
      if (!isReadable(bytes)) continue;
      const name = `${index}-${basename(path, ".o")}`;
      const options = { file: basename(path), zod: true, toJson: true, specifier: `./${name}.js` };
      const { code, companions } = generate(bytes, options);
      writeFileSync(join(folder, `${name}.ts`), code);
      for (const { suffix, code: text } of companions) writeFileSync(join(folder, `${name}.${suffix}.ts`), text);
    }
    writeFileSync(
      join(folder, "tsconfig.json"),
      `${JSON.stringify({ extends: "../../../test/golden/tsconfig.json", include: ["*.ts"] }, undefined, 2)}\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are some", () => {
    expect(readdirSync(folder).length).toBeGreaterThan(40);
  });

  it("type-check under the strictest options", () => {
    expect(runTool("typescript", "tsc", ["-p", folder])).toBe("");
  }, 240_000);

  it("are formatted as a formatter leaves them", () => {
    expect(checkFormat(folder)).toContain("All matched files use the correct format");
  });
});

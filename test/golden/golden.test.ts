import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "bpf-codegen";
import { Project, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";
import { goldenObjects, goldenPath } from "./objects.ts";

const require = createRequire(import.meta.url);
const expected = goldenPath("expected");

/** Path of a command that an installed package brings. */
function command(packageName: string, name: string): string {
  const { bin } = require(`${packageName}/package.json`) as { bin: Record<string, string> };
  return join(fileURLToPath(new URL(`../../node_modules/${packageName}/`, import.meta.url)), bin[name] ?? "");
}

const run = (packageName: string, name: string, args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [command(packageName, name), ...args], { encoding: "utf8" });
  return `${stdout}${stderr}`;
};

describe("generated code", () => {
  it.each(goldenObjects)("of $name is what it was", async ({ name, bytes, options }) => {
    const { code, warnings } = generate(bytes, options);
    expect(warnings).toEqual([]);
    await expect(code).toMatchFileSnapshot(`${expected}/${name}.ts`);
  });

  it.each(goldenObjects)("of $name is the same twice, wherever its bytes are", ({ bytes, options }) => {
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(generate(shifted, options)).toEqual(generate(bytes, options));
  });

  it("type-checks under the strictest options, without any package but bpf-loader", () => {
    expect(run("typescript", "tsc", ["-p", goldenPath("tsconfig.json")])).toBe("");
  });

  it("is formatted as a formatter leaves it", () => {
    // The repository's own settings leave golden files alone.
    const folder = mkdtempSync(join(tmpdir(), "golden-"));
    try {
      cpSync(expected, folder, { recursive: true });
      writeFileSync(join(folder, ".oxfmtrc.json"), '{ "printWidth": 120 }\n');
      expect(run("oxfmt", "oxfmt", ["--check", "-c", join(folder, ".oxfmtrc.json"), folder])).toContain(
        "All matched files use the correct format",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is declarations and nothing that runs, with a type and a comment on every export", () => {
    const project = new Project({ skipAddingFilesFromTsConfig: true, useInMemoryFileSystem: true });
    for (const { name, bytes, options } of goldenObjects) {
      const file = project.createSourceFile(`${name}.ts`, generate(bytes, options).code);
      for (const statement of file.getStatements()) {
        if (statement.isKind(SyntaxKind.ImportDeclaration)) {
          expect(statement.getModuleSpecifierValue()).toBe("bpf-loader/codegen-runtime/v1");
          continue;
        }
        if (statement.isKind(SyntaxKind.VariableStatement)) {
          const [declaration] = statement.getDeclarations();
          const initializer = declaration?.getInitializerOrThrow().getText() ?? "";
          // A call that a bundler may drop, another name, an enum's constants, the embedded object.
          expect(initializer).toMatch(/^(?:\w+\(|[\w$]+$|\{|")/);
          if (/^\w+\(/.test(initializer)) expect(declaration?.getText()).toContain("/* @__PURE__ */");
          if (!statement.isExported()) continue;
          expect(declaration?.getTypeNode() ?? initializer).toSatisfy(
            (type) => typeof type === "object" || String(type).endsWith("} as const"),
          );
        } else
          expect([SyntaxKind.InterfaceDeclaration, SyntaxKind.TypeAliasDeclaration]).toContain(statement.getKind());
        expect(statement.getLeadingCommentRanges().map((comment) => comment.getText())).toEqual([
          expect.stringMatching(/^\/\*\* .* \*\/$/),
        ]);
      }
    }
  });
});

import { generate } from "bpf-codegen";
import { Project, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";
import { checkFormat, runTool } from "./commands.ts";
import { goldenObjects, goldenPath } from "./objects.ts";

const expected = goldenPath("expected");

/** The same bytes at an odd place in memory. */
function shifted(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + 3).subarray(3);
  copy.set(bytes);
  return copy;
}

describe("generated code", () => {
  it.each(goldenObjects)("of $name is what it was", async ({ name, bytes, options }) => {
    const { code, warnings } = generate(bytes, options);
    expect(warnings).toEqual([]);
    await expect(code).toMatchFileSnapshot(`${expected}/${name}.ts`);
  });

  it.each(goldenObjects)("of $name is the same twice, wherever its bytes are", ({ bytes, options }) => {
    const moved =
      bytes instanceof Uint8Array
        ? shifted(bytes)
        : ([bytes[0], ...bytes.slice(1).map(({ target, bytes }) => ({ target, bytes: shifted(bytes) }))] as const);
    expect(generate(moved, options)).toEqual(generate(bytes, options));
  });

  it("type-checks under the strictest options, without any package but bpf-loader", () => {
    expect(runTool("typescript", "tsc", ["-p", goldenPath("tsconfig.json")])).toBe("");
  });

  it("is formatted as a formatter leaves it", () => {
    expect(checkFormat(expected)).toContain("All matched files use the correct format");
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

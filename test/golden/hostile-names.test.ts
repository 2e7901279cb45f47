import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "bpf-codegen";
import { ts } from "ts-morph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, goldenPath } from "./objects.ts";

const LENGTH = 24;

/** Text that would end what it stands in, each padded to the placeholders' length. */
const attacks: readonly (readonly [string, string])[] = [
  ["ends a comment", "*/globalThis.pwned=1;/*"],
  ["ends a string", '";globalThis.pwned=1;//'],
  ["ends a single-quoted string", "';globalThis.pwned=1;//"],
  ["ends a template", "`;globalThis.pwned=1;//"],
  ["is interpolated", "${globalThis.pwned=1}"],
  ["ends a line", "\nglobalThis.pwned=1;\n"],
  ["ends a line as Unicode has it", "\u2028globalThis.pwned=1"],
  ["ends a line with a carriage return", "\rglobalThis.pwned=1;\r"],
  ["escapes", '\\\\\\";globalThis.pwned=1'],
  ["turns the reading direction", "\u202eevil\u202d\u200f"],
  ["is a directive", "@ts-nocheck\n@ts-ignore"],
  ["is a link", "{@link pwned} */ @type x"],
  ["is a source map", "\n//# sourceMappingURL=x"],
  ["closes everything", ")}]>;}));globalThis.p=1"],
  ["is the prototype", "__proto__"],
  ["is a constructor", "constructor"],
  ["is an accessor", "get x(){pwned=1}"],
  ["is a keyword", "class"],
  ["is white space", " \t "],
  ["is half a character", "\ud800x"],
];

/** The names of the fixture. */
const placeholders = [
  "placeholder_enum_0000001",
  "placeholder_value_000001",
  "placeholder_typedef_0001",
  "placeholder_struct_00001",
  "placeholder_member_00001",
  "placeholder_member_00003",
  "placeholder_member_00004",
  "placeholder_member_00006",
  "placeholder_map_00000001",
  "placeholder_constant_001",
  "placeholder_variable_001",
  "placeholder_section_0001",
  "placeholder_target_00001",
  "placeholder_program_0001",
  "placeholder_license_0001",
];

/** The fixture with some placeholders replaced, each by `text` and as much of its own end as there is room for. */
function attacked(text: string, which: readonly string[]): Uint8Array {
  const bytes = Uint8Array.from(fixture("hostile.el.o"));
  const latin = new TextDecoder("latin1").decode(bytes);
  const replacement = new TextEncoder().encode(text);
  // At least two characters stay, so that names which must differ do.
  const room = Math.min(replacement.length, LENGTH - 2);
  for (const placeholder of which)
    for (let at = latin.indexOf(placeholder); at >= 0; at = latin.indexOf(placeholder, at + 1)) {
      bytes.fill(0x20, at, at + LENGTH - 2).set(replacement.subarray(0, room), at);
      const number = placeholders.indexOf(placeholder) + 10;
      bytes.set(new TextEncoder().encode(String(number)), at + LENGTH - 2);
    }
  return bytes;
}

const declarations: readonly ts.SyntaxKind[] = [
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.VariableStatement,
];

/** Generated code that holds declarations, and nothing of the name outside of literals and comments. */
function checkInert(code: string): void {
  const file = ts.createSourceFile("object.ts", code, ts.ScriptTarget.ES2022);
  expect(file).toHaveProperty("parseDiagnostics", []);
  for (const { kind } of file.statements) expect(declarations).toContain(kind);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !/^[A-Za-z_$][\w$]*$/.test(node.text)) expect.fail(`identifier ${node.text}`);
    if (ts.isTemplateLiteral(node)) expect.fail("a template literal");
    ts.forEachChild(node, visit);
  };
  visit(file);
  // Nothing that a terminal, an editor or a tool that reads comments would act on.
  expect(code).not.toMatch(/[^\n\u0020-\u007e…→\ufffd]/u);
  for (const { pos, end } of comments(code)) expect(code.slice(pos, end)).not.toMatch(/@(?!link |__PURE__)|[#]/);
}

describe("names that are not C", () => {
  let folder: string;
  beforeAll(() => {
    // Inside of the repository, where bpf-loader is found.
    mkdirSync(goldenPath("../../node_modules/.cache"), { recursive: true });
    folder = mkdtempSync(goldenPath("../../node_modules/.cache/hostile-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(attacks)("that %s stay inert everywhere", async (_what, text) => {
    for (const placeholder of placeholders) {
      let code: string;
      try {
        code = generate(attacked(text, [placeholder]), { file: `x${text}.bpf.o` }).code;
      } catch (error) {
        // Refusing a section of that name is fine too, in one line that shows it escaped.
        expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_/));
        expect(String(error)).not.toMatch(/[\n\u202e\u2028]/);
        continue;
      }
      checkInert(code);
    }
  });

  it.each(attacks)("that %s, in all places at once, compile and do nothing when imported", async (what, text) => {
    const options = { file: "hostile.bpf.o", zod: true, toJson: true };
    const { code, companions } = generate(attacked(text, placeholders), options);
    checkInert(code);
    for (const { code: other } of companions) {
      expect(ts.createSourceFile("other.ts", other, ts.ScriptTarget.ES2022)).toHaveProperty("parseDiagnostics", []);
      expect(other.replace(/`[^`]*`/g, "")).not.toMatch(/pwned|[^\n\u0020-\u007e…]/u);
    }
    const js = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
    });
    const path = join(folder, `${what.replaceAll(" ", "-")}.mjs`);
    writeFileSync(path, js.outputText);
    const module = (await import(path)) as { hostile: { name: string } };
    expect(module.hostile.name).toBe("hostile");
    expect(globalThis).not.toHaveProperty("pwned");
    expect(Object.prototype).not.toHaveProperty("pwned");
  });

  it("that are very long are cut where they are identifiers, and whole where they are data", () => {
    const long = "x".repeat(10_000);
    const { code } = generate(fixture("empty.el.o"), { file: `${long}.bpf.o`, name: undefined });
    checkInert(code);
    expect(code).not.toContain("x".repeat(300));
  });
});

/** Every comment of a text. */
function comments(code: string): readonly { pos: number; end: number }[] {
  const found: { pos: number; end: number }[] = [];
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, false, ts.LanguageVariant.Standard, code);
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan())
    if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia)
      found.push({ pos: scanner.getTokenStart(), end: scanner.getTokenEnd() });
  return found;
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate, generateModules } from "bpf-codegen";
import type { GenerateOptions } from "bpf-codegen";
import { Btf, BtfBuilder } from "bpf-loader/btf";
import { SectionType, writeElf } from "bpf-loader/elf";
import { ts } from "ts-morph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clang, compile, whyNoClang } from "../btf/clang.ts";
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

const long = (suffix: string): string => `${"x".repeat(10_000)}${suffix}`;

/** An object whose types are called `text`, as long as it is, and that says `tag` of a member. */
function typesCalled(text: string, tag: string): Uint8Array {
  const types = { name: ".BTF", type: SectionType.PROGBITS, flags: 0, align: 8, entrySize: 0, relocations: [] };
  const content = btfOfTypesCalled(text, tag);
  return writeElf({ littleEndian: true, sections: [{ ...types, content }], symbols: [] });
}

function btfOfTypesCalled(text: string, tag: string): Uint8Array {
  const btf = new BtfBuilder();
  const integer = (name: string, size: number) =>
    btf.add({ kind: "int", name, size, signed: false, char: false, bool: false, bits: size * 8, bitOffset: 0 });
  const values = ["a", "b"].map((suffix, value) => ({ name: `${text}${suffix}`, value }));
  const words = [
    integer("__u32", 4),
    btf.add({ kind: "enum", name: text, size: 4, signed: false, values }),
    btf.add({ kind: "typedef", name: `${text}t`, typeId: integer(text, 4) }),
  ];
  const member = (typeId: number, index: number, bitOffset = index * 32) => ({
    name: `${text}${index}`,
    typeId,
    bitOffset,
    bitSize: 0,
  });
  const inner = btf.add({ kind: "struct", name: text, size: 12, members: words.map((id, index) => member(id, index)) });
  const union = btf.add({
    kind: "union",
    name: `${text}u`,
    size: 4,
    members: words.map((id, index) => member(id, index, 0)),
  });
  const top = btf.add({
    kind: "struct",
    name: "top",
    size: 16,
    members: [
      { name: text, typeId: inner, bitOffset: 0, bitSize: 0 },
      { name: `${text}2`, typeId: union, bitOffset: 96, bitSize: 0 },
    ],
  });
  for (const typeId of [top, inner, union]) btf.add({ kind: "declTag", name: tag, typeId, componentIndex: 1 });
  return btf.toBytes();
}

/** Everything that is written for an object: what loads it, schemas, JSON, and what takes it as a part of another. */
function everyText(bytes: Uint8Array, options: GenerateOptions): readonly string[] {
  const { code, companions } = generate(bytes, { ...options, embed: "none", zod: true, toJson: true });
  expect(companions).toHaveLength(2);
  const library = generate(bytes, { ...options, library: true });
  return [code, ...companions.map((companion) => companion.code), library.code];
}

/** Options that hold a text, each in another place. */
const withText = (text: string): readonly GenerateOptions[] => [
  { file: text },
  { file: `${text}.bpf.o`, embed: { file: `${text}.o` } },
  { specifier: text },
  { name: text },
  { types: [text] },
  { events: { [text]: "event" } },
  { events: new Map([["events", text]]) },
  { values: [{ type: text, as: "Pid" }] },
  { values: [{ field: text, as: "Pid" }] },
  { values: [{ field: `event.${text}`, as: "Pid" }] },
  { values: [{ type: "__u64", as: text }] },
  { values: [{ type: "__u64", as: `U${text}` }] },
  { tags: [{ union: text, by: "kind" }] },
  { tags: [{ union: "event.data", by: text }] },
  { tags: [{ union: "event.data", by: "kind", cases: { [text]: "exec" } }] },
  { tags: [{ union: "event.data", by: "kind", cases: { KIND_EXEC: text } }] },
  { tags: [{ union: "tagged", by: "version", cases: { "1": "sum" }, as: text }] },
  { kernelTypes: [{ type: text, fields: ["x"] }], kernelBtf: Btf.parse(btfOfTypesCalled("plain", "nothing")) },
  { kernelTypes: [{ type: "top", fields: [text] }], kernelBtf: Btf.parse(btfOfTypesCalled("plain", "nothing")) },
  {
    kernelTypes: [{ type: "top", fields: [text, `${text}.${text}0`, `${text}2`] }],
    kernelBtf: Btf.parse(btfOfTypesCalled(text, "nothing")),
  },
];

const declarations: readonly ts.SyntaxKind[] = [
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.VariableStatement,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ExportDeclaration,
];

/** A sentence for a terminal. */
function checkSafe(sentence: string): void {
  expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(sentence.length).toBeLessThan(2000);
}

/** Generated code that holds declarations, and nothing of the name outside of literals and comments. */
function checkInert(code: string): void {
  const file = ts.createSourceFile("object.ts", code, ts.ScriptTarget.ES2022);
  expect(file).toHaveProperty("parseDiagnostics", []);
  for (const { kind } of file.statements) expect(declarations).toContain(kind);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !/^[A-Za-z_$][\w$]*$/.test(node.text)) expect.fail(`identifier ${node.text}`);
    // Messages of schemas are some.
    if (ts.isTemplateLiteral(node) && !/^`expected [-\w ${}]*`$/.test(node.getText(file)))
      expect.fail("a template literal");
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

  it.each(attacks)("that %s stay inert in types of any length, and in tags that say what values are", (_what, text) => {
    for (const [name, tag] of [
      [text, "nothing"],
      [text.repeat(100), "nothing"],
      ["plain", `ts:${text}`],
      ["plain", `ts:Tagged<${text}>`],
      ["plain", `ts:by=${text}`],
      ["plain", `ts:case=${text}`],
    ] as const) {
      let texts: readonly string[];
      try {
        texts = everyText(typesCalled(name, tag), { file: "types.bpf.o", types: ["struct top"] });
      } catch (error) {
        // A tag that is none of those known may be refused, in one line.
        expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_/));
        expect(String(error)).not.toMatch(/[\n\u202e\u2028]/);
        continue;
      }
      for (const code of texts) checkInert(code);
      expect(texts[0]).toContain("export interface Top ");
    }
  });

  it.each([...attacks, ["are long", "x".repeat(10_000)] as const])(
    "that %s stay inert in options, and in what is said of these",
    (_what, text) => {
      for (const options of withText(text)) {
        const all = { ...options, zod: true, toJson: true };
        let generated: ReturnType<typeof generate>;
        try {
          generated = generate(fixture("tagged.el.o"), all);
        } catch (error) {
          expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_/));
          checkSafe(String(error));
          continue;
        }
        const { code, companions, warnings } = generated;
        for (const one of [code, ...companions.map((companion) => companion.code)]) checkInert(one);
        for (const warning of warnings) checkSafe(warning);
        expect(generate(fixture("tagged.el.o"), all).code).toBe(code);
      }
    },
  );

  it.each(attacks)("that %s are found again where they are of files", (_what, text) => {
    const { code, objects } = generate(fixture("empty.el.o"), { embed: { file: text } });
    expect(objects.map(({ file }) => file)).toEqual([text]);
    const [, written = ""] = /new URL\("(.*)", import\.meta\.url\)/.exec(code) ?? [];
    expect(new URL(written, "file:///folder/x.ts").pathname).toBe(
      `/folder/${encodeURIComponent(text.replace("\ud800", "\ufffd"))}`,
    );
  });

  it.each([...attacks, ["are long", "x".repeat(10_000)] as const])(
    "that %s stay inert in types that several modules share",
    (_what, text) => {
      const other = `${text}2`;
      const objects = [typesCalled(text, "nothing"), typesCalled(text, "nothing"), typesCalled(other, "nothing")];
      const typed = (object: Uint8Array, index: number) => ({
        object,
        options: { file: `${text}${index}.bpf.o`, types: ["struct top"], zod: true, toJson: true },
        typesFrom: `./${text}.js`,
      });
      const { modules, types, typesCompanions } = generateModules(objects.map(typed));
      for (const code of [types, ...typesCompanions.map((companion) => companion.code)]) checkInert(code);
      expect(typesCompanions).toHaveLength(2);
      for (const { code, companions, warnings } of modules) {
        checkInert(code);
        for (const companion of companions) checkInert(companion.code);
        for (const warning of warnings) checkSafe(warning);
      }
      expect(types).toContain("export interface Top ");
      expect(modules[0]?.code).toMatch(/^import \{/m);
    },
  );

  it("of ten thousand characters are cut where they are identifiers, and whole where they are data", (context) => {
    context.skip(clang === undefined, whyNoClang);
    const source = `typedef unsigned int ${long("t")};
struct ${long("s")} { ${long("t")} ${long("m")}; enum ${long("e")} { ${long("a")}, ${long("b")} } ${long("n")}; };
struct { int (*type)[1]; int (*max_entries)[1]; struct ${long("s")} *key; ${long("t")} *value; }
	${long("map")} __attribute__((section(".maps"), used));
unsigned int ${long("v")};
__attribute__((section("xdp"), used)) int ${long("p")}(void *ctx) { return ${long("v")}; }
`;
    const bytes = compile(source);
    const { code } = generate(bytes, { file: "long.bpf.o", embed: "none" });
    for (const text of everyText(bytes, { file: "long.bpf.o" })) checkInert(text);
    for (const name of [long("map"), long("v"), long("p")]) expect(code).toContain(`"${name}"`);
    const file = ts.createSourceFile("object.ts", code, ts.ScriptTarget.ES2022);
    const visit = (node: ts.Node): void => {
      // Constants of enums keep their names.
      if (ts.isPropertyAssignment(node) && ts.isNumericLiteral(node.initializer)) return;
      if (ts.isIdentifier(node)) expect(node.text.length).toBeLessThan(300);
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect(generate(bytes, { file: "long.bpf.o", embed: "none" }).code).toBe(code);
  });

  it("that are very long are cut where they are identifiers, and whole where they are data", () => {
    const { code } = generate(fixture("empty.el.o"), { file: `${long("")}.bpf.o`, name: undefined });
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

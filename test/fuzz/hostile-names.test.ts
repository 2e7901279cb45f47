import { fileURLToPath } from "node:url";
import { generate } from "bpf-codegen";
import { disassemble } from "bpf-loader/asm";
import { Btf, formatLayout, layoutOf } from "bpf-loader/btf";
import { codecError } from "bpf-loader/codec";
import { BpfError, ObjectFormatError, quoteName } from "bpf-loader/errors";
import { CollectionSpec } from "bpf-loader/spec";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";
import { checkLine, checkText } from "./attempt.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { mutate } from "./mutations.ts";
import { withHostileNames } from "./object-mutations.ts";
import { choose, randomNumbersOf } from "./random.ts";
import { seedObject, seedObjects, sectionBytes } from "./seed-objects.ts";

const objects = seedObjects(fileURLToPath(new URL("../..", import.meta.url)));
/** Of each object. */
const VARIANTS = 3;

/** Each object with its names replaced, in several ways. */
const renamed = objects.flatMap((object, index) =>
  Array.from({ length: VARIANTS }, (_, variant) => {
    const random = randomNumbersOf(index, variant);
    return { object, bytes: withHostileNames(object, random), random };
  }),
);

/** The error that something throws. */
function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Everything that an error says: its own message, and those of what caused it. */
function messagesOf(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...messagesOf(error.cause)] : [];
}

describe("names that steer a terminal or would be code", () => {
  it("are escaped when they are quoted", () => {
    for (const text of hostileTexts) {
      const quoted = quoteName(text);
      checkLine(quoted);
      expect(JSON.parse(quoted)).toBe(text);
    }
    for (let unit = 0; unit <= 0xffff; unit++) checkLine(quoteName(`x${String.fromCharCode(unit)}y`));
    checkLine(quoteName(`${"x".repeat(127)}\u{e0001}`));
  });

  it("are escaped in the places of errors", () => {
    for (const field of [...hostileTexts, "x".repeat(100_000)]) checkLine(codecError(field, "wrong").message);
    for (const section of hostileTexts) checkLine(new ObjectFormatError("wrong", { section, offset: 1 }).message);
  });

  it("are shown by no error of an object that has them, whatever else is wrong with it", () => {
    const seen = new Set<string>();
    for (const { bytes, object, random } of renamed) {
      const table = choose(random, object.sections);
      for (const broken of [bytes, mutate(bytes, table, random), mutate(bytes, table, random)]) {
        const error = errorOf(() => CollectionSpec.parse(broken, choose(random, hostileTexts)));
        if (error === undefined) continue;
        expect(error).toBeInstanceOf(BpfError);
        for (const message of messagesOf(error)) {
          checkLine(message);
          seen.add(message.replace(/"(?:[^"\\]|\\.)*"|\d+/g, "…"));
        }
      }
    }
    // As many kinds of message as to be sure that names were in some of them.
    expect(seen.size).toBeGreaterThan(15);
    expect([...seen].filter((message) => message.includes("…")).length).toBeGreaterThan(10);
  });

  it("are shown by no error about values and names that a user gives", () => {
    for (const { bytes } of renamed) {
      const spec = errorOf(() => CollectionSpec.parse(bytes)) === undefined ? CollectionSpec.parse(bytes) : undefined;
      if (spec === undefined) continue;
      for (const name of [...spec.variables.keys(), ...hostileTexts.slice(0, 3)]) {
        for (const value of ["\u001b[31m", { "\n": 1 }, -1n, [undefined]]) {
          for (const run of [
            () => spec.rewriteConstants({ [name]: value }),
            () => spec.setVariable(name, value),
            () => spec.getVariable(name),
          ]) {
            const error = errorOf(run);
            if (error !== undefined) expect(error).toBeInstanceOf(BpfError);
            for (const message of messagesOf(error)) checkLine(message);
          }
        }
      }
    }
  });

  it("are shown by no disassembly, layout or header in C", () => {
    for (const { object, bytes } of renamed) {
      const spec = errorOf(() => CollectionSpec.parse(bytes)) === undefined ? CollectionSpec.parse(bytes) : undefined;
      for (const { functions } of spec?.programs.values() ?? []) {
        for (const each of functions) checkText(disassemble(each, { littleEndian: object.littleEndian }));
      }
      const types = sectionBytes(seedObject("renamed", bytes), ".BTF");
      if (types.length === 0) continue;
      const btf = Btf.parse(types);
      checkHeader(btf.toC());
      for (let id = 1; id < btf.typeCount; id++) {
        const kind = btf.kind(id);
        if (kind === "struct" || kind === "union") checkText(formatLayout(layoutOf(btf, id)));
      }
    }
  });

  it("are no code in generated bindings", () => {
    let generated = 0;
    for (const { bytes, random } of renamed) {
      const file = `${choose(random, hostileTexts)}.bpf.o`;
      const error = errorOf(() => {
        const { code, warnings } = generate(bytes, { file, name: "bindings" });
        generated++;
        checkBindings(code);
        for (const warning of warnings) checkLine(warning);
      });
      if (error !== undefined && !(error instanceof BpfError)) throw error;
      for (const message of messagesOf(error)) checkLine(message);
    }
    expect(generated).toBeGreaterThan(renamed.length / 10);
  });
});

/** A header in C with nothing of names but identifiers: what is left of hostile ones is letters. */
function checkHeader(header: string): void {
  checkText(header);
  const withoutStrings = header.replace(/"(?:[^"\\]|\\.)*"/g, "");
  expect(withoutStrings).not.toMatch(/[^\s\w{}()[\];:,*=<>#!/.&|+~-]/);
}

/** TypeScript that declares, and does nothing but define the object. */
function checkBindings(code: string): void {
  checkText(code);
  const file = ts.createSourceFile("object.ts", code, ts.ScriptTarget.ES2022);
  expect(file).toHaveProperty("parseDiagnostics", []);
  for (const { kind } of file.statements) {
    expect([
      ts.SyntaxKind.ImportDeclaration,
      ts.SyntaxKind.InterfaceDeclaration,
      ts.SyntaxKind.TypeAliasDeclaration,
      ts.SyntaxKind.VariableStatement,
    ]).toContain(kind);
  }
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) expect(node.expression.text).not.toBe("x");
    if (ts.isTemplateLiteral(node)) expect.fail("a template literal");
    ts.forEachChild(node, visit);
  };
  visit(file);
}

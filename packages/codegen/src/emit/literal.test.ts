import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeInComment, propertyKey, stringLiteral } from "./literal.ts";

/** What the text is as code: literals hold nothing that would run. */
// oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- that is what is tested
const evaluate = (code: string): unknown => new Function(`"use strict"; return (${code});`)() as unknown;

describe("stringLiteral", () => {
  it.each([
    ["plain", '"plain"'],
    ['say "hi"', `'say "hi"'`],
    [`it's "it"`, `'it\\'s "it"'`],
    ["it's", `"it's"`],
    ["a\\b\n\0", '"a\\\\b\\u000a\\u0000"'],
    ["\u2028\u202e\ufeff", '"\\u2028\\u202e\\ufeff"'],
    ["\ud800", '"\\ud800"'],
    ["größe 🎉", '"größe 🎉"'],
    ["\u{e0001}", '"\\u{e0001}"'],
    ["${x}`", '"${x}`"'],
  ])("%j", (text, literal) => {
    expect(stringLiteral(text)).toBe(literal);
  });

  it("is the text, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const literal = stringLiteral(text);
        expect(evaluate(literal)).toBe(text);
        expect(literal).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe("propertyKey", () => {
  it("makes a property of that name, never a prototype", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "get x")),
        (name) => {
          const object = evaluate(`{ ${propertyKey(name)}: 1 }`) as object;
          expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
          expect(Object.entries(object)).toEqual([[name, 1]]);
        },
      ),
    );
  });
});

describe("codeInComment", () => {
  it("ends neither the comment nor the line", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("*/", "**//", "@ts-ignore")), (text) => {
        const shown = codeInComment(text);
        expect(shown).toMatch(/^`[\u0020-\u007e…]*`$/);
        expect(shown).not.toMatch(/\*\/|[@#]|`.*`.*`/);
      }),
    );
    expect(codeInComment("x".repeat(10_000)).length).toBe(203);
  });
});

import CodeBlockWriter from "code-block-writer";
import { describe, expect, it } from "vitest";
import { braces, call, list, prefixed, suffixed, writeCode } from "./layout.ts";
import type { Code } from "./layout.ts";

function print(code: Code, end = ";"): string {
  const writer = new CodeBlockWriter({ newLine: "\n", indentNumberOfSpaces: 2 });
  writeCode(writer, code, end);
  return writer.toString();
}

const long = (length: number): string => "x".repeat(length);

describe("writeCode", () => {
  it("keeps on one line what fits", () => {
    expect(print(call("f", "a", list(["b", "c"]), braces(["d: 1"])))).toBe("f(a, [b, c], { d: 1 });\n");
    expect(print(braces([]))).toBe("{};\n");
    expect(print(call("f", long(116)))).toBe(`f(${long(116)});\n`);
  });

  it("gives each item a line otherwise, and breaks no more than it must", () => {
    expect(print(call("f", long(117)))).toBe(`f(\n  ${long(117)},\n);\n`);
    expect(print(call("f", "a", call("g", long(60), long(70)), call("h", "b")))).toBe(
      `f(\n  a,\n  g(\n    ${long(60)},\n    ${long(70)},\n  ),\n  h(b),\n);\n`,
    );
  });

  it("breaks what is to be broken", () => {
    expect(print(braces(["a: 1"], { broken: true }), ",")).toBe("{\n  a: 1,\n},\n");
    expect(print(braces([], { broken: true }), ",")).toBe("{},\n");
  });

  it("counts what stands around it", () => {
    const code = (length: number): Code => suffixed(prefixed("x = ", call("f", long(length))), " as const");
    expect(print(code(103))).toBe(`x = f(${long(103)}) as const;\n`);
    expect(print(code(104))).toBe(`x = f(\n  ${long(104)},\n) as const;\n`);
  });
});

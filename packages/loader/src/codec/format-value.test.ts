import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blobOf } from "../../../../test/btf/blob.ts";
import { clang, compile, whyNoClang } from "../../../../test/btf/clang.ts";
import { Btf } from "../btf/index.ts";
import { ElfFile } from "../elf/index.ts";
import { formatValue } from "./format-value.ts";
import { processorTime } from "../../../../test/processor-time.ts";

/** A variable of an object: its type, and the bytes that the compiler gave it. */
interface Variable {
  readonly btf: Btf;
  readonly typeId: number;
  readonly bytes: Uint8Array;
}

function variableOf(object: Uint8Array, name: string): Variable {
  const elf = ElfFile.parse(object);
  const btf = Btf.parse(elf.section(".BTF")!.data);
  const symbol = elf.symbols.find((one) => one.name === name)!;
  const section = elf.sections[symbol.sectionIndex]!;
  const bytes =
    section.name === ".bss"
      ? new Uint8Array(symbol.size)
      : section.data.slice(symbol.value, symbol.value + symbol.size);
  const variable = btf.type(btf.find(name, "variable")!);
  return { btf, typeId: variable.kind === "variable" ? variable.typeId : 0, bytes };
}

function fixture(order: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/types.${order}.o`, import.meta.url)));
}

describe.each(["el", "eb"])("values of a %s object", (order) => {
  const object = fixture(order);

  it.for(["scalars", "arrays", "bitfields", "packed_bits", "flexible", "single_enum", "counter", "constant"])(
    "%s is the same value to a C compiler",
    (name, context) => {
      context.skip(clang === undefined, whyNoClang);
      const { btf, typeId, bytes } = variableOf(object, name);
      for (const layout of ["lines", "one"] as const) {
        const text = formatValue(btf, typeId, bytes, { layout });
        const source = `#define NULL 0\n#define true 1\n#define false 0\n${btf.toC()}\n${btf.declaration(typeId, name)} = ${text};\n`;
        const again = variableOf(compile(source, order === "el" ? "bpf" : "bpfeb"), name);
        expect(again.bytes, text).toEqual(bytes);
      }
    },
  );

  it("of 128 bits are one number", () => {
    const { btf, typeId, bytes } = variableOf(object, "odd");
    expect(formatValue(btf, typeId, bytes, { layout: "one" })).toBe(
      "{ .wide = 0x1020304050607081112131415161718, .nothing = {}, .constructor = 1, .toString = 2 }",
    );
  });

  it("have names for enumerators, and all members of unions", () => {
    const { btf, typeId, bytes } = variableOf(object, "nested");
    expect(formatValue(btf, typeId, bytes, { skipZeros: true }).replaceAll(/0x[0-9a-f]{10,}/g, "ADDRESS")).toContain(
      ".kind = 7,\n\t.address = {\n",
    );
    const scalars = variableOf(object, "scalars");
    expect(formatValue(scalars.btf, scalars.typeId, scalars.bytes, { layout: "one" })).toBe(
      "{ .a = 1, .b = 2, .c = 3, .d = 72623859790382856, .e = -1, .f = -2, .g = -3, .h = -4, .yes = true, .letter = 120, " +
        ".single = 1.5, .twice = -2.25, .color = GREEN, .sign = MINUS, .big = HUGE, .toggle = ON, .pointer = (void *)0xdeadbeef }",
    );
  });
});

it("leaves out zeros where asked to, and what is beyond the limit", () => {
  const { btf, typeId, bytes } = variableOf(fixture("el"), "scalars");
  const zeros = new Uint8Array(bytes.length);
  zeros[0] = 9;
  expect(formatValue(btf, typeId, zeros, { skipZeros: true, layout: "one" })).toBe("{ .a = 9 }");
  expect(formatValue(btf, typeId, bytes, { limit: 19, layout: "one" })).toBe("{ .a = 1, .b = 2, .c = 3, … }");
  expect(() => formatValue(btf, typeId, bytes.subarray(1))).toThrow(/takes \d+ bytes, not \d+/);
});

it("prints text that is fit for a terminal", () => {
  const btf = blobOf(
    [5, 1 << 24, 1, (1 << 24) | 8, 0, 3 << 24, 0, 1, 1, 10, 10, (4 << 24) | 1, 10, 12, 2, 0],
    "\0int\0char\0x\0a\u001b[31m\0",
  );
  const text = new TextEncoder().encode('a"\u001b[3\0\\\n');
  const bytes = new Uint8Array(10);
  bytes.set(text);
  expect(formatValue(btf, 2, bytes)).toBe('"a\\"\\033[3\\000\\\\\\n"');
  expect(formatValue(btf, 3, bytes, { layout: "one" })).toMatch(/^[\x20-\x7e]*$/);
});

it("ends, however unions nest", () => {
  const types = Array.from({ length: 50 }, (_, index) => [0, (5 << 24) | 2, 1, 0, index + 2, 0, 0, index + 2, 0]);
  const btf = blobOf([...types.flat(), 1, 1 << 24, 1, 8], "\0x\0");
  const start = processorTime();
  expect(formatValue(btf, 1, new Uint8Array(1), { layout: "one" }).length).toBeLessThan(10_000_000);
  expect(processorTime() - start).toBeLessThan(2000);
});

function timeOf(format: () => string): number {
  const start = processorTime();
  format();
  return processorTime() - start;
}

describe("ends soon", () => {
  const length = 50_000;

  it("when a union has a large zero in many ways", () => {
    const members = Array.from({ length }, () => [1, 2, 0]).flat();
    const btf = blobOf(
      [1, 1 << 24, 1, 8, 0, 3 << 24, 0, 1, 1, length, 1, (5 << 24) | length, length, ...members],
      "\0x\0",
    );
    expect(formatValue(btf, 3, new Uint8Array(length), { skipZeros: true })).toBe("{}");
    expect(timeOf(() => formatValue(btf, 3, new Uint8Array(length), { skipZeros: true }))).toBeLessThan(1000);
  });

  it("when each of many values may have one of many names", () => {
    const names = Array.from({ length }, (_, value) => [1, value + 1]).flat();
    const btf = blobOf([1, 1 << 24, 4, 32, 0, (6 << 24) | length, 4, ...names, 0, 3 << 24, 0, 2, 1, length], "\0x\0");
    expect(formatValue(btf, 3, new Uint8Array(4 * length), { limit: 4, layout: "one" })).toBe("{ 0, 0, 0, 0, … }");
    expect(timeOf(() => formatValue(btf, 3, new Uint8Array(4 * length)))).toBeLessThan(1000);
  });
});

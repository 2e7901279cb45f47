import * as fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { jsonText } from "./json-text.ts";
import { hexBytes, parseJson, valueOfJson } from "./json-value.ts";
import { fieldsText, tableText, type Column } from "./table.ts";
import { cutTo, inert, measuring, widthOf, wrap } from "./terminal-text.ts";

const plain = { bold: (text: string): string => text };

describe("text for terminals", () => {
  it("is measured where it is not plain, too", async () => {
    let calls = 0;
    const measured = await measuring(() => {
      calls++;
      return ["plain…", "größer 中", "e\u0301"].map(widthOf);
    });
    expect(measured).toEqual([6, 9, 1]);
    expect(calls).toBe(2);
    // It is loaded now.
    expect(widthOf("中")).toBe(2);
    await expect(
      measuring(() => {
        throw new Error("what is wrong with a text");
      }),
    ).rejects.toThrow("what is wrong with a text");
  });

  it("steers none", () => {
    expect(inert("a\u001b[31mb\nc\u009b\u202ed\u2028")).toBe("a\\u001b[31mb\\u000ac\\u009b\\u202ed\\u2028");
    expect(inert("größer 中")).toBe("größer 中");
  });

  it("is as wide as asked for, with a sign of what is cut", () => {
    expect(cutTo("execsnoop.rodata", 16)).toBe("execsnoop.rodata");
    expect(cutTo("execsnoop.rodata", 8)).toBe("execsno…");
    expect(cutTo("中中中", 4)).toBe("中…");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        const shown = inert(text);
        const cut = cutTo(shown, width);
        expect(stringWidth(cut)).toBeLessThanOrEqual(width);
        if (cut !== shown) expect(cut.endsWith("…")).toBe(true);
      }),
    );
  });

  it("is wrapped without losing anything", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("abcdefghij k", 4)).toEqual(["abcd", "efgh", "ij k"]);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z中]{0,12}$/)), fc.integer({ min: 2, max: 20 }), (words, width) => {
        const lines = wrap(words.join(" "), width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replaceAll(" ", "")).toBe(words.join(""));
      }),
    );
  });
});

describe("a table", () => {
  const columns: readonly Column<readonly [number, string, string | undefined]>[] = [
    { title: "ID", align: "right", cell: ([id]) => id },
    { title: "NAME", flexible: true, cell: ([, name]) => name },
    { title: "FLAGS", flexible: true, cell: ([, , flags]) => flags },
  ];
  const rows: readonly (readonly [number, string, string | undefined])[] = [
    [7, "flows", undefined],
    [123, "a_name_that_is_long", "no_prealloc,mmapable"],
    [9, "\u001b[2Jclear", "x"],
  ];

  it("is as wide as its cells where there is room", () => {
    expect(tableText(columns, rows, { ...plain, width: undefined })).toBe(
      " ID  NAME                 FLAGS\n" +
        "  7  flows                -\n" +
        "123  a_name_that_is_long  no_prealloc,mmapable\n" +
        "  9  \\u001b[2Jclear       x\n",
    );
  });

  it("cuts flexible columns where there is not, the widest first", () => {
    expect(tableText(columns, rows, { ...plain, width: 30 })).toBe(
      " ID  NAME         FLAGS\n" +
        "  7  flows        -\n" +
        "123  a_name_tha…  no_prealloc…\n" +
        "  9  \\u001b[2Jc…  x\n",
    );
    for (let width = 1; width < 60; width++) {
      const lines = tableText(columns, rows, { ...plain, width })
        .trimEnd()
        .split("\n");
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it("of names and values wraps the values and leaves out what there is not", () => {
    const fields = [
      ["id", 7],
      ["pins", "/sys/fs/bpf/one /sys/fs/bpf/two"],
      ["name", undefined],
    ] as const;
    expect(fieldsText(fields, { ...plain, width: 24 })).toBe("id    7\npins  /sys/fs/bpf/one\n      /sys/fs/bpf/two\n");
  });
});

describe("JSON", () => {
  it("has all digits of integers, and bytes as digits", () => {
    const value = { a: 2n ** 64n - 1n, b: Uint8Array.of(0, 255), c: undefined, d: [], e: [-1, NaN], f: {} };
    expect(jsonText(value, 0)).toBe('{"a":18446744073709551615,"b":"00ff","d":[],"e":[-1,null],"f":{}}');
    expect(jsonText({ a: [1, { b: "\u001b" }] })).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": "\\u001b"\n    }\n  ]\n}',
    );
  });

  it("steers no terminal", () => {
    const text = jsonText({ "\u009b": "\u202e\u001b\u{e0001}\u2028" }, 0);
    expect(text).toBe('{"\\u009b":"\\u202e\\u001b\\udb40\\udc01\\u2028"}');
    expect(JSON.parse(text)).toEqual({ "\u009b": "\u202e\u001b\u{e0001}\u2028" });
  });

  it("is read with all digits", () => {
    expect(
      parseJson('{"a": 18446744073709551615, "b": [-9007199254740993, 1.5e300, 7], "c": "12345678901234567890"}', "V"),
    ).toEqual({ a: 18446744073709551615n, b: [-9007199254740993n, 1.5e300, 7], c: "12345678901234567890" });
    expect(() => parseJson("{a: 1}", "VALUE")).toThrow(/^VALUE is not JSON/);
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value, wide) => {
        const normal: unknown = JSON.parse(JSON.stringify(value));
        const { v, w } = parseJson(`{"v": ${JSON.stringify(value)}, "w": ${wide}}`, "V") as { v: unknown; w: unknown };
        expect(typeof w === "number" ? BigInt(w) : w).toBe(wide);
        if (!/\d{16}/.test(JSON.stringify(value))) expect(v).toEqual(normal);
      }),
    );
  });

  it("becomes what codecs take", () => {
    const model = { id: 0n, size: 0, mac: new Uint8Array(2), list: [0n], name: "" };
    expect(valueOfJson({ id: 1, size: 2n, mac: "0a0b", list: [3, 4], name: "x", other: 5 }, model)).toEqual({
      id: 1n,
      size: 2,
      mac: Uint8Array.of(10, 11),
      list: [3n, 4],
      name: "x",
      other: 5,
    });
    expect(valueOfJson({ mac: [10, 11] }, model)).toEqual({ mac: Uint8Array.of(10, 11) });
    expect(() => valueOfJson({ mac: "0a" }, model)).toThrow(/are 1 bytes, and 2 are wanted/);
    expect(() => hexBytes("zz", 1)).toThrow(/no bytes in hexadecimal digits/);
  });
});

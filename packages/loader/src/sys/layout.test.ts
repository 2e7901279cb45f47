import { describe, expect, it } from "vitest";
import { mapCreate, programLoad } from "./attributes/index.ts";
import { decode, encode, stringFromBytes } from "./layout.ts";

const sample = {
  name: "struct sample",
  size: 48,
  fields: {
    byte: [0, "u8", ""],
    half: [2, "u16", ""],
    word: [4, "u32", ""],
    signed: [8, "i32", ""],
    wide: [16, "u64", ""],
    name: [24, "char[8]", ""],
    tag: [32, "u8[4]", ""],
    data: [40, "void*", ""],
  },
} as const;

describe("encode", () => {
  it("writes each value at its offset and reads it back", () => {
    const tag = Uint8Array.of(1, 2, 3, 4);
    const values = {
      byte: 255,
      half: 65_535,
      word: 4_294_967_295,
      signed: -1,
      wide: 2n ** 64n - 1n,
      name: "seven77",
      tag,
    };
    const { bytes, pointers } = encode(sample, values);
    expect(bytes.length).toBe(48);
    expect(pointers).toEqual([]);
    expect({ ...decode(sample, bytes) }).toEqual(values);
  });

  it("leaves out what is undefined, and gives zero", () => {
    const { bytes } = encode(sample, { word: undefined });
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("takes a number for 64 bits", () => {
    expect(decode(sample, encode(sample, { wide: 5 }).bytes).wide).toBe(5n);
  });

  it("lists buffers with their offsets, strings with a NUL", () => {
    const insns = new Uint8Array(16);
    expect(encode(programLoad, { insns, license: "GPL" }).pointers).toEqual([
      [8, insns],
      [16, Uint8Array.of(71, 80, 76, 0)],
    ]);
  });

  it("nests structures and arrays of strings", () => {
    const inner = encode(sample, { data: new Uint8Array(3) });
    expect(encode(sample, { data: inner }).pointers).toEqual([[40, inner.bytes, [[40, new Uint8Array(3)]]]]);
    const strings = { name: "s", size: 8, fields: { names: [0, "char**", ""] } } as const;
    expect(encode(strings, { names: ["a", "bc"] }).pointers).toEqual([
      [
        0,
        new Uint8Array(16),
        [
          [0, Uint8Array.of(97, 0)],
          [8, Uint8Array.of(98, 99, 0)],
        ],
      ],
    ]);
  });

  it.each([
    ["struct sample byte must be an integer from 0 to 255", { byte: 256 }],
    ["struct sample word must be an integer from 0 to 4294967295", { word: -1 }],
    ["struct sample word must be an integer", { word: 1.5 }],
    ["struct sample word must be an integer", { word: Number.NaN }],
    ["struct sample signed must be an integer", { signed: 2 ** 31 }],
    ["struct sample wide must be an integer from 0 to 2^64 - 1", { wide: -1n }],
    ["struct sample wide must be an integer", { wide: 2n ** 64n }],
    ["struct sample name must be at most 8 bytes, a final NUL included", { name: "eight888" }],
    ["struct sample name must be a string without NUL", { name: "a\0b" }],
    ["struct sample tag must be at most 4 bytes", { tag: new Uint8Array(5) }],
  ])("%s", (message, values) => {
    expect(() => encode(sample, values)).toThrow(message);
  });

  it("refuses a field that does not exist", () => {
    const values = { mapType: 1, typo: 1 };
    expect(() => encode(mapCreate, values)).toThrow("BPF_MAP_CREATE has no field typo");
    expect(() => encode(mapCreate, JSON.parse('{"__proto__": 1}') as object)).toThrow("has no field __proto__");
  });
});

describe("decode", () => {
  it("takes what an older kernel did not write as zero", () => {
    expect(decode(sample, Uint8Array.of(9)).byte).toBe(9);
    expect(decode(sample, Uint8Array.of(9)).wide).toBe(0n);
  });

  it("reads a view in the middle of a buffer", () => {
    const buffer = new Uint8Array(100);
    buffer.set(encode(sample, { name: "x" }).bytes, 50);
    expect(decode(sample, buffer.subarray(50, 98)).name).toBe("x");
  });
});

describe("stringFromBytes", () => {
  it("ends at the NUL, or at the end", () => {
    expect(stringFromBytes(Uint8Array.of(97, 0, 98))).toBe("a");
    expect(stringFromBytes(Uint8Array.of(97, 98))).toBe("ab");
    expect(stringFromBytes(new Uint8Array())).toBe("");
  });
});

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Btf } from "../btf/index.ts";
import { ElfFile } from "../elf/index.ts";
import { codecFromBtf } from "./from-btf.ts";
import type { Codec } from "./codec.ts";

/** The compiler's own bytes of every variable: the reference that codecs are compared with, in both byte orders. */
function load(file: string): { elf: ElfFile; btf: Btf } {
  const elf = ElfFile.parse(new Uint8Array(readFileSync(new URL(`fixtures/${file}`, import.meta.url))));
  return { elf, btf: Btf.parse(elf.section(".BTF")!.data) };
}

const objects = { little: load("types.el.o"), big: load("types.eb.o") };

function variable(name: string, order: keyof typeof objects): { codec: Codec<unknown>; bytes: Uint8Array } {
  const { elf, btf } = objects[order];
  const symbol = elf.symbols.find((one) => one.name === name)!;
  const section = elf.sections[symbol.sectionIndex]!;
  const bytes =
    section.name === ".bss"
      ? new Uint8Array(symbol.size)
      : section.data.slice(symbol.value, symbol.value + symbol.size);
  return { codec: codecFromBtf(btf, btf.find(name, "variable")!), bytes };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const expected: Record<string, unknown> = {
  scalars: {
    a: 1,
    b: 2,
    c: 3,
    d: 0x0102030405060708n,
    e: -1,
    f: -2,
    g: -3,
    h: -4n,
    yes: true,
    letter: 0x78,
    single: 1.5,
    twice: -2.25,
    color: 5,
    sign: -1,
    big: 0x123456789abcdef0n,
    toggle: 1,
    pointer: 0xdeadbeefn,
  },
  arrays: {
    text: "text",
    typed: "typed",
    typedef_text: "abc",
    mac: new Uint8Array([1, 2, 3, 4, 5, 6]),
    small: [-1, 0, 1],
    ports: [80, 443, 8080],
    flags: [true, false],
    rows: ["ab", "cde"],
    bytes: [new Uint8Array([1, 2]), new Uint8Array([3, 4])],
    points: [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
  },
  bitfields: {
    low: 5,
    mid: 0x1abcd,
    top: 0xee,
    minus: -3,
    rest: 0x2abcdef,
    bit: true,
    color: 0x7fffffff,
    wide: 0xabcdef0123n,
    thin: 0x155,
    far: -77,
  },
  packed_bits: { lead: 5, across: 0x2bcdef0123456789n, odd: 0x5abcde, plain: 0xcafebabe },
  flexible: { length: 0, data: [] },
  flexible_text: { length: 9, data: "" },
  single_enum: 0x123456789abcdef0n,
  counter: 42n,
  constant: 7,
};

describe.each(["little", "big"] as const)("%s endian, against what the compiler wrote", (order) => {
  it.each(Object.keys(expected))("%s is read", (name) => {
    const { codec, bytes } = variable(name, order);
    expect(codec.size).toBe(bytes.length);
    expect(codec.read(view(bytes), 0)).toEqual(expected[name]);
  });

  it.each([...Object.keys(expected), "nested", "odd"])(
    "%s is written as the compiler wrote it, padding zero",
    (name) => {
      const { codec, bytes } = variable(name, order);
      const written = new Uint8Array(bytes.length + 8).fill(0xee);
      codec.write(view(written), 4, codec.read(view(bytes), 0));
      expect(written.subarray(4, -4)).toEqual(bytes);
      expect([...written.subarray(0, 4), ...written.subarray(-4)]).toEqual(Array<number>(8).fill(0xee));
    },
  );

  it("anonymous members are the struct's own, unions have every member", () => {
    const { codec, bytes } = variable("nested", order);
    const little = order === "little";
    expect(codec.read(view(bytes), 0)).toEqual({
      kind: 7,
      address: {
        v4: little ? 0x04030201 : 0x01020304,
        v6: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
        zone: { group: little ? 0x0201 : 0x0102, scope: little ? 0x08070605 : 0x05060708 },
      },
      inner_a: 11,
      inner_b: 12,
      raw: 0x1122334455667788n,
      lo: little ? 0x55667788 : 0x11223344,
      hi: little ? 0x11223344 : 0x55667788,
      first: little ? 0x88 : 0x11,
      next: 0n,
      self: 0n,
    });
  });

  it("128-bit integers are bytes", () => {
    const { codec, bytes } = variable("odd", order);
    const value = codec.read(view(bytes), 0) as { wide: Uint8Array; nothing: object; constructor: unknown };
    expect(value.wide).toEqual(bytes.slice(0, 16));
    expect(value.nothing).toEqual({});
    expect(value).toHaveProperty("constructor", 1);
    expect(value).toHaveProperty("toString", 2);
  });

  it("any bytes are read, and what was read can be written and reads the same", () => {
    for (const name of [...Object.keys(expected), "nested"]) {
      const { codec } = variable(name, order);
      fc.assert(
        fc.property(fc.uint8Array({ minLength: codec.size, maxLength: codec.size }), (bytes) => {
          const value = codec.read(view(bytes), 0);
          if (!writable(value, codec, name)) return;
          const written = new Uint8Array(codec.size).fill(0xee);
          codec.write(view(written), 0, value);
          expect(codec.read(view(written), 0)).toEqual(value);
        }),
        { numRuns: 100 },
      );
    }
  });
});

/** Bytes that end a string at the last place, or are not UTF-8, make a string that is longer than its array. */
function writable(value: unknown, codec: Codec<unknown>, name: string): boolean {
  if (name !== "arrays") return true;
  try {
    codec.write(new DataView(new ArrayBuffer(codec.size)), 0, value);
    return true;
  } catch {
    return false;
  }
}

/** Writing the variable's value with a change. */
function write(name: string, change: (value: Record<string, unknown>) => unknown): () => void {
  const { codec, bytes } = variable(name, "little");
  const value = codec.read(view(bytes), 0) as Record<string, unknown>;
  return () => codec.write(view(bytes), 0, change(value));
}

/** `values` with a hole at the end. */
function sparse(...values: unknown[]): unknown[] {
  const array = [...values];
  array.length += 1;
  return array;
}

describe("what is refused", () => {
  it.each([
    ["scalars", { c: 2 ** 32 }, "field c: 4294967296 does not fit __u32 (0 … 4294967295)"],
    ["scalars", { yes: 1 }, "field yes: 1 is not a boolean"],
    ["scalars", { color: "RED" }, 'field color: "RED" is not a number, as __u32 (0 … 4294967295) needs'],
    ["scalars", { d: undefined }, "field d: undefined is not a bigint, as __u64 (0 … 18446744073709551615) needs"],
    ["arrays", { text: "12345678" }, 'field text: "12345678" takes 9 bytes with its NUL, char[8] has 8'],
    ["arrays", { rows: ["a", "b", "c"] }, "field rows: an array of 3 is not an array of 2"],
    ["arrays", { rows: ["a", "four"] }, 'field rows[1]: "four" takes 5 bytes with its NUL, char[4] has 4'],
    [
      "arrays",
      {
        points: [
          { x: 1, y: 1 },
          { x: 256, y: 1 },
        ],
      },
      "field points[1].x: 256 does not fit __u8 (0 … 255)",
    ],
    [
      "arrays",
      { points: sparse({ x: 1, y: 1 }) },
      "field points[1]: undefined is not an object, as struct {...} needs",
    ],
    ["arrays", { ports: sparse(1, 2) }, "field ports[2]: undefined is not a number, as __u16 (0 … 65535) needs"],
    ["arrays", { mac: [1, 2, 3, 4, 5, 6] }, "field mac: an array of 6 is not a Uint8Array of 6 bytes"],
    ["arrays", { mac: new Uint8Array(5) }, "field mac: a view of 5 bytes is not a Uint8Array of 6 bytes"],
    ["bitfields", { low: 8 }, "field low: 8 does not fit an unsigned bitfield of 3 (0 … 7)"],
    ["bitfields", { minus: -17 }, "field minus: -17 does not fit a signed bitfield of 5 (-16 … 15)"],
    [
      "bitfields",
      { wide: 2n ** 40n },
      "field wide: 1099511627776n does not fit an unsigned bitfield of 40 (0 … 1099511627775)",
    ],
    ["nested", { address: 5 }, "field address: 5 is not an object, as union address needs"],
    ["nested", { address: { v4: -1 } }, "field address.v4: -1 does not fit __u32 (0 … 4294967295)"],
    ["nested", { address: {} }, "field address: no member of union address is given; give one of v4, v6, zone"],
    ["nested", { lo: 5 }, "members raw, (lo, hi), first of union {...} say different things; give one of them"],
  ])("%s with %o", (name, change, message) => {
    expect(write(name, (value) => ({ ...value, ...change }))).toThrow(
      expect.objectContaining({ code: "ERR_BPF_VALUE", message: expect.stringContaining(message) as unknown }),
    );
  });

  it("a value that is no object", () => {
    for (const value of [null, undefined, 1, "x", 1n, true, Symbol("s")])
      expect(write("scalars", () => value)).toThrow("as struct scalars needs");
  });

  it("what objects inherit is not a field", () => {
    expect(write("odd", () => ({ wide: new Uint8Array(16), nothing: {}, toString: 1 }))).toThrow(
      "field constructor: undefined",
    );
  });

  it("an error of a getter comes through as it is", () => {
    const error = new Error("mine");
    expect(
      write("scalars", (value) =>
        Object.defineProperty(value, "a", {
          get() {
            throw error;
          },
        }),
      ),
    ).toThrow(error);
  });
});

describe("options", () => {
  const { btf } = objects.little;

  it("int64: number reads and writes numbers, and refuses what is not exact", () => {
    const codec = codecFromBtf(btf, btf.find("counter", "variable")!, { int64: "number" });
    const buffer = view(new Uint8Array(8));
    codec.write(buffer, 0, 2 ** 53 - 1);
    expect(codec.read(buffer, 0)).toBe(2 ** 53 - 1);
    buffer.setBigUint64(0, 2n ** 53n, true);
    expect(() => codec.read(buffer, 0)).toThrow("9007199254740992 can't be read as a number");
    const struct = codecFromBtf(btf, btf.find("scalars", "struct")!, { int64: "number" });
    expect(() => struct.read(view(new Uint8Array(struct.size).fill(0xff)), 0)).toThrow("field d: 18446744073709551615");
  });

  it("chars: bytes keeps all bytes", () => {
    const codec = codecFromBtf(btf, btf.find("arrays", "struct")!, { chars: "bytes" });
    expect(codec.read(view(variable("arrays", "little").bytes), 0)).toHaveProperty(
      "text",
      new TextEncoder().encode("text\0\0\0\0"),
    );
  });

  it("the same codec for the same type", () => {
    const id = btf.find("arrays", "struct")!;
    expect(codecFromBtf(btf, id)).toBe(codecFromBtf(btf, id));
    expect(codecFromBtf(btf, id)).not.toBe(codecFromBtf(btf, id, { chars: "bytes" }));
  });
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Btf } from "../btf/index.ts";
import type { BtfType } from "../btf/index.ts";
import { ElfFile } from "../elf/index.ts";
import { codecFromBtf } from "./from-btf.ts";
import { fieldsOf, gapsOf, shapeOf } from "./shape.ts";
import type { CompositeShape } from "./shape.ts";

const elf = ElfFile.parse(new Uint8Array(readFileSync(new URL("fixtures/types.el.o", import.meta.url))));
const btf = Btf.parse(elf.section(".BTF")!.data);

function struct(name: string): CompositeShape {
  const shape = shapeOf(btf, btf.find(name, "struct")!);
  if (shape.kind !== "struct") throw new Error(`${name} is ${shape.kind}`);
  return shape;
}

it("fields of anonymous members are the struct's, at its offsets", () => {
  expect(fieldsOf(struct("nested")).map(({ name, offset }) => [name, offset])).toEqual([
    ["kind", 0],
    ["address", 4],
    ["inner_a", 20],
    ["inner_b", 24],
    ["raw", 32],
    ["lo", 32],
    ["hi", 36],
    ["first", 32],
    ["next", 40],
    ["self", 48],
  ]);
});

it("gaps are padding and the bytes of bitfields", () => {
  expect(gapsOf(struct("nested"))).toEqual([
    { offset: 1, length: 3 },
    { offset: 28, length: 4 },
  ]);
  expect(gapsOf(struct("bitfields"))).toEqual([{ offset: 0, length: 24 }]);
  expect(gapsOf(struct("packed_bits"))).toEqual([{ offset: 0, length: 11 }]);
  expect(gapsOf(struct("flexible"))).toEqual([]);
});

it("a pointer says what it points to, and ends there", () => {
  const self = fieldsOf(struct("nested")).find(({ name }) => name === "self")!.shape;
  expect(self).toMatchObject({ kind: "pointer", typeName: "struct nested *", target: btf.find("nested", "struct") });
});

it("members of which BTF does not say what they are, are their bytes", () => {
  const unknown = hostile(
    { kind: "int", size: 4, bits: 32 },
    { kind: "array", elementTypeId: 0, length: 3 },
    {
      kind: "struct",
      name: "atomic",
      size: 16,
      members: [
        { name: "a", typeId: 1, bitOffset: 0, bitSize: 0 },
        { name: "b", typeId: 0, bitOffset: 32, bitSize: 0 },
        { name: "c", typeId: 2, bitOffset: 64, bitSize: 0 },
      ],
    },
  );
  const codec = codecFromBtf(unknown, 3);
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
  const value = codec.read(new DataView(bytes.buffer), 0);
  expect(value).toEqual({ a: 0x03020100, b: bytes.subarray(4, 8), c: bytes.subarray(8) });
  const written = new Uint8Array(16);
  codec.write(new DataView(written.buffer), 0, value);
  expect(written).toEqual(bytes);
});

it("the same object for the same type", () => {
  expect(struct("arrays")).toBe(struct("arrays"));
});

/** A BTF of types that no compiler writes; ids are indexes. */
function hostile(...types: object[]): Btf {
  const all = [{ kind: "void" }, ...types].map((type, id) => Object.assign({ name: "", id }, type) as BtfType);
  // Only what shapes and codecs ask of a BTF.
  return {
    littleEndian: true,
    resolve: (id: number) => all[id],
    resolveId: (id: number) => id,
    kind: (id: number) => all[id]?.kind,
    word: (id: number) => (all[id]?.kind === "array" ? all[id].elementTypeId : 0),
    typeName: (id: number) => all[id]?.name ?? "",
    alignOf: () => 1,
  } as unknown as Btf;
}
const int = { kind: "int", name: "int", size: 4, signed: true, bits: 32, bitOffset: 0 };
const member = (name: string, typeId: number, bitOffset = 0, bitSize = 0): object => ({
  name,
  typeId,
  bitOffset,
  bitSize,
});

it.each([
  [
    "a struct that contains itself",
    [{ kind: "struct", name: "s", size: 8, members: [member("a", 1)] }],
    "contains itself",
  ],
  [
    "a member behind the end",
    [{ kind: "struct", name: "s", size: 6, members: [member("a", 2, 32)] }, int],
    'member "a" of struct "s" is outside its 6 bytes',
  ],
  [
    "a member of no type behind the end",
    [{ kind: "struct", name: "s", size: 4, members: [member("a", 0, 64)] }],
    'member "a" of struct "s" is outside its 4 bytes',
  ],
  [
    "a bitfield behind the end",
    [{ kind: "struct", name: "s", size: 4, members: [member("a", 2, 30, 3)] }, int],
    "outside its 4 bytes",
  ],
  [
    "a bitfield of 65 bits",
    [{ kind: "struct", name: "s", size: 40, members: [member("a", 2, 0, 65)] }, int],
    "outside its 40 bytes",
  ],
  [
    "a member between bytes",
    [{ kind: "struct", name: "s", size: 40, members: [member("a", 2, 3)] }, int],
    "outside its 40 bytes",
  ],
])("%s", (_, types, message) => {
  expect(() => codecFromBtf(hostile(...types), 1)).toThrow(
    expect.objectContaining({ code: "ERR_BPF_OBJECT_FORMAT", message: expect.stringContaining(message) as unknown }),
  );
});

it("anonymous structs inside each other don't multiply without end", () => {
  const levels = Array.from({ length: 40 }, (_, i) => ({
    kind: "struct",
    size: 0,
    members: i === 39 ? [] : [member("", i + 2), member("", i + 2)],
  }));
  expect(codecFromBtf(hostile(...levels), 1).read(new DataView(new ArrayBuffer(0)), 0)).toEqual({});
  const half = Array.from({ length: 40_000 }, (_, i) => member(`a${i}`, 3, i * 8));
  const byte = { ...int, size: 1, bits: 8 };
  const whole = { kind: "struct", name: "s", size: 80_000, members: [member("", 2), member("", 2, 320_000)] };
  expect(() => codecFromBtf(hostile(whole, { kind: "struct", size: 40_000, members: half }, byte), 1)).toThrow(
    "more than 65535 fields",
  );
});

it("four thousand million elements without size are no array", () => {
  const codec = codecFromBtf(
    hostile({ kind: "array", elementTypeId: 2, length: 0xffff_ffff }, { kind: "struct", size: 0, members: [] }),
    1,
  );
  expect(codec.read(new DataView(new ArrayBuffer(0)), 0)).toEqual(new Uint8Array(0));
});

it("a long array ends with the bytes", () => {
  const codec = codecFromBtf(hostile({ kind: "array", elementTypeId: 2, length: 0xffff_ffff }, int), 1);
  expect(() => codec.read(new DataView(new ArrayBuffer(64)), 0)).toThrow(RangeError);
});

it("a member called __proto__ is an ordinary property", () => {
  const codec = codecFromBtf(
    hostile({ kind: "struct", name: "s", size: 8, members: [member("__proto__", 2), member("a", 2, 32)] }, int),
    1,
  );
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, 5, true);
  const value = codec.read(view, 0) as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toBe(5);
  const again = new DataView(new ArrayBuffer(8));
  codec.write(again, 0, value);
  expect(again.getInt32(0, true)).toBe(5);
  expect(() => codec.write(again, 0, { a: 1 })).toThrow("field __proto__: undefined");
});

it.each([
  ["void", [{ kind: "forward" }], 0],
  ["a forward declaration", [{ kind: "forward", name: "x" }], 0],
  ["long double", [{ kind: "float", size: 16 }], 16],
  ["an integer of 3 bytes", [{ kind: "int", size: 3, bits: 24, bitOffset: 0 }], 3],
  ["a data section", [{ kind: "dataSection", size: 12, entries: [] }], 12],
])("%s is bytes, with a reason", (_, types, size) => {
  const shape = shapeOf(hostile(...types), 1);
  expect(shape).toMatchObject({ kind: "opaque", size, reason: expect.any(String) as unknown });
  expect(codecFromBtf(hostile(...types), 1).read(new DataView(new ArrayBuffer(16)), 0)).toEqual(new Uint8Array(size));
});

it("bitfields of old compilers: offset and width are in the integer's type", () => {
  const old = { kind: "int", size: 4, signed: true, bits: 5, bitOffset: 3 };
  const codec = codecFromBtf(hostile({ kind: "struct", name: "s", size: 4, members: [member("a", 2, 8)] }, old), 1);
  const view = new DataView(new ArrayBuffer(4));
  codec.write(view, 0, { a: -3 });
  expect(view.getUint32(0, true)).toBe((-3 & 31) << 11);
  expect(codec.read(view, 0)).toEqual({ a: -3 });
});

it("unions that say the same bytes in thousands of ways are bytes", () => {
  const levels = 30;
  const unions = Array.from({ length: levels }, (_, index) => ({
    kind: "union",
    name: `u${index}`,
    size: 4,
    members: [member("a", index + 2), member("b", index + 2)],
  }));
  const btf = hostile(...unions, int);
  const shape = shapeOf(btf, 1);
  expect(shape.size).toBe(4);
  // The innermost are still unions; what they are in is not.
  expect(shapeOf(btf, levels)).toMatchObject({ kind: "union" });
  const opaque = unions.map((_, index) => shapeOf(btf, index + 1)).filter(({ kind }) => kind === "opaque");
  expect(opaque).not.toHaveLength(0);
  expect(opaque.at(-1)).toMatchObject({ reason: "its unions nest in too many ways" });
  const start = performance.now();
  for (let id = 1; id <= levels; id++) {
    const codec = codecFromBtf(btf, id);
    const view = new DataView(new ArrayBuffer(4));
    codec.write(view, 0, codec.read(view, 0));
  }
  expect(performance.now() - start).toBeLessThan(1000);
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { BtfBuilder } from "./index.ts";
import type { Btf, BtfType, NewBtfType } from "./index.ts";

function allTypes(btf: Btf): readonly BtfType[] {
  return Array.from({ length: btf.typeCount }, (_, id) => btf.type(id));
}

it.each(["kinds.el.o", "kinds.eb.o", "core-target.el.o"])(
  "makes the types of %s again, in both byte orders",
  (name) => {
    const original = btfOf(name);
    for (const littleEndian of [true, false]) {
      const builder = new BtfBuilder({ littleEndian });
      for (const type of allTypes(original)) {
        if (type.kind !== "void") expect(builder.add(type)).toBe(type.id);
      }
      const built = builder.build();
      expect(built.littleEndian).toBe(littleEndian);
      expect(allTypes(built)).toEqual(allTypes(original));
      expect(built.bytes.length).toBeLessThanOrEqual(original.bytes.length);
    }
  },
);

it("copies what a type needs, once", () => {
  const original = btfOf("kinds.el.o");
  const builder = new BtfBuilder();
  const id = builder.addFrom(original, original.find("every", "struct") ?? 0);
  expect(builder.addFrom(original, original.find("every", "struct") ?? 0)).toBe(id);
  const built = builder.build();
  expect(built.toC({ types: [id] })).toBe(original.toC({ types: [original.find("every", "struct") ?? 0] }));
  expect(built.typeCount).toBeLessThan(original.typeCount);
  expect(built.findAll("every")).toEqual([id]);
});

it("makes types that refer to each other", () => {
  const builder = new BtfBuilder();
  const node = builder.reserve();
  const pointer = builder.add({ kind: "pointer", typeId: node });
  const members = [{ name: "next", typeId: pointer, bitOffset: 0, bitSize: 0 }];
  expect(() => builder.build()).toThrow(/type 1 was reserved and never set/);
  builder.set(node, { kind: "struct", name: "node", size: 8, members });
  expect(builder.build().type(node)).toEqual({ kind: "struct", id: node, name: "node", size: 8, members });
  expect(() => {
    builder.set(9, { kind: "pointer", typeId: 1 });
  }).toThrow(/type 9 is not one of this builder/);
});

it("makes what is split from another", () => {
  const base = btfOf("kinds.el.o");
  const every = base.find("every", "struct") ?? 0;
  const builder = new BtfBuilder({ base });
  const pointer = builder.add({ kind: "pointer", typeId: builder.addFrom(base, every) });
  builder.add({ kind: "typedef", name: "of_the_module", typeId: pointer });
  const split = builder.build();
  expect(split.base).toBe(base);
  expect(split.firstTypeId).toBe(base.typeCount);
  expect(split.typeName(split.find("of_the_module") ?? 0)).toBe("of_the_module");
  expect(split.resolve(split.find("of_the_module") ?? 0)).toMatchObject({ kind: "pointer", typeId: every });

  const whole = new BtfBuilder();
  whole.addFrom(split, split.find("of_the_module") ?? 0);
  const standalone = whole.build();
  expect(standalone.find("every", "struct")).toBeDefined();
  expect(standalone.typeName(standalone.resolve(standalone.find("of_the_module") ?? 0).id)).toBe("struct every *");
});

it.each([
  [{ kind: "pointer", typeId: -1 }, /must be an integer from 0/],
  [{ kind: "float", name: "a\0b", size: 4 }, /has a NUL/],
  [{ kind: "enum", name: "e", size: 4, signed: true, values: [{ name: "a", value: 2 ** 31 }] }, /a value must be/],
  [
    { kind: "struct", name: "s", size: 4, members: [{ name: "m", typeId: 0, bitOffset: 2 ** 24, bitSize: 1 }] },
    /an offset in bits must be/,
  ],
] satisfies [NewBtfType, RegExp][])("refuses what does not fit: %j", (type, message) => {
  expect(() => new BtfBuilder().add(type)).toThrow(message);
});

it("refuses references to what is not there", () => {
  const builder = new BtfBuilder();
  builder.add({ kind: "pointer", typeId: 7 });
  expect(() => builder.build()).toThrow(/refers to type 7 of 2/);
});

const of = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);
const list = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(element, { maxLength: 5 });

describe("random type graphs", () => {
  const COUNT = 12;
  const id = fc.integer({ min: 0, max: COUNT });
  const name = fc.string({ maxLength: 6, unit: "grapheme" }).filter((text) => !text.includes("\0"));
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const linkage = fc.constantFrom("static", "global", "extern");
  const member = fc.record({
    name,
    typeId: id,
    bitOffset: fc.integer({ min: 0, max: 0xff_ffff }),
    bitSize: fc.integer({ min: 0, max: 255 }),
  });
  const type: fc.Arbitrary<NewBtfType> = fc.oneof(
    fc.record({
      kind: of("int"),
      name,
      size: u32,
      signed: fc.boolean(),
      char: fc.boolean(),
      bool: fc.boolean(),
      bits: fc.integer({ min: 0, max: 255 }),
      bitOffset: fc.integer({ min: 0, max: 255 }),
    }),
    fc.record({ kind: of("pointer"), name: fc.constant("" as const), typeId: id }),
    fc.record({ kind: of("array"), name: fc.constant("" as const), elementTypeId: id, indexTypeId: id, length: u32 }),
    fc.record({ kind: of("struct", "union"), name, size: u32, members: list(member) }),
    fc.record({
      kind: of("enum"),
      name,
      size: u32,
      signed: fc.constant(true),
      values: list(fc.record({ name, value: fc.integer() })),
    }),
    fc.record({
      kind: of("enum"),
      name,
      size: u32,
      signed: fc.constant(false),
      values: list(fc.record({ name, value: u32 })),
    }),
    fc.record({
      kind: of("enum64"),
      name,
      size: u32,
      signed: fc.constant(true),
      values: list(fc.record({ name, value: i64 })),
    }),
    fc.record({
      kind: of("enum64"),
      name,
      size: u32,
      signed: fc.constant(false),
      values: list(fc.record({ name, value: u64 })),
    }),
    fc.record({ kind: of("forward"), name, union: fc.boolean() }),
    fc.record({ kind: of("typedef", "typeTag"), name, typeId: id }),
    fc.record({ kind: of("volatile", "const", "restrict"), name: fc.constant(""), typeId: id }),
    fc.record({ kind: of("function"), name, typeId: id, linkage }),
    fc.record({
      kind: of("functionPrototype"),
      name: fc.constant("" as const),
      returnTypeId: id,
      parameters: list(fc.record({ name, typeId: id })),
    }),
    fc.record({ kind: of("variable"), name, typeId: id, linkage }),
    fc.record({
      kind: of("dataSection"),
      name,
      size: u32,
      entries: list(fc.record({ typeId: id, offset: u32, size: u32 })),
    }),
    fc.record({ kind: of("float"), name, size: u32 }),
    fc.record({ kind: of("declTag"), name, typeId: id, componentIndex: fc.integer({ min: -1, max: 0x7fff_ffff }) }),
  );
  const graph = fc.array(type, { minLength: COUNT, maxLength: COUNT });

  it("are read as they were written, and copied as they are", () => {
    fc.assert(
      fc.property(graph, fc.boolean(), fc.boolean(), (types, littleEndian, otherOrder) => {
        const builder = new BtfBuilder({ littleEndian });
        for (const each of types) builder.add(each);
        const built = builder.build();
        expect(allTypes(built).slice(1)).toEqual(types.map((each, index) => ({ ...each, id: index + 1 })));

        // copied twice, in another order: what is reachable from a type is the same graph
        const copy = (from: Btf): Btf => {
          const target = new BtfBuilder({ littleEndian: otherOrder });
          for (let at = 1; at < from.typeCount; at++) target.addFrom(from, from.typeCount - at);
          return target.build();
        };
        const twice = copy(copy(built));
        expect(twice.typeCount).toBe(built.typeCount);
        const kinds = (btf: Btf): string[] =>
          allTypes(btf)
            .map(({ kind, name: of }) => `${kind} ${of}`)
            .toSorted();
        expect(kinds(twice)).toEqual(kinds(built));
        for (const printed of [built, twice]) {
          try {
            printed.toC();
          } catch (error) {
            expect(error).toMatchObject({ code: "ERR_BPF_OBJECT_FORMAT" });
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

import { expect, it } from "vitest";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { Btf, BtfBuilder, layoutOf, minimalBtf, CoreRelocationKind } from "./index.ts";

/** A module's BTF: a struct of its own that has one of the kernel's in it. */
function moduleOf(base: Btf): Btf {
  const builder = new BtfBuilder({ base });
  const packed = base.find("packed", "struct") ?? 0;
  const pointer = builder.add({ kind: "pointer", typeId: base.find("every", "struct") ?? 0 });
  builder.add({
    kind: "struct",
    name: "of_module",
    size: 24,
    members: [
      { name: "first", typeId: packed, bitOffset: 0, bitSize: 0 },
      { name: "second", typeId: pointer, bitOffset: 128, bitSize: 0 },
    ],
  });
  return Btf.parse(builder.toBytes(), base);
}

it.each(["el", "eb"])("a module's types are printed with what they need of the kernel's (%s)", (order) => {
  const base = btfOf(`kinds.${order}.o`);
  const module = moduleOf(base);
  const text = module.toC({ guard: "", preserveAccessIndex: false });
  expect(text).toMatchInlineSnapshot(`
    "typedef unsigned char u8;

    typedef unsigned long long u64;

    struct packed {
    	u8 one;
    	u64 eight;
    } __attribute__((packed));

    struct every;

    struct of_module {
    	struct packed first;
    	struct every *second;
    };

    "
  `);
  expect(layoutOf(module, module.find("of_module") ?? 0)).toMatchObject({ size: 24, align: 8, holeBits: 56 });
});

it("what an object needs of a module and its kernel stands alone", () => {
  const base = btfOf("kinds.el.o");
  const module = moduleOf(base);
  const id = module.find("of_module") ?? 0;
  const relocations = [{ typeId: id, access: "0:0:1", kind: CoreRelocationKind.FIELD_BYTE_OFFSET }];
  for (const needed of [
    minimalBtf([{ local: module, relocations }], module),
    minimalBtf([{ local: module, relocations }], base, () => [module]),
  ]) {
    expect(needed.base).toBeUndefined();
    expect(needed.toC({ guard: "", preserveAccessIndex: false })).toMatch(
      /struct of_module \{\n\tstruct packed first;\n/,
    );
    expect(needed.find("every")).toBeUndefined();
  }
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { asBpftool, bpftoolTypes, whyNoBpftool } from "../../../../test/btf/bpftool.ts";
import { blobOf } from "../../../../test/btf/blob.ts";
import { btfOf, fixturePath, openFixture, sectionOf } from "../../../../test/btf/open-fixture.ts";
import { readParts } from "../../../../test/fuzz/read-object.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { Btf } from "./index.ts";
import type { BtfType } from "./index.ts";

const little = btfOf("kinds.el.o");
const big = btfOf("kinds.eb.o");

/** A type of that name, or a failed test. */
function typeOf(btf: Btf, name: string): BtfType {
  const id = btf.find(name);
  if (id === undefined) throw new Error(`no type ${name}`);
  return btf.type(id);
}

function allTypes(btf: Btf): readonly BtfType[] {
  return Array.from({ length: btf.typeCount }, (_, id) => btf.type(id));
}

it.for(["kinds.el.o", "kinds.eb.o", "core-local.el.o", "core-target.eb.o"])(
  "reads %s as bpftool does",
  (name, context) => {
    const expected = bpftoolTypes(fixturePath(name));
    context.skip(expected === undefined, whyNoBpftool);
    const found = allTypes(btfOf(name)).slice(1).map(asBpftool);
    // `vlen` is the length of a list
    expect(found).toEqual(
      expected?.map((type) => Object.fromEntries(Object.entries(type).filter(([key]) => key !== "vlen"))),
    );
  },
);

it("reads both byte orders as the same types", () => {
  expect(big.littleEndian).toBe(false);
  expect(little.littleEndian).toBe(true);
  expect(allTypes(big)).toEqual(allTypes(little));
});

it("reads a blob at any alignment", () => {
  for (const btf of [little, big]) {
    for (let shift = 0; shift < 4; shift++) {
      const moved = new Uint8Array(btf.bytes.length + shift);
      moved.set(btf.bytes, shift);
      expect(allTypes(Btf.parse(moved.subarray(shift)))).toEqual(allTypes(btf));
    }
  }
});

it("never changes what it was read from, not even a Buffer", () => {
  const buffer = readFileSync(fixturePath("kinds.el.o"));
  const before = new Uint8Array(buffer);
  readParts(buffer, little);
  expect(new Uint8Array(buffer)).toEqual(before);
});

it("has a fixture of every kind", () => {
  const kinds = new Set(allTypes(little).map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(
    [
      "array",
      "const",
      "dataSection",
      "declTag",
      "enum",
      "enum64",
      "float",
      "forward",
      "function",
      "functionPrototype",
      "int",
      "pointer",
      "restrict",
      "struct",
      "typeTag",
      "typedef",
      "union",
      "variable",
      "void",
      "volatile",
    ].sort(),
  );
});

it.each([little, big])("has words changed in a copy, which is read as its bytes are", (btf) => {
  const id = btf.find("every", "struct")!;
  const copy = btf.withWords([
    { id, index: 2, value: 0xffff_fff0 },
    { id, index: 4, value: 0 },
  ]);
  expect(copy.type(id)).toMatchObject({ name: "every", size: 0xffff_fff0, members: { 0: { typeId: 0 } } });
  expect(copy.find("every")).toBe(id);
  expect(allTypes(copy)).toEqual(allTypes(Btf.parse(copy.bytes)));
  expect(btf.type(id)).toEqual(Btf.parse(btf.bytes).type(id));
  expect(btf.word(id, 2)).not.toBe(0xffff_fff0);
});

describe("types", () => {
  it("are the same object each time", () => {
    expect(little.type(2)).toBe(little.type(2));
    expect(little.type(0)).toEqual({ kind: "void", id: 0, name: "" });
  });

  it("give kind and name without being decoded", () => {
    for (const { id, kind, name } of allTypes(little)) {
      expect(little.kind(id)).toBe(kind);
      expect(little.name(id)).toBe(name);
    }
  });

  it("of structs have bitfields and anonymous members", () => {
    const every = typeOf(little, "every");
    const members = every.kind === "struct" ? every.members : [];
    expect(members.find(({ name }) => name === "bits")).toMatchObject({ bitSize: 3 });
    expect(members.find(({ name }) => name === "signed_bits")).toMatchObject({ bitSize: 5 });
    expect(members.find(({ name }) => name === "many_bits")).toMatchObject({ bitSize: 40 });
    expect(members.filter(({ name }) => name === "")).toHaveLength(1);
  });

  it("of enums have values with their sign", () => {
    expect(typeOf(little, "negative")).toMatchObject({
      kind: "enum",
      signed: true,
      values: [{ value: -1 }, { value: 1 }],
    });
    expect(typeOf(little, "wide")).toMatchObject({
      kind: "enum64",
      signed: false,
      values: [{ value: 0x1_0000_0000n }, { value: 0xffff_ffff_ffff_ffffn }],
    });
    expect(typeOf(little, "wide_negative")).toMatchObject({ signed: true, values: [{ value: -0x1_0000_0000n }] });
  });

  it("are told by kind, without those of the base", () => {
    for (const btf of [little, big]) {
      const wanted = allTypes(btf).filter(({ kind }) => kind === "enum" || kind === "declTag");
      expect(wanted.length).toBeGreaterThan(1);
      expect(btf.ofKinds("declTag", "enum")).toEqual(wanted.map(({ id }) => id));
      expect(btf.ofKinds()).toEqual([]);
    }
    const split = Btf.parse(little.bytes, little);
    expect(split.ofKinds("enum")).toEqual(little.ofKinds("enum").map((id) => id + little.typeCount - 1));
  });

  it("that don't exist are refused", () => {
    for (const id of [little.typeCount, -1, 1.5, Number.NaN, 2 ** 40]) {
      expect(() => little.type(id)).toThrow(ObjectFormatError);
      expect(() => little.kind(id)).toThrow(/does not exist/);
      expect(() => little.name(id)).toThrow(ObjectFormatError);
      expect(() => little.sizeOf(id)).toThrow(ObjectFormatError);
    }
  });
});

describe("find", () => {
  it("finds by name and kind", () => {
    expect(little.find("every", "struct")).toBe(2);
    expect(little.find("every", "union")).toBeUndefined();
    expect(little.find("text")).toBe(typeOf(little, "text").id);
    expect(little.find("text", "variable")).toBe(typeOf(little, "text").id);
    expect(little.find("ever")).toBeUndefined();
    expect(little.find("every_")).toBeUndefined();
    expect(little.find("")).toBeUndefined();
  });

  it("finds each type by its name", () => {
    for (const { id, kind, name } of allTypes(little)) {
      if (name === "" || kind === "declTag" || kind === "typeTag") continue;
      expect(little.findAll(name)).toContain(id);
      expect(little.type(little.find(name, kind) ?? 0)).toMatchObject({ name, kind });
    }
  });

  it("finds tags only by their kind", () => {
    expect(little.find("whole")).toBeUndefined();
    expect(little.findAll("whole")).toEqual([]);
    expect(little.kind(little.find("whole", "declTag") ?? 0)).toBe("declTag");
    expect(little.kind(little.find("user", "typeTag") ?? 0)).toBe("typeTag");
  });

  it("finds flavours by their essential name", () => {
    const target = btfOf("core-target.el.o");
    const found = target.findEssential(new Set(["flavoured", "only_flavour", "twice", "nothing", "", "wide"]));
    const names = (name: string): readonly string[] => (found.get(name) ?? []).map((id) => target.name(id)).sort();
    expect(names("flavoured")).toEqual(["flavoured___old"]);
    expect(names("twice")).toEqual(["twice", "twice", "twice___2"]); // a variable, too
    expect(names("only_flavour")).toEqual(["only_flavour", "only_flavour___new"]);
    expect(found.has("nothing")).toBe(false);
    expect(target.findEssential(new Set(["only_flavour"]), new Set(["struct"])).get("only_flavour")).toHaveLength(1);
    // What cilium/ebpf 0.22 gets wrong: there is only a flavour of that name
    expect(target.find("only_flavour", "struct")).toBeUndefined();
  });
});

describe("types that are gone through when they are first asked for", () => {
  it.each(["core-target.el.o", "core-target.eb.o", "kinds.el.o"])("%s: are found as if they were known", (file) => {
    const known = btfOf(file);
    const names = new Set(allTypes(known).map(({ name }) => name));
    const open = (): Btf => Btf.open(known.bytes);
    expect(open().findEssential(names)).toEqual(known.findEssential(names));
    const kinds = new Set(["struct", "typedef"] as const);
    expect(open().findEssential(names, kinds)).toEqual(known.findEssential(names, kinds));
    for (const name of names) {
      expect(open().find(name)).toBe(known.find(name));
      expect(open().findAll(name)).toEqual(known.findAll(name));
    }
    expect(open().typeCount).toBe(known.typeCount);
    expect(allTypes(open())).toEqual(allTypes(known));
  });

  it("are refused then", () => {
    const bytes = little.bytes.slice();
    bytes[little.byteOffset(3) + 7] = 0x7f; // no such kind
    expect(() => Btf.parse(bytes)).toThrow(/type 3 is of kind 127/);
    const opened = Btf.open(bytes);
    expect(() => opened.find("every")).toThrow(/type 3 is of kind 127/);
    expect(() => opened.typeCount).toThrow(/type 3 is of kind 127/);
  });
});

describe("sizes and alignments", () => {
  const sizes: Readonly<Record<string, readonly [size: number, alignment: number]>> = {
    every: [224, 16],
    packed: [9, 1],
    "signed char": [1, 1],
    __int128: [16, 16],
    double: [8, 8],
    u64: [8, 8],
    wide: [8, 8],
    text: [8, 1],
  };

  it.each(Object.entries(sizes))("%s", (name, [size, alignment]) => {
    const { id } = typeOf(little, name);
    expect(little.sizeOf(id)).toBe(size);
    expect(little.alignOf(id)).toBe(alignment);
  });

  it.each([
    [24, 8],
    [25, 1],
  ])("are those of a packed struct where a bitfield lies across a unit of its type: %i bits", (bits, alignment) => {
    const long = [1, 1 << 24, 8, 64];
    const struct = [6, (0x84 << 24) | 2, 16, 8, 1, 24 << 24, 10, 1, (bits << 24) | 40];
    const btf = blobOf([...long, ...struct], "\0long\0s\0a\0b\0");
    expect(btf.alignOf(2)).toBe(alignment);
  });

  it("of arrays multiply", () => {
    const matrix = allTypes(little).find((type) => type.kind === "array" && type.length === 2);
    expect(little.sizeOf(matrix?.id ?? 0)).toBe(24);
    expect(little.alignOf(matrix?.id ?? 0)).toBe(4);
    const flexible = allTypes(little).find((type) => type.kind === "array" && type.length === 0);
    expect(little.sizeOf(flexible?.id ?? 0)).toBe(0);
  });

  it("are refused where there is none", () => {
    for (const name of ["forward", "program"]) {
      const { id } = typeOf(little, name);
      expect(() => little.sizeOf(id)).toThrow(/has no size/);
      expect(() => little.alignOf(id)).toThrow(/has no alignment/);
    }
    expect(() => little.sizeOf(0)).toThrow(/type 0, void, has no size/);
  });
});

it("resolves typedefs, qualifiers and tags", () => {
  const { id } = typeOf(little, "constant");
  const variable = little.type(id);
  expect(variable.kind === "variable" && little.resolve(variable.typeId)).toMatchObject({
    kind: "int",
    name: "unsigned long long",
  });
  expect(little.resolve(0).kind).toBe("void");
});

it("spells types as C does", () => {
  const every = typeOf(little, "every");
  const spelled = new Map(
    (every.kind === "struct" ? every.members : []).map(({ name, typeId }) => [name, little.typeName(typeId)]),
  );
  expect(Object.fromEntries(spelled)).toEqual({
    signed_char: "signed char",
    boolean: "_Bool",
    sixteen: "short",
    sixty_four: "long",
    hundred_and_twenty_eight: "__int128",
    single: "float",
    twice: "double",
    small: "enum small",
    negative: "enum negative",
    wide: "enum wide",
    wide_negative: "enum wide_negative",
    bits: "unsigned int",
    signed_bits: "int",
    many_bits: "u64",
    forward: "struct forward *",
    forward_union: "union forward_union *",
    text: "const volatile char *",
    restrict_less: "char *const *",
    callback: "int (*)(void *, const struct every *, ...)",
    nothing: "void (*)(void)",
    matrix: "int[2][3]",
    rows: "const int (*)[3]",
    packed: "struct packed",
    "": "struct {...}",
    tagged: "u64 *",
    field: "int",
    flexible: "int[]",
  });
  expect(little.typeName(typeOf(little, "add").id)).toBe("long (struct every *restrict, const int)");
});

describe("what is no BTF", () => {
  const { bytes } = little;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const stringsStart = view.getUint32(4, true) + view.getUint32(16, true);
  const changed = (at: number, ...replacement: number[]): Uint8Array => {
    const copy = bytes.slice();
    copy.set(replacement, at);
    return copy;
  };

  it.each([
    ["nothing", new Uint8Array(0), "truncated: 0 bytes, the header alone takes 24"],
    ["another magic number", changed(0, 0), "does not start with BTF's magic number"],
    ["another version", changed(2, 2), "version 2 with flags 0"],
    ["flags", changed(3, 1), "version 1 with flags 1"],
    ["a short header", changed(4, 20), "a header of 20 bytes"],
    ["a long header", changed(4, 0xff, 0xff, 0xff), "a header of 16777215 bytes"],
    ["types outside of the blob", changed(15, 0x7f), "truncated: its types would end"],
    ["strings outside of the blob", changed(23, 0x7f), "truncated: its strings would end"],
    ["types that are not aligned", changed(8, 1), "not aligned to 4 bytes"],
    ["no end of the strings", changed(bytes.length - 1, 0x41), "do not end with NUL"],
    ["no empty string", changed(stringsStart, 0x41), "it is split from another BTF"],
    ["a kind of the future", changed(24 + 7, 0x7e), "type 1 is of kind 126, which is not known"],
    ["kind 0", changed(24 + 7, 0), "type 1 is of kind 0, which is not known"],
    ["more members than there is room for", changed(24 + 12 + 6, 0xff), "type 2 goes beyond the end of the types"],
    ["a cut", bytes.subarray(0, bytes.length - 3), "truncated: its strings would end"],
  ])("%s", (_, corrupt, message) => {
    expect(() => Btf.parse(corrupt)).toThrow(ObjectFormatError);
    expect(() => Btf.parse(corrupt)).toThrow(message);
  });

  it("a name outside of the strings, when it is asked for", () => {
    const corrupt = Btf.parse(changed(24 + 12 + 3, 0x7f));
    expect(() => corrupt.name(2)).toThrow(/a name lies outside of the string table/);
    expect(corrupt.find("every")).toBeUndefined();
  });

  it("types that contain themselves", () => {
    // typedef u64 → itself; struct every's pointer is fine
    const id = typeOf(little, "u64").id;
    const corrupt = Btf.parse(changed(little.byteOffset(id) + 8, id));
    expect(() => corrupt.resolve(id)).toThrow(/refers to itself/);
    expect(() => corrupt.sizeOf(id)).toThrow(/contains itself/);
    expect(() => corrupt.alignOf(id)).toThrow(/contains itself/);
    expect(corrupt.typeName(id)).toBe("u64");
  });
});

/** Numbers as bytes. */
function words(...numbers: number[]): number[] {
  return [...new Uint8Array(new Uint32Array(numbers).buffer)];
}

/** The blob with a longer header; types and strings are counted from its end. */
function withHeader(btf: Btf, header: readonly number[], between: readonly number[] = []): Uint8Array {
  const view = new DataView(btf.bytes.buffer, btf.bytes.byteOffset);
  const typesLength = view.getUint32(12, true);
  const types = btf.bytes.subarray(24, 24 + typesLength);
  const strings = btf.bytes.subarray(24 + typesLength);
  const bytes = new Uint8Array([...btf.bytes.subarray(0, 24), ...header, ...types, ...between, ...strings]);
  const out = new DataView(bytes.buffer);
  out.setUint32(4, 24 + header.length, true);
  out.setUint32(16, typesLength + between.length, true);
  return bytes;
}

describe("headers of other lengths", () => {
  it("are read when what is not known is zero", () => {
    expect(
      allTypes(
        Btf.parse(
          withHeader(
            little,
            Array.from({ length: 16 }, () => 0),
          ),
        ),
      ),
    ).toEqual(allTypes(little));
    expect(() => Btf.parse(withHeader(little, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]))).toThrow(
      /not known here \(section "\.BTF", offset 33\)/,
    );
    expect(() => Btf.parse(withHeader(little, [1, 0, 0, 0]))).toThrow(/not known here/);
  });

  it("may tell the sizes of kinds of the future", () => {
    const view = new DataView(little.bytes.buffer, little.bytes.byteOffset);
    const typesLength = view.getUint32(12, true);
    // 21 kinds of four bytes; kind 20 has 4 more bytes and elements of 8
    const layout = [...Array.from({ length: 80 }, () => 0), 4, 8, 0, 0];
    const future = words(0, (20 << 24) | 1, 0, 0, 0, 0);
    const bytes = withHeader(little, words(typesLength + future.length, layout.length), [...future, ...layout]);
    new DataView(bytes.buffer).setUint32(12, typesLength + future.length, true);
    const btf = Btf.parse(bytes);
    expect(btf.hasLayout).toBe(true);
    expect(btf.typeCount).toBe(little.typeCount + 1);
    expect(btf.type(2)).toEqual(little.type(2));
    expect(() => btf.type(little.typeCount)).toThrow(/is of kind 20, which is not known here/);
  });
});

/** What a module adds: `struct added { every *pointer; }`, with names of its own and of the base. */
function split(base: Btf): Btf {
  const view = new DataView(base.bytes.buffer, base.bytes.byteOffset);
  const baseStrings = view.getUint32(20, true);
  const strings = new TextEncoder().encode("added\0mine___2\0");
  const pointer = [0, 2 << 24, 2];
  const struct = [
    baseStrings,
    (4 << 24) | 2,
    16,
    baseStrings + 6,
    base.typeCount,
    0,
    base.word(2, 0),
    base.typeCount,
    64,
  ];
  const flavour = [baseStrings + 6, (4 << 24) | 0, 0];
  const sameName = [base.word(2, 0), (4 << 24) | 0, 4];
  const types = new Uint8Array(new Uint32Array([...pointer, ...struct, ...flavour, ...sameName]).buffer);
  const header = new Uint8Array(
    new Uint32Array([0x0001eb9f, 24, 0, types.length, types.length, strings.length]).buffer,
  );
  return Btf.parse(new Uint8Array([...header, ...types, ...strings]), base);
}

describe("split BTF", () => {
  const module = split(little);

  it("continues ids and strings of its base", () => {
    expect(module.firstTypeId).toBe(little.typeCount);
    expect(module.typeCount).toBe(little.typeCount + 4);
    const added = typeOf(module, "added");
    expect(added).toMatchObject({
      kind: "struct",
      size: 16,
      members: [{ name: "mine___2" }, { name: "every", bitOffset: 64 }],
    });
    expect(module.typeName(little.typeCount)).toBe("struct every *");
    expect(module.sizeOf(added.id)).toBe(16);
    expect(module.type(2)).toBe(little.type(2));
  });

  it("finds its types after those of its base", () => {
    expect(module.find("every")).toBe(2);
    expect(module.findAll("every")).toEqual([2, little.typeCount + 3]);
    expect(module.findEssential(new Set(["mine", "every"]))).toEqual(
      new Map([
        ["mine", [little.typeCount + 2]],
        ["every", [little.typeCount + 3]],
      ]),
    );
    expect(module.members(module.find("added") ?? 0)?.nextNamed(new TextEncoder().encode("every\0"), 0)).toBe(1);
  });

  it("can't be read without, or with one of another byte order", () => {
    expect(() => Btf.parse(module.bytes)).toThrow(/split from another BTF/);
    expect(() => Btf.parse(module.bytes, big)).toThrow(/of different byte order/);
  });
});

it("finds names that are stored as the tail of another", () => {
  const strings = new TextEncoder().encode("\0long_name\0");
  const types = new Uint8Array(new Uint32Array([1 + 5, (4 << 24) | 0, 4]).buffer);
  const header = new Uint8Array(
    new Uint32Array([0x0001eb9f, 24, 0, types.length, types.length, strings.length]).buffer,
  );
  const btf = Btf.parse(new Uint8Array([...header, ...types, ...strings]));
  expect(btf.find("name")).toBe(1);
  expect(btf.find("long_name")).toBeUndefined();
});

it("reads the same section through an object at any offset", () => {
  const elf = openFixture("kinds.el.o");
  expect(Btf.parse(sectionOf(elf, ".BTF").data).bytes.buffer).toBe(sectionOf(elf, ".BTF").data.buffer);
});

import { describe, expect, it } from "vitest";
import {
  arrayOf,
  forwardOf,
  intOf,
  makeObject,
  pointerTo,
  prototypeOf,
  structOf,
} from "../../../../test/link/make-object.ts";
import type { MadeObject, Named } from "../../../../test/link/make-object.ts";
import { ObjectEditor } from "../../../../test/object-editor.ts";
import { Btf } from "../btf/index.ts";
import { ElfFile, SymbolBinding, Visibility } from "../elf/index.ts";
import type { ElfSymbol } from "../elf/index.ts";
import { BpfError, ObjectFormatError } from "../errors/index.ts";
import { linkObjects } from "./index.ts";

const long = intOf("long");
const made = (name: string, names: readonly Named[], options?: MadeObject): { name: string; bytes: Uint8Array } => ({
  name: `${name}.o`,
  bytes: makeObject(names, options),
});
const link = (...objects: (readonly Named[])[]): Uint8Array =>
  linkObjects(objects.map((names, index) => made("abc"[index] ?? "", names)));
const symbolOf = (bytes: Uint8Array, name: string): ElfSymbol | undefined =>
  ElfFile.parse(bytes).symbols.find((symbol) => symbol.name === name);
const btfOf = (bytes: Uint8Array): Btf => Btf.parse(ElfFile.parse(bytes).section(".BTF")?.data ?? new Uint8Array());

const variable = (type: Named["type"], more: Partial<Named> = {}): Named => ({ name: "x", type, ...more });
const func = (type: Named["type"], more: Partial<Named> = {}): Named => ({
  name: "f",
  type,
  kind: "function",
  ...more,
});
const extern = { extern: true };
const number = (value: number): Named["type"] => pointerTo(arrayOf("int", 4, value));
const mapOf = (entries: number, value = intOf("long"), extra: Record<string, Named["type"]> = {}): Named["type"] =>
  structOf("", {
    type: number(2),
    key: pointerTo(intOf("int", 4)),
    value: pointerTo(value),
    max_entries: number(entries),
    ...extra,
  });
const map = (type: Named["type"], more: Partial<Named> = {}): Named => ({ name: "m", type, section: ".maps", ...more });

describe("what defines a name", () => {
  it("is one of them", () => {
    expect(() => link([variable(long)], [variable(long)])).toThrow(
      '"x" is defined in both "a.o" and "b.o"; make one of them static or weak',
    );
    expect(() => link([func(prototypeOf())], [], [func(prototypeOf())])).toThrow('in both "a.o" and "c.o"');
  });

  it("is the strong one, or else the first", () => {
    const weak = { weak: true };
    const second = link(
      [variable(long, weak)],
      [variable(long, weak), variable(long, { name: "y" })],
      [variable(long)],
    );
    expect(symbolOf(second, "x")).toMatchObject({ value: 24, binding: SymbolBinding.GLOBAL });
    const first = link([variable(long, weak)], [variable(long, weak)]);
    expect(symbolOf(first, "x")).toMatchObject({ value: 0, binding: SymbolBinding.WEAK });
  });

  it("may be in another section than a weak one", () => {
    const weak = variable(long, { weak: true, section: ".data.weak" });
    for (const bytes of [link([weak], [variable(long)]), link([variable(long)], [weak])]) {
      const btf = btfOf(bytes);
      expect(btf.type(btf.find(".data") ?? 0)).toMatchObject({ entries: [{ typeId: btf.find("x"), offset: 0 }] });
      expect(btf.type(btf.find(".data.weak") ?? 0)).toMatchObject({ size: 8, entries: [] });
      const elf = ElfFile.parse(bytes);
      expect(elf.sections[symbolOf(bytes, "x")?.sectionIndex ?? 0]?.name).toBe(".data");
    }
  });

  it("is strong when somebody relies on it, and hidden when somebody says so", () => {
    const weak = variable(long, { weak: true });
    expect(symbolOf(link([weak], [variable(long, extern)]), "x")?.binding).toBe(SymbolBinding.GLOBAL);
    const hidden = variable(long, { ...extern, visibility: Visibility.HIDDEN });
    expect(symbolOf(link([weak], [hidden]), "x")).toMatchObject({ visibility: Visibility.HIDDEN, size: 8 });
    // Three that would conflict if the weak one had become strong.
    expect(symbolOf(link([weak], [variable(long, extern)], [variable(long)]), "x")?.value).toBe(8);
  });

  it("may be nothing: others can be linked later", () => {
    const first = link([variable(long, extern)], [variable(long, extern), func(prototypeOf(), extern)]);
    expect(symbolOf(first, "x")).toMatchObject({ sectionIndex: 0, type: 0 });
    const both = linkObjects([{ name: "ab.o", bytes: first }, made("c", [variable(long)])]);
    expect(symbolOf(both, "x")).toMatchObject({ size: 8 });
    expect(btfOf(both).findAll("x")).toHaveLength(1);
  });

  it("is in the types once, with each of its tags", () => {
    const btf = btfOf(
      link(
        [variable(long, { ...extern, tag: "t" })],
        [variable(long, { tag: "t" })],
        [variable(long, { ...extern, tag: "u" })],
      ),
    );
    const types = Array.from({ length: btf.typeCount }, (_, id) => btf.type(id));
    const [found, ...others] = types.filter(({ name }) => name === "x");
    expect([found, others]).toMatchObject([{ kind: "variable", linkage: "global" }, []]);
    const tags = types.filter(({ kind }) => kind === "declTag");
    expect(tags).toMatchObject([
      { name: "t", typeId: found?.id },
      { name: "u", typeId: found?.id },
    ]);
    const data = types.find(({ name }) => name === ".data");
    expect(data).toMatchObject({ size: 8, entries: [{ typeId: found?.id, offset: 0, size: 8 }] });
    expect(types.filter(({ name }) => name === "_license")).toHaveLength(1);
  });
});

describe("what is said of a name has to agree", () => {
  const node = structOf("node", { a: long });
  it.each<[string, Named, Named, string]>([
    ["size", variable(long), variable(intOf("int", 4), extern), 'int "long" of 8 bytes and int "int" of 4'],
    ["kind", variable(long), variable(node, extern), 'int "long" and struct "node"'],
    ["struct", variable(node), variable(structOf("nodes", { a: long }), extern), 'struct "node" and struct "nodes"'],
    ["members", variable(node), variable(structOf("node", { b: long }), extern), 'member "a" and with "b"'],
    ["number of members", variable(node), variable(structOf("node", {}), extern), "of 1 members and of 0"],
    [
      "type of member",
      variable(node),
      variable(structOf("node", { a: node }), extern),
      'member "a": int "long" and struct "node"',
    ],
    [
      "forward",
      variable(pointerTo(node)),
      variable(pointerTo(forwardOf("other")), extern),
      'struct "node" and struct "other"',
    ],
    [
      "union",
      variable(pointerTo(node)),
      variable(pointerTo(forwardOf("node", true)), extern),
      'struct "node" and union "node"',
    ],
    ["parameters", func(prototypeOf(long)), func(prototypeOf(), extern), "1 parameters and 0"],
    [
      "parameter",
      func(prototypeOf(long)),
      func(prototypeOf(node), extern),
      'parameter 1: int "long" and struct "node"',
    ],
    ["function", variable(long), func(prototypeOf(), { ...extern, name: "x" }), 'variable "x" and function "x"'],
    [
      "section",
      variable(long),
      variable(long, { ...extern, section: ".ksyms" }),
      'in section ".data" and in section ".ksyms"',
    ],
    ["entries of a map", map(mapOf(1)), map(mapOf(2), extern), "number of entries 1 and 2"],
    ["value of a map", map(mapOf(1)), map(mapOf(1, node), extern), 'value: int "long" and struct "node"'],
    ["extra of a map", map(mapOf(1)), map(mapOf(1, long, { map_extra: number(3) }), extern), "map_extra 0 and 3"],
    ["flags of a map", map(mapOf(1)), map(mapOf(1, long, { map_flags: number(1) }), extern), "flags 0 and 1"],
  ])("%s", (_, definition, declaration, problem) => {
    for (const objects of [
      [[definition], [declaration]],
      [[declaration], [definition]],
    ] as const) {
      expect(() => link(...objects)).toThrow(ObjectFormatError);
    }
    expect(() => link([definition], [declaration])).toThrow(problem);
    expect(() => link([definition], [declaration])).toThrow('in "a.o" and "b.o"');
  });

  it("but for what callers need not know", () => {
    link([variable(arrayOf("long", 8, 1))], [variable(arrayOf("long", 8, 0), extern)]);
    link([variable(pointerTo(node))], [variable(pointerTo(forwardOf("node")), extern)]);
    link([variable(intOf("long", 8, true))], [variable(intOf("size_t", 8, false), extern)]);
    link([map(mapOf(1))], [map(mapOf(1), extern)]);
  });

  it("among declarations, too", () => {
    const ksym = variable(long, { ...extern, section: ".ksyms" });
    expect(() => link([ksym], [variable(long, extern)])).toThrow('in section ".ksyms" and in no section');
    expect(() => link([ksym], [ksym])).not.toThrow();
  });
});

describe("objects", () => {
  it("are there", () => {
    expect(() => linkObjects([])).toThrow(BpfError);
    expect(() => linkObjects([])).toThrow("there are no objects to link");
  });

  it("are of one byte order and one license", () => {
    expect(() => linkObjects([made("a", []), made("b", [], { littleEndian: false })])).toThrow(
      '"a.o" is little-endian and "b.o" big-endian',
    );
    expect(() => linkObjects([made("a", []), made("b", [], { license: "MIT" })])).toThrow(
      'the license of "a.o" is "GPL", that of "b.o" is "MIT"',
    );
  });

  it("say of what kind their sections are, all the same", () => {
    expect(() => link([func(prototypeOf(), { section: "x" })], [variable(long, { section: "x" })])).toThrow(
      'section "x" is of another kind in "a.o" than in "b.o": flags 6 and 3',
    );
  });

  it("have BTF for what they share", () => {
    const [typed, untyped] = [made("a", [variable(long)]), made("b", [variable(long, extern)], { withoutBtf: true })];
    expect(() => linkObjects([typed, untyped])).toThrow(
      '"x" is shared with other objects and has no BTF in "b.o"; compile with -g',
    );
    const alone = made("c", [variable(long, { name: "y" })], { withoutBtf: true });
    expect(symbolOf(linkObjects([typed, alone]), "y")).toMatchObject({ value: 8, size: 8 });
  });

  it("have no more global data than a map can hold", () => {
    const object = new ObjectEditor(new URL("fixtures/main.el.o", import.meta.url));
    // The upper half of the section's size.
    object.view.setUint32(object.header(".bss", "size") + 4, 1, true);
    expect(() => linkObjects([{ name: "main.o", bytes: object.bytes }])).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/section "\.bss" would have \d{10} bytes, more than a map/),
      }),
    );
  });

  it("have no jump tables", () => {
    const table = [variable(long, { section: ".jumptables" })];
    expect(() => link([], table)).toThrow('"b.o" has jump tables, which can\'t be linked (section ".jumptables")');
    expect(symbolOf(link(table), "x")).toMatchObject({ size: 8 });
  });

  it("are objects", () => {
    expect(() => linkObjects([{ name: "a\u001b.c", bytes: new TextEncoder().encode("int x;") }])).toThrow(
      /^"a\\u001b\.c": not a BPF object/,
    );
  });
});

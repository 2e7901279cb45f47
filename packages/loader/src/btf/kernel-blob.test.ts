import { describe, expect, it } from "vitest";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { Btf, BtfBuilder, kernelBtfForLoad } from "./index.ts";
import type { BtfType, KernelBtfSupport } from "./index.ts";

const everything: KernelBtfSupport = {
  functions: true,
  dataSections: true,
  globalFunctions: true,
  emptySections: true,
  floats: true,
  declTags: true,
  typeTags: true,
  enum64: true,
  questionMarkSections: true,
  layout: true,
};

const original = btfOf("kinds.el.o");

/** The types of the fixture for a kernel that lacks something. */
function rewrite(lacking: Partial<KernelBtfSupport>, from: Btf = original): Btf {
  return Btf.parse(kernelBtfForLoad(from, { ...everything, ...lacking }));
}

const typeOf = (btf: Btf, name: string): BtfType => btf.type(original.find(name) ?? 0);
const idOf = (kind: BtfType["kind"]): number => {
  for (let id = 1; id < original.typeCount; id++) if (original.kind(id) === kind) return id;
  return 0;
};

it("changes nothing where nothing needs a change", () => {
  const target = btfOf("core-target.el.o");
  expect(kernelBtfForLoad(target, everything)).toBe(target.bytes);
});

describe("externs", () => {
  it.each(["kinds.el.o", "kinds.eb.o"])("of %s become definitions", (name) => {
    const btf = rewrite({}, btfOf(name));
    expect(typeOf(btf, "kernel_function")).toMatchObject({ kind: "function", linkage: "global" });
    expect(typeOf(btf, "CONFIG_BOOLEAN")).toMatchObject({ kind: "variable", linkage: "global" });
    const section = typeOf(btf, ".ksyms");
    expect(section).toMatchObject({
      size: 12,
      entries: [
        { offset: 0, size: 4 },
        { offset: 4, size: 4 },
        { offset: 8, size: 4 },
      ],
    });
    const names = section.kind === "dataSection" ? section.entries.map(({ typeId }) => btf.name(typeId)) : [];
    expect(names).toEqual(["dummy_ksym", "runqueues", "anything"]);
    const variable = typeOf(btf, "anything");
    expect(variable.kind === "variable" && btf.type(variable.typeId)).toMatchObject({ kind: "int", size: 4 });
  });

  it("get names for their parameters", () => {
    const btf = rewrite({});
    const type = typeOf(btf, "kernel_function");
    expect(type.kind === "function" && btf.type(type.typeId)).toMatchObject({
      parameters: [{ name: "dummy_ksym" }, { name: "dummy_ksym" }],
    });
  });
});

describe("kernels of old", () => {
  it("all keep the ids of types", () => {
    const btf = rewrite({ dataSections: false, floats: false, declTags: false, typeTags: false, enum64: false });
    for (let id = 1; id < original.typeCount; id++) {
      if (original.kind(id) === "struct" && original.name(id) === "every")
        expect(btf.type(id)).toEqual(original.type(id));
    }
    expect(btf.typeCount).toBeGreaterThanOrEqual(original.typeCount);
  });

  it("without global functions", () => {
    expect(typeOf(rewrite({ globalFunctions: false }), "global_function")).toMatchObject({
      kind: "function",
      linkage: "static",
    });
  });

  it("without functions", () => {
    const btf = rewrite({ functions: false, globalFunctions: false });
    expect(typeOf(btf, "global_function").kind).toBe("typedef");
    expect(btf.type(idOf("functionPrototype"))).toMatchObject({ kind: "enum", size: 4 });
  });

  it("without variables and data sections", () => {
    const btf = rewrite({ dataSections: false });
    expect(typeOf(btf, "global_number")).toMatchObject({ kind: "int", size: 1, bits: 8 });
    const section = btf.type(original.find(".data.custom", "dataSection") ?? 0);
    expect(section).toMatchObject({ kind: "struct", name: "_data_custom", members: [{ name: "custom" }] });
    const externs = btf.type(original.find(".ksyms", "dataSection") ?? 0);
    expect(externs).toMatchObject({
      kind: "struct",
      size: 12,
      members: [{ name: "dummy_ksym" }, { bitOffset: 32 }, { bitOffset: 64 }],
    });
  });

  it("without floats", () => {
    expect(rewrite({ floats: false }).type(idOf("float"))).toMatchObject({
      kind: "struct",
      name: "",
      size: 4,
      members: [],
    });
  });

  it("without tags", () => {
    const btf = rewrite({ declTags: false, typeTags: false });
    expect(btf.type(idOf("declTag"))).toMatchObject({ kind: "int", size: 1, name: "whole" });
    expect(btf.type(idOf("typeTag"))).toMatchObject({ kind: "const", typeId: original.word(idOf("typeTag"), 2) });
  });

  it("without 64-bit and signed enums", () => {
    const btf = rewrite({ enum64: false });
    const union = typeOf(btf, "wide");
    expect(union).toMatchObject({
      kind: "union",
      size: 8,
      members: [{ name: "WIDE_A", bitOffset: 0 }, { name: "WIDE_B" }],
    });
    expect(union.kind === "union" && btf.type(union.members[0]?.typeId ?? 0)).toMatchObject({
      name: "enum64_placeholder",
      size: 1,
    });
    expect(typeOf(btf, "negative")).toMatchObject({ kind: "enum", signed: false });
    expect(typeOf(btf, "small")).toEqual(typeOf(original, "small"));
  });

  it("without sections that have no variables", () => {
    const builder = new BtfBuilder({ littleEndian: original.littleEndian });
    const id = builder.add({ kind: "dataSection", name: ".rodata", size: 80, entries: [] });
    const empty = builder.build();
    expect(rewrite({}, empty).type(id)).toMatchObject({ kind: "dataSection", size: 80 });
    expect(rewrite({ emptySections: false }, empty).type(id)).toMatchObject({
      kind: "struct",
      name: "_rodata",
      size: 80,
      members: [],
    });
    const full = original.find(".ksyms") ?? 0;
    expect(rewrite({ emptySections: false }).type(full)).toMatchObject({ kind: "dataSection" });
  });

  it("without question marks in the names of sections", () => {
    const bytes = original.bytes.slice();
    const dot = new TextDecoder("latin1").decode(bytes).indexOf("\0.data.custom\0") + 1;
    bytes[dot] = "?".charCodeAt(0);
    const questionable = Btf.parse(bytes);
    const id = questionable.find("?data.custom") ?? 0;
    expect(rewrite({}, questionable).name(id)).toBe("?data.custom");
    expect(rewrite({ questionMarkSections: false }, questionable).name(id)).toBe("_data.custom");
  });
});

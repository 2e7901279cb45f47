import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MapFlag, MapType } from "../uapi/index.ts";
import { CollectionSpec } from "./collection-spec.ts";
import { newMapSpec } from "./map-spec.ts";

describe.each(["el", "eb"])("data of a %s object", (order) => {
  const bytes = readFileSync(new URL(`./fixtures/data.${order}.o`, import.meta.url));
  const parse = (): CollectionSpec => CollectionSpec.parse(bytes);
  const spec = parse();

  it("is a map for each section", () => {
    expect([...spec.maps.keys()].sort()).toEqual([
      ".bss",
      ".bss.custom",
      ".data",
      ".data.custom",
      ".rodata",
      ".rodata.special",
      ".rodata.str1.1",
    ]);
    const { section, ...map } = spec.maps.get(".rodata")!;
    expect({ ...map, section: undefined }).toEqual({
      ...newMapSpec(".rodata", MapType.ARRAY),
      keySize: 4,
      valueSize: 65,
      maxEntries: 1,
      flags: MapFlag.RDONLY_PROG,
      valueTypeId: spec.btf!.find(".rodata", "dataSection"),
    });
    expect(section).toMatchObject({ kind: "rodata" });
    expect(section!.content).toHaveLength(65);
    expect(spec.maps.get(".data")).toMatchObject({ flags: 0, section: { kind: "data" } });
  });

  it("has string literals, which BTF does not describe", () => {
    const strings = spec.maps.get(".rodata.str1.1")!;
    expect(strings).toMatchObject({ valueTypeId: 0, flags: MapFlag.RDONLY_PROG, valueSize: 10 });
    expect(new TextDecoder().decode(strings.section!.content)).toBe("a literal\0");
  });

  it("keeps no bytes of sections of zeros until somebody asks", () => {
    const { section } = parse().maps.get(".bss")!;
    expect(section).toMatchObject({ kind: "bss", untouched: true });
    expect(section!.content).toEqual(new Uint8Array(76));
    expect(section!.untouched).toBe(false);
  });

  it("has sizes and offsets in BTF, which clang leaves out", () => {
    const type = spec.btf!.type(spec.maps.get(".bss")!.valueTypeId);
    expect(type).toMatchObject({ kind: "dataSection", size: 76 });
  });

  it("has global and weak variables, and neither static nor hidden ones", () => {
    const found = Array.from(spec.variables.values(), ({ name, sectionName, size, constant, linkage, typeId }) =>
      [sectionName, name, size, linkage, constant ? "constant" : "variable", spec.btf!.typeName(typeId)].join(" "),
    );
    expect(found.sort()).toEqual([
      ".bss large 64 global variable __u8[64]",
      ".bss weak_zero 4 weak variable int",
      ".bss zero 4 global variable __u32",
      ".bss.custom zeros_elsewhere 8 global variable __u64",
      ".data counter 8 global variable __u64",
      ".data origin 16 global variable struct point",
      ".data pointer 8 global variable __u64 *",
      ".data.custom elsewhere 4 global variable int",
      ".rodata color 4 global constant const volatile enum color",
      ".rodata corner 16 global constant const volatile struct point",
      ".rodata enabled 1 global constant const volatile bool",
      ".rodata label 16 global constant const volatile char[16]",
      ".rodata limit 4 global constant const volatile __u32",
      ".rodata negative 8 global constant const volatile __s64",
      ".rodata ports 6 global constant const volatile __u16[3]",
      ".rodata.special special 1 global constant const volatile __u8",
    ]);
  });

  it("is what programs refer to, static variables by their place", () => {
    const references = spec.programs.get("variables")!.functions[0]!.references;
    expect(new Set(references.map(({ kind }) => kind))).toEqual(new Set(["mapValue"]));
    const places = references.flatMap((reference) =>
      reference.kind === "mapValue" ? [`${reference.name}+${reference.offset}`] : [],
    );
    const place = (name: string): string => {
      const variable = spec.variables.get(name)!;
      return `${variable.sectionName}+${variable.offset}`;
    };
    for (const name of ["counter", "limit", "zero", "origin", "elsewhere", "weak_zero", "zeros_elsewhere", "special"]) {
      expect(places).toContain(place(name));
    }
    // static_two, static_zero and quiet
    const named = new Set(Array.from(spec.variables.keys(), place));
    expect(places.filter((place) => !named.has(place)).length).toBeGreaterThanOrEqual(3);
    const strings = spec.programs.get("strings")!.functions[0]!.references;
    expect(strings).toMatchObject([{ kind: "mapValue", name: ".rodata.str1.1", offset: 0 }]);
  });

  it("can be read and changed before it is loaded", () => {
    const changed = parse();
    expect(changed.getVariable("counter")).toBe(40n);
    expect(changed.getVariable("origin")).toEqual({ x: -1, y: 2, name: "origin" });
    expect(changed.getVariable("label")).toBe("unset");
    expect(changed.getVariable("zero")).toBe(0);
    changed.setVariable("counter", 2n ** 63n);
    changed.setVariable("origin", { x: 7, y: -8, name: "moved" });
    changed.setVariable("zero", 0x01020304);
    changed.setVariable("limit", 5);
    expect(changed.getVariable("counter")).toBe(2n ** 63n);
    expect(changed.getVariable("origin")).toEqual({ x: 7, y: -8, name: "moved" });
    const { offset } = changed.variables.get("zero")!;
    const written = Array.from(changed.maps.get(".bss")!.section!.content.subarray(offset, offset + 4));
    expect(written).toEqual(order === "el" ? [4, 3, 2, 1] : [1, 2, 3, 4]);
    expect(changed.getVariable("limit")).toBe(5);
    expect(parse().getVariable("counter")).toBe(40n);
  });

  it("has errors for names that don't exist and values that don't fit", () => {
    expect(() => spec.getVariable("static_two")).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_FOUND", message: 'the object has no variable "static_two"' }),
    );
    expect(() => spec.setVariable("counter", -1n)).toThrow(expect.objectContaining({ code: "ERR_BPF_VALUE" }));
    const without = parse();
    without.maps.delete(".bss");
    expect(() => without.getVariable("zero")).toThrow('variable "zero" is in section ".bss", which is not part');
  });
});

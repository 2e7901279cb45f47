import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeSpec } from "../../../../test/link/describe-spec.ts";
import { whyNoBpftool } from "../../../../test/btf/bpftool.ts";
import { arrayOf, makeObject, pointerTo, prototypeOf, structOf } from "../../../../test/link/make-object.ts";
import { dedupBtf } from "../btf/index.ts";
import { ElfFile, SymbolBinding, SymbolType, Visibility } from "../elf/index.ts";
import type { ElfSymbol } from "../elf/index.ts";
import { BpfError } from "../errors/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { linkObjects } from "./index.ts";
import type { ObjectToLink } from "./index.ts";

const path = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const object = (name: string): ObjectToLink => ({ name, bytes: readFileSync(path(name)) });
const link = (...names: string[]): Uint8Array => linkObjects(names.map(object));
const parse = (bytes: Uint8Array): CollectionSpec => CollectionSpec.parse(bytes, "linked");

const genObject = (...paths: string[]): boolean =>
  spawnSync(process.env["BPFTOOL"] || "bpftool", ["gen", "object", ...paths]).status === 0;

/**
 * What `bpftool gen object` makes of it; `undefined` when it isn't there, or does not know the byte order (before 7.6). It runs twice: at
 * first it leaves the offset of a variable that one object declared before another defined it at 0, which it puts right in what it
 * has linked.
 */
function byBpftool(names: readonly string[]): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), "link-objects-"));
  const [first, second] = [join(folder, "first.o"), join(folder, "second.o")];
  try {
    return genObject(first, ...names.map(path)) && genObject(second, first) ? readFileSync(second) : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(["el", "eb"])("objects of byte order %s", (order) => {
  const bytes = link(`main.${order}.o`, `lib.${order}.o`);

  it.for([
    ["main", "lib"],
    ["lib", "main"],
    ["static", "lib", "main"],
    ["static"],
    ["weak-one", "weak-two"],
    ["weak-two", "weak-one"],
    ["arena-one", "arena-two"],
    ["arena-two", "arena-one"],
  ])("are linked as bpftool does: %j", (stems, context) => {
    const names = stems.map((stem) => `${stem}.${order}.o`);
    const expected = byBpftool(names);
    if (expected === undefined) return context.skip(`${whyNoBpftool}, or it is too old`);
    expect(describeSpec(parse(link(...names)))).toEqual(describeSpec(parse(expected)));
  });

  it("have their variables of an arena in one, each at its place", () => {
    const spec = parse(link(`arena-one.${order}.o`, `arena-two.${order}.o`));
    const content = spec.maps.get("arena")?.section?.content ?? new Uint8Array();
    expect(content).toHaveLength(32);
    expect([...spec.variables.keys()]).toEqual(["here", "odd", "there", "zero"]);
    expect(["here", "odd", "there", "zero"].map((name) => spec.getVariable(name))).toEqual([5n, 9, 70, 0n]);
    const places = (program: string): readonly (number | undefined)[] =>
      spec.programs
        .get(program)!
        .functions.flatMap(({ references }) => references)
        .map((reference) =>
          reference.kind === "mapValue" && reference.name === "arena" ? reference.offset : undefined,
        );
    const view = new DataView(content.buffer, content.byteOffset);
    const [own] = places("first");
    expect(view.getUint32(own!, order === "el")).toBe(1);
    expect(places("first")).toEqual([own, 0, 16]);
    const [, other] = places("second");
    expect(view.getUint32(other!, order === "el")).toBe(300);
    expect(places("second")).toEqual([0, other, 24]);
  });

  it("bring all of their programs, maps and variables", () => {
    const spec = parse(bytes);
    const programs = Array.from(spec.programs.values(), ({ functions }) => functions.map(({ name }) => name));
    expect(programs).toEqual([
      ["first", "same_function", "twice", "same_function.1", "shared_hidden", "choice", "fallback"],
      ["second", "same_function.1"],
      ["callback", "each"],
      ["core_first"],
      ["core_second"],
    ]);
    expect([...spec.maps.keys()].sort()).toEqual([
      ".bss",
      ".data",
      ".data.custom",
      ".kconfig",
      ".rodata",
      "counters",
      "events",
      "flows",
      "tails",
    ]);
    const variables = [...spec.variables.values()].map(({ name, sectionName }) => `${sectionName} ${name}`);
    expect(variables.sort()).toEqual([
      ".bss in_bss",
      ".data in_data",
      ".data limit",
      ".data preset",
      ".data table",
      ".data.custom in_custom",
      ".data.custom lib_custom",
      ".rodata in_rodata",
      ".rodata scale",
    ]);
  });

  it("keep the strong one, and where everything is", () => {
    const elf = ElfFile.parse(bytes);
    const named = (name: string): readonly ElfSymbol[] => elf.symbols.filter((symbol) => symbol.name === name);
    expect(named("preset")).toMatchObject([{ binding: SymbolBinding.GLOBAL, size: 4 }]);
    const content = elf.section(".data")?.data ?? new Uint8Array();
    const view = new DataView(content.buffer, content.byteOffset);
    expect(view.getInt32(named("preset")[0]?.value ?? 0, elf.littleEndian)).toBe(12);
    expect(named("fallback")).toMatchObject([{ binding: SymbolBinding.WEAK }]);
    expect(named("internal")).toMatchObject([{ visibility: Visibility.HIDDEN, type: SymbolType.OBJECT }]);
    expect(named("same_function")).toHaveLength(2);
    expect(named("LINUX_KERNEL_VERSION")).toMatchObject([{ sectionIndex: 0 }]);
    expect(elf.symbols.filter(({ type }) => type === SymbolType.FILE).map(({ name }) => name)).toEqual([
      "main.bpf.c",
      "lib.bpf.c",
    ]);
    expect(elf.sections.map(({ name }) => name).filter((name) => name.startsWith(".debug"))).toEqual([]);
  });

  it("have each type once", () => {
    const btf = parse(bytes).btf!;
    const types = Array.from({ length: btf.typeCount - 1 }, (_, index) => btf.type(index + 1));
    for (const name of [
      "task_struct",
      "counter",
      "int",
      "counters",
      "flows",
      "twice",
      "LINUX_KERNEL_VERSION",
      ".maps",
    ]) {
      expect(
        types.filter((type) => type.name === name),
        name,
      ).toHaveLength(1);
    }
    expect(types.filter(({ name }) => name === "lib_license")).toEqual([]);
    expect(dedupBtf(btf).btf.typeCount).toBe(btf.typeCount);
  });

  it("are the same bytes each time, whatever the inputs are called", () => {
    const again = linkObjects(
      ["main", "lib"].map((name) => ({ name: "other", bytes: object(`${name}.${order}.o`).bytes })),
    );
    expect(again).toEqual(bytes);
  });

  it("are linked once more to the same", () => {
    expect(describeSpec(parse(linkObjects([{ name: "linked.o", bytes }])))).toEqual(describeSpec(parse(bytes)));
  });

  it("can be linked one after the other", () => {
    const first = linkObjects([{ name: "first.o", bytes: link(`main.${order}.o`) }, object(`lib.${order}.o`)]);
    expect(describeSpec(parse(first))).toEqual(describeSpec(parse(bytes)));
  });
});

/** The definition of a ring buffer without a size. */
const ringBuffer = structOf("", { type: pointerTo(arrayOf("int", 4, 27)) });

describe.each([true, false])("what maps hold from the start, little-endian: %s", (littleEndian) => {
  it("is found behind what another object has in the same section", () => {
    const maps = others.find(({ name }) => name === `spec/maps.${littleEndian ? "el" : "eb"}.o`);
    const before = makeObject(
      [
        { name: "before", kind: "function", section: "tc", type: prototypeOf() },
        { name: "map_before", section: ".maps", type: ringBuffer },
      ],
      { littleEndian, license: "Dual MIT/GPL" },
    );
    const spec = parse(linkObjects([{ name: "before.o", bytes: before }, ...(maps === undefined ? [] : [maps])]));
    const slots = (name: string): readonly string[] => spec.maps.get(name)?.slots.map((slot) => slot.name) ?? [];
    expect(slots("tails")).toEqual(["tail_global", "tail_static"]);
    expect(slots("outer")).toEqual(["inner_b", "inner_a"]);
  });
});

/** Compiled objects of other tests that stand on their own. */
const others = ["spec", "btf", "collection"].flatMap((folder) => {
  const url = new URL(`../${folder}/fixtures/`, import.meta.url);
  return readdirSync(url).flatMap((name): ObjectToLink[] =>
    name.endsWith(".o") ? [{ name: `${folder}/${name}`, bytes: readFileSync(new URL(name, url)) }] : [],
  );
});

describe("an object alone", () => {
  it.each(others)("says the same: $name", (input) => {
    let expected: CollectionSpec;
    try {
      expected = parse(input.bytes);
    } catch (error) {
      // Not for readers, and yet nothing to crash on.
      expect(error).toBeInstanceOf(BpfError);
      expect(outcome(() => linkObjects([input]))).not.toBeUndefined();
      return;
    }
    expect(describeSpec(parse(linkObjects([input])))).toEqual(describeSpec(expected));
  });
});

/** Its result or the error that is thrown on purpose. */
function outcome<T>(run: () => T): T | BpfError {
  try {
    return run();
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}

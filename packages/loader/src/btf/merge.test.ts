import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { whyNoBpftool } from "../../../../test/btf/bpftool.ts";
import { btfOf, openFixture, sectionOf } from "../../../../test/btf/open-fixture.ts";
import { ElfFile } from "../elf/index.ts";
import { Btf, BtfBuilder, dedupBtf, encodeExtInfo, mergeBtf, parseExtInfo } from "./index.ts";
import type { BtfKind, NewBtfType, TypeId } from "./index.ts";
import { processorTime } from "../../../../test/processor-time.ts";

const OWN_KINDS: ReadonlySet<BtfKind> = new Set(["variable", "dataSection"]);

/** Number of types that can be the same as others, `void` included. */
function countShared(btf: Btf): number {
  let count = 0;
  for (let id = 0; id < btf.typeCount; id++) {
    if (!OWN_KINDS.has(btf.kind(id))) count++;
  }
  return count;
}

const names = ["kinds.el.o", "core-local.el.o", "core-target.el.o"] as const;

/** Types as `bpftool gen object` merges them; `undefined` when it is not installed. */
function linkedByBpftool(paths: readonly string[]): Btf | undefined {
  const directory = mkdtempSync(join(tmpdir(), "merge-"));
  try {
    const out = join(directory, "linked.o");
    const run = spawnSync(process.env["BPFTOOL"] || "bpftool", ["gen", "object", out, ...paths]);
    if (run.status !== 0) return undefined;
    return Btf.parse(ElfFile.parse(new Uint8Array(readFileSync(out))).section(".BTF")?.data ?? new Uint8Array());
  } finally {
    rmSync(directory, { recursive: true });
  }
}

it.for([
  ["btf/fixtures/core-local.el.o"],
  ["collection/fixtures/calls.el.o", "collection/fixtures/choices.el.o", "collection/fixtures/globals.el.o"],
  ["links/fixtures/attach.el.o", "spec/fixtures/struct-ops.el.o"],
])("as many types are left of %s as with bpftool", (objects, context) => {
  const paths = objects.map((path) => fileURLToPath(new URL(`../${path}`, import.meta.url)));
  const theirs = linkedByBpftool(paths);
  context.skip(theirs === undefined, whyNoBpftool);
  const inputs = paths.map((path) => {
    const elf = ElfFile.parse(new Uint8Array(readFileSync(path)));
    return { btf: Btf.parse(sectionOf(elf, ".BTF").data) };
  });
  // Data sections of one name, and variables in them, are made one by linkers.
  const ours = mergeBtf(inputs).builder.build();
  expect(countShared(ours)).toBe(theirs === undefined ? 0 : countShared(theirs));
});

describe.each(names)("copies of %s", (name) => {
  const btf = btfOf(name);
  const single = dedupBtf(btf).btf;

  it("are smaller where the compiler repeats itself, and say the same", () => {
    expect(single.typeCount).toBeLessThanOrEqual(btf.typeCount);
    expect(single.toC()).toBe(btf.toC());
    expect(dedupBtf(single).btf.bytes).toEqual(single.bytes);
  });

  it.each([2, 5])("are that, %i times", (copies) => {
    const { builder, inputs } = mergeBtf(Array.from({ length: copies }, () => ({ btf })));
    const merged = builder.build();
    expect(countShared(merged)).toBe(countShared(single));
    expect(merged.toC()).toBe(btf.toC());
    for (const { types } of inputs) {
      for (let id = 0; id < btf.typeCount; id++) {
        expect(merged.kind(types[id] ?? 0)).toBe(btf.kind(id));
        expect(merged.name(types[id] ?? 0)).toBe(btf.name(id));
      }
    }
  });
});

it.each(["kinds.el.o", "core-local.el.o"])("ext infos of %s say the same of merged types", (name) => {
  const btf = btfOf(name);
  const extInfo = parseExtInfo(sectionOf(openFixture(name), ".BTF.ext").data, btf);
  const { builder, inputs } = mergeBtf([{ btf: btfOf("kinds.eb.o") }, { btf, extInfo }], { littleEndian: true });
  const merged = builder.build();
  const moved = inputs[1]?.extInfo ?? extInfo;
  const again = parseExtInfo(encodeExtInfo(moved, merged), merged);
  expect(again).toEqual(moved);
  for (const [section, lines] of extInfo.lines) {
    const text = (of: Btf, list = lines): string[] => list.map(({ textOffset }) => of.string(textOffset));
    expect(text(merged, again.lines.get(section))).toEqual(text(btf));
  }
  for (const [section, records] of extInfo.relocations) {
    const spelled = (of: Btf, list = records): string[] =>
      list.map(({ typeId, access, kind }) => `${of.typeName(typeId)} ${access} ${kind}`);
    expect(spelled(merged, again.relocations.get(section))).toEqual(spelled(btf));
  }
});

const int: NewBtfType = {
  kind: "int",
  name: "int",
  size: 4,
  signed: true,
  char: false,
  bool: false,
  bits: 32,
  bitOffset: 0,
};

/** Declares types as C does, each name once. */
class Unit {
  readonly #builder = new BtfBuilder();
  readonly #int: TypeId = this.#builder.add(int);

  forward(name: string): TypeId {
    return this.#builder.add({ kind: "forward", name, union: false });
  }

  pointer(typeId: TypeId): TypeId {
    return this.#builder.add({ kind: "pointer", typeId });
  }

  reserve(): TypeId {
    return this.#builder.reserve();
  }

  /** A struct of an int and pointers. */
  define(id: TypeId, name: string, ...members: TypeId[]): void {
    this.#builder.set(id, {
      kind: "struct",
      name,
      size: 8 + members.length * 8,
      members: [this.#int, ...members].map((typeId, index) => ({
        name: `m${index}`,
        typeId,
        bitOffset: index * 64,
        bitSize: 0,
      })),
    });
  }

  build(): Btf {
    return this.#builder.build();
  }
}

/** `struct a { int; struct b *; }; struct b { int; struct a *; [struct c *;] }`; what is not defined is only declared. */
function unit(defined: { a?: boolean; b?: boolean; wide?: boolean }): Btf {
  const c = new Unit();
  const a = defined.a === true ? c.reserve() : c.forward("a");
  const b = defined.b === true ? c.reserve() : c.forward("b");
  const toA = c.pointer(a);
  const toB = c.pointer(b);
  if (defined.a === true) c.define(a, "a", toB);
  if (defined.b === true) c.define(b, "b", toA, ...(defined.wide === true ? [toB] : []));
  return c.build();
}

function merged(...units: Btf[]): Btf {
  return mergeBtf(units.map((btf) => ({ btf }))).builder.build();
}

describe("types that refer to each other", () => {
  const whole = unit({ a: true, b: true });

  it("are recognised around cycles", () => {
    expect(merged(whole, whole).typeCount).toBe(whole.typeCount);
  });

  it("are recognised where each file knows another part of them", () => {
    const units = [unit({ a: true }), unit({ b: true }), unit({}), whole, unit({ b: true })];
    const result = merged(...units);
    expect(result.typeCount).toBe(whole.typeCount);
    expect(result.findAll("a").map((id) => result.kind(id))).toEqual(["struct"]);
  });

  it("stay apart where they differ somewhere", () => {
    const other = unit({ a: true, b: true, wide: true });
    const result = merged(whole, other);
    expect(result.findAll("b").length).toBe(2);
    expect(result.findAll("a").length).toBe(2);
    // What is only declared could be either.
    const withDeclared = merged(whole, other, unit({}));
    expect(
      withDeclared
        .findAll("b")
        .map((id) => withDeclared.kind(id))
        .toSorted(),
    ).toEqual(["forward", "struct", "struct"]);
  });
});

/** That many typedefs of each other. */
function chain(length: number): Btf {
  const builder = new BtfBuilder();
  builder.add(int);
  for (let index = 0; index < length; index++) builder.add({ kind: "typedef", name: "x", typeId: index + 1 });
  return builder.build();
}

it("a chain of any length is compared in time", () => {
  const start = processorTime();
  expect(merged(chain(20_000), chain(20_000), chain(10_000)).typeCount).toBe(20_002);
  expect(processorTime() - start).toBeLessThan(5000);
});

it("types can be left out, and stand for others", () => {
  const local = btfOf("core-local.el.o");
  const kinds = btfOf("kinds.el.o");
  const { builder, inputs } = mergeBtf([{ btf: local }, { btf: kinds }], {
    choose: ({ input, id }) => {
      const btf = input === 0 ? local : kinds;
      if (btf.kind(id) === "dataSection") return "omit";
      return btf.name(id) === "add" ? { input: 1, id: kinds.find("program") ?? 0 } : undefined;
    },
  });
  const result = builder.build();
  expect(Array.from({ length: result.typeCount }, (_, id) => result.kind(id))).not.toContain("dataSection");
  expect(result.find("add")).toBeUndefined();
  expect(inputs[1]?.types[kinds.find("add") ?? 0]).toBe(result.find("program"));
});

it("refuses references to what is not there", () => {
  const broken = new BtfBuilder({ base: btfOf("kinds.el.o") }).build();
  expect(() => dedupBtf(broken)).toThrow(/split from another/);
});

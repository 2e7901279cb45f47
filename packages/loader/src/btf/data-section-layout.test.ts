import { expect, it } from "vitest";
import { btfOf, openFixture } from "../../../../test/btf/open-fixture.ts";
import { Visibility } from "../elf/index.ts";
import type { Btf, BtfDataSection, DataSectionLayout } from "./index.ts";
import { withDataSectionLayouts } from "./index.ts";

/** Layouts of all sections of a fixture, from its symbols. */
function layoutsOf(name: string): Map<string, DataSectionLayout> {
  const elf = openFixture(name);
  return new Map(
    elf.sections.map((section) => [
      section.name,
      {
        size: section.size,
        variables: new Map(
          elf.symbols
            .filter(({ sectionIndex }) => sectionIndex === section.index)
            .map((symbol) => [symbol.name, { offset: symbol.value, hidden: symbol.visibility === Visibility.HIDDEN }]),
        ),
      },
    ]),
  );
}

function section(btf: Btf, name: string): BtfDataSection {
  const type = btf.type(btf.find(name, "dataSection") ?? 0);
  if (type.kind !== "dataSection") throw new Error(`no section ${name}`);
  return type;
}

/** Name, offset and size of each variable. */
function variables(btf: Btf, name: string): unknown {
  return section(btf, name).entries.map(({ typeId, offset, size }) => [btf.name(typeId), offset, size]);
}

it.each(["kinds.el.o", "kinds.eb.o"])("lays out the data sections of %s", (name) => {
  const original = btfOf(name);
  const btf = withDataSectionLayouts(original, layoutsOf(name));
  expect(btf.typeCount).toBe(original.typeCount);
  expect(section(btf, ".data").size).toBe(32);
  expect(variables(btf, ".data")).toEqual([
    ["global_number", 0, 4],
    ["hidden_number", 4, 4],
    ["weak_number", 8, 4],
    ["text", 12, 8],
    ["static_number", 24, 8],
  ]);
  expect(section(btf, ".bss")).toMatchObject({ size: 8, entries: [{ offset: 0 }, { offset: 4 }] });
  expect(section(btf, ".rodata")).toMatchObject({ size: 8, entries: [{ offset: 0, size: 8 }] });
  expect(section(btf, "license").size).toBe(4);
  // what the compiler wrote is left alone
  expect(section(original, ".data").size).toBe(0);
});

it("takes offsets of variables from their symbols", () => {
  const elf = openFixture("kinds.el.o");
  const btf = withDataSectionLayouts(btfOf("kinds.el.o"), layoutsOf("kinds.el.o"));
  for (const { typeId, offset } of section(btf, ".data").entries) {
    const symbol = elf.symbols.find((candidate) => candidate.name === btf.name(typeId));
    if (symbol !== undefined) expect(offset).toBe(symbol.value);
  }
});

it("makes hidden variables static", () => {
  const btf = withDataSectionLayouts(btfOf("kinds.el.o"), layoutsOf("kinds.el.o"));
  expect(btf.type(btf.find("hidden_number", "variable") ?? 0)).toMatchObject({ linkage: "static" });
  expect(btf.type(btf.find("weak_number", "variable") ?? 0)).toMatchObject({ linkage: "global" });
});

it("lays out .kconfig by alignment, size and name", () => {
  const btf = withDataSectionLayouts(btfOf("kinds.el.o"), layoutsOf("kinds.el.o"));
  expect(section(btf, ".kconfig").size).toBe(21);
  expect(variables(btf, ".kconfig")).toEqual([
    ["LINUX_KERNEL_VERSION", 0, 4],
    ["CONFIG_BOOLEAN", 4, 1],
    ["CONFIG_TEXT", 5, 16],
  ]);
});

it("leaves .ksyms to whoever resolves it", () => {
  const btf = withDataSectionLayouts(btfOf("kinds.el.o"), layoutsOf("kinds.el.o"));
  expect(section(btf, ".ksyms").size).toBe(0);
});

it("leaves a section that has been laid out already, as the linker's", () => {
  const once = withDataSectionLayouts(btfOf("kinds.el.o"), layoutsOf("kinds.el.o"));
  const layouts = layoutsOf("kinds.el.o");
  const data = layouts.get(".data");
  layouts.set(".data", { size: 999, variables: data?.variables ?? new Map() });
  expect(withDataSectionLayouts(once, layouts)).toBe(once);
});

it("refuses sections and variables that are not in the object", () => {
  const btf = btfOf("kinds.el.o");
  const without = layoutsOf("kinds.el.o");
  without.delete(".rodata");
  expect(() => withDataSectionLayouts(btf, without)).toThrow(/no such section, or an empty one \(section "\.rodata"\)/);
  const empty = layoutsOf("kinds.el.o");
  empty.set(".rodata", { size: 8, variables: new Map() });
  expect(() => withDataSectionLayouts(btf, empty)).toThrow(
    /variable "constant", which has no symbol \(section "\.rodata"\)/,
  );
});

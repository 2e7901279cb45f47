import { describe, expect, it } from "vitest";
import { ElfFile, RelocationType, SectionFlag, SectionType, SpecialSection, writeElf } from "./index.ts";
import type { NewElfSection, NewElfSymbol } from "./index.ts";

const section = (name: string, content: Uint8Array | number, align = 8): NewElfSection => ({
  name,
  type: typeof content === "number" ? SectionType.NOBITS : SectionType.PROGBITS,
  flags: SectionFlag.ALLOC,
  align,
  entrySize: 0,
  content,
  relocations: [],
});
const symbol = (name: string, binding: number, where: NewElfSymbol["section"], value = 0): NewElfSymbol => ({
  name,
  value,
  size: 8,
  type: 1,
  binding,
  visibility: 2,
  section: where,
});

describe.each([true, false])("an object, little-endian: %s", (littleEndian) => {
  const data = section(".data", Uint8Array.of(1, 2, 3), 1);
  const target = symbol("target", 1, data, 2);
  const local = symbol("local", 0, SpecialSection.ABS, 0x1_2345_6789);
  const bss = section(".bss", 0x1_0000_0000, 4096);
  const relocation = { offset: 8, type: RelocationType.R_BPF_64_64, symbol: target };
  const code: NewElfSection = { ...section("xdp", new Uint8Array(24)), relocations: [relocation] };
  const bytes = writeElf({ littleEndian, sections: [data, code, bss], symbols: [target, local] });
  const elf = ElfFile.parse(bytes);

  it("is read as it was written", () => {
    expect(elf.littleEndian).toBe(littleEndian);
    expect(elf.sections.map(({ name }) => name)).toEqual(["", ".data", "xdp", ".bss", ".relxdp", ".symtab", ".strtab"]);
    expect(elf.section(".data")?.data).toEqual(data.content);
    expect(elf.section(".bss")).toMatchObject({ size: 0x1_0000_0000, align: 4096, type: SectionType.NOBITS });
    const [found, ...others] = elf.relocations(elf.sections[2]!);
    expect(found).toMatchObject({ offset: 8, type: RelocationType.R_BPF_64_64, symbol: { name: "target" } });
    expect(others).toEqual([]);
  });

  it("has its local symbols first, and says how many", () => {
    expect(elf.symbols.slice(1)).toMatchObject([
      { name: "local", value: 0x1_2345_6789, binding: 0, sectionIndex: SpecialSection.ABS },
      { name: "target", value: 2, size: 8, type: 1, binding: 1, visibility: 2, sectionIndex: 1 },
    ]);
    expect(elf.section(".symtab")?.info).toBe(2);
  });

  it("has its contents aligned, and is the same each time", () => {
    expect(bytes.length % 8).toBe(0);
    expect(writeElf({ littleEndian, sections: [data, code, bss], symbols: [target, local] })).toEqual(bytes);
  });
});

it("refuses what refers to nothing in the object", () => {
  const data = section(".data", new Uint8Array(8));
  const stray = symbol("stray", 1, data);
  const relocated = { ...data, relocations: [{ offset: 0, type: 1, symbol: stray }] };
  expect(() => writeElf({ littleEndian: true, sections: [], symbols: [stray] })).toThrow("a section that is not there");
  expect(() => writeElf({ littleEndian: true, sections: [relocated], symbols: [] })).toThrow("not there");
  const many = Array.from({ length: 65_278 }, () => section("x", 0));
  expect(() => writeElf({ littleEndian: true, sections: many, symbols: [] })).toThrow("too many");
});

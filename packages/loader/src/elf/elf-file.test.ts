import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ObjectFormatError } from "../errors/index.ts";
import {
  ElfFile,
  RelocationType,
  SectionFlag,
  SectionType,
  SpecialSection,
  SymbolBinding,
  SymbolType,
} from "./index.ts";
import type { ElfSymbol } from "./index.ts";

const path = (name: string): string => fileURLToPath(new URL(`../btf/fixtures/${name}`, import.meta.url));
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)));

const little = read("kinds.el.o");
const big = read("kinds.eb.o");

/** A copy with some bytes replaced. */
function changed(bytes: Uint8Array, at: number, ...replacement: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(replacement, at);
  return copy;
}

function messageOf(bytes: Uint8Array): string {
  try {
    ElfFile.parse(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectFormatError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  }
  throw new Error("was read without an error");
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each([
  ["little-endian", little, true],
  ["big-endian", big, false],
])("a %s object", (_, bytes, littleEndian) => {
  const elf = ElfFile.parse(bytes);

  it("states its byte order", () => {
    expect(elf.littleEndian).toBe(littleEndian);
  });

  it("has the sections that clang wrote", () => {
    const program = elf.section("raw_tp/sys_enter");
    expect(program).toMatchObject({
      type: SectionType.PROGBITS,
      flags: SectionFlag.ALLOC | SectionFlag.EXECINSTR,
      align: 8,
    });
    expect(program?.data.length).toBe(program?.size);
    expect(elf.section(".bss")).toMatchObject({ type: SectionType.NOBITS, size: 8, data: new Uint8Array(0) });
    expect(elf.section("license")?.data).toEqual(ascii("MIT\0"));
    expect(elf.section("nothing of that name")).toBeUndefined();
    expect(elf.sections[0]).toMatchObject({ index: 0, name: "", type: SectionType.NULL, size: 0 });
    expect(elf.sections.map(({ index }) => index)).toEqual(elf.sections.map((_, index) => index));
  });

  it("views the bytes of a section and does not copy them", () => {
    const license = elf.section("license");
    expect(license?.data.buffer).toBe(bytes.buffer);
  });

  it("has its symbols", () => {
    const find = (name: string): ElfSymbol | undefined => elf.symbols.find((symbol) => symbol.name === name);
    expect(find("program")).toMatchObject({ type: SymbolType.FUNC, binding: SymbolBinding.GLOBAL, value: 0 });
    expect(find("program")?.sectionIndex).toBe(elf.section("raw_tp/sys_enter")?.index);
    expect(find("text")).toMatchObject({ type: SymbolType.OBJECT, size: 8 });
    expect(find("hidden_number")).toMatchObject({ visibility: 2 });
    expect(find("weak_number")).toMatchObject({ binding: SymbolBinding.WEAK });
    expect(find("runqueues")).toMatchObject({ sectionIndex: SpecialSection.UNDEF, type: SymbolType.NOTYPE });
  });

  it("has the relocations of a section, with their symbols", () => {
    const program = elf.section("raw_tp/sys_enter");
    const relocations = program === undefined ? [] : elf.relocations(program);
    const byName = new Map(relocations.map(({ symbol, type }) => [symbol.name, type]));
    expect(byName.get("global_number")).toBe(RelocationType.R_BPF_64_64);
    expect(byName.get("kernel_function")).toBe(RelocationType.R_BPF_64_32);
    for (const { offset } of relocations) expect(offset % 8).toBe(0);
    const license = elf.section("license");
    expect(license && elf.relocations(license)).toEqual([]);
  });
});

it("agrees with readelf on every section, symbol and relocation", (context) => {
  const run = spawnSync("readelf", ["-SsrW", path("kinds.el.o")], { encoding: "utf8" });
  context.skip(run.error !== undefined, "readelf is not installed (apt install binutils)");
  const elf = ElfFile.parse(little);
  const lines = run.stdout.split("\n").map((line) => line.trim());

  const sections = lines.flatMap((line) => {
    const [, index, name, size] =
      /^\[ *(\d+)\] (\S*) +[A-Z][\w+]+ +[0-9a-f]{16} [0-9a-f]+ ([0-9a-f]+)/.exec(line) ?? [];
    return index === undefined || index === "0"
      ? []
      : [{ index: Number(index), name, size: Number.parseInt(size ?? "", 16) }];
  });
  expect(elf.sections.slice(1).map(({ index, name, size }) => ({ index, name, size }))).toEqual(sections);

  const symbols = lines.flatMap((line) => {
    const [, index, value, size, name] = /^(\d+): ([0-9a-f]{16}) +(\d+) \w+ +\w+ +\w+ +\S+ ?(.*)$/.exec(line) ?? [];
    return index === undefined
      ? []
      : [{ index: Number(index), value: Number.parseInt(value ?? "", 16), size: Number(size), name }];
  });
  // readelf shows the section's name for the symbol of a section, which has none of its own
  const shown = elf.symbols.map(({ index, value, size, name, type, sectionIndex }) => ({
    index,
    value,
    size,
    name: type === SymbolType.SECTION ? elf.sections[sectionIndex]?.name : name,
  }));
  expect(shown).toEqual(symbols);

  const relocations = lines.filter((line) => /^[0-9a-f]{16} +[0-9a-f]{16} +R_BPF_/.test(line)).length;
  expect(elf.sections.flatMap((section) => elf.relocations(section)).length).toBe(relocations);
});

describe("what is not a BPF object", () => {
  it.each([
    ["nothing", new Uint8Array(0), "the file is empty"],
    ["C source", ascii("#include <linux/bpf.h>\nint x;\n"), "it is text; compile it with clang -target bpf"],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0), "compressed with gzip"],
    ["an archive", ascii("!<arch>\n"), "it is an ar archive"],
    ["LLVM bitcode", Uint8Array.of(0x42, 0x43, 0xc0, 0xde), "it is LLVM bitcode; compile without -emit-llvm"],
    ["bare BTF", Uint8Array.of(0x9f, 0xeb, 1, 0), "it is BTF without an object around it"],
    ["other bytes", Uint8Array.of(0xff, 0xfe, 0xfd), "the first bytes are not those of an ELF file"],
    ["the first byte of ELF", Uint8Array.of(0x7f), "the first bytes are not those of an ELF file"],
    ["half a header", little.subarray(0, 40), "the object is truncated: 40 bytes are less than an ELF header"],
    ["32 bits", changed(little, 4, 1), "it is an ELF file of 32 bits"],
    ["no class", changed(little, 4, 3), "no known class"],
    ["no byte order", changed(little, 5, 0), "no known class, byte order or version"],
    ["x86-64", changed(little, 18, 62, 0), "it was compiled for x86-64; compile with clang -target bpf"],
    ["AArch64", changed(little, 18, 183, 0), "it was compiled for AArch64"],
    ["a machine that nobody knows", changed(little, 18, 0x34, 0x12), "it was compiled for machine 4660"],
    ["an executable", changed(little, 16, 2, 0), "its ELF type is 2, not 1 (relocatable)"],
  ])("%s", (_, bytes, message) => {
    expect(messageOf(bytes)).toContain(message);
  });
});

it("reads files of other machines when asked to", () => {
  const program = new Uint8Array(readFileSync(process.execPath));
  expect(messageOf(program)).toMatch(/it was compiled for /);
  const elf = ElfFile.parse(program, { machine: "any" });
  expect(elf.section(".text")?.size).toBeGreaterThan(0);
  expect(() => ElfFile.parse(ascii("text"), { machine: "any" })).toThrow(/it is text/);
});

/** Offset of the section header of an index, and of a field in it. */
const headerAt = (index: number, field: number): number =>
  new DataView(little.buffer).getUint32(40, true) + index * 64 + field;
const indexOf = (name: string): number => ElfFile.parse(little).section(name)?.index ?? 0;

describe("a corrupted object", () => {
  it.each([
    ["no sections", changed(little, 40, 0, 0, 0, 0), "has no sections"],
    ["section headers of another size", changed(little, 58, 40, 0), "section headers of 40 bytes"],
    ["section headers outside of the file", changed(little, 42, 0xff), "truncated"],
    ["more section headers than fit", changed(little, 60, 0xff, 0xfe), "65279 section headers would end at byte"],
    ["names in no string table", changed(little, 62, 0, 0), "section 0, which is no string table"],
    ["names in a section that does not exist", changed(little, 62, 0xf0, 0), "section 240, which is no string table"],
    ["a section outside of the file", changed(little, headerAt(3, 24) + 4, 1), "section 3 would end at byte"],
    ["a section of 2^63 bytes", changed(little, headerAt(3, 32) + 7, 0x80), "section 3 would end at byte"],
  ])("%s", (_, bytes, message) => {
    expect(messageOf(bytes)).toContain(message);
  });

  it("a name outside of the names", () => {
    const elf = ElfFile.parse(changed(little, headerAt(4, 0) + 3, 0x7f));
    expect(() => elf.sections[4]?.name).toThrow(/a name lies outside of the string table of \d+ bytes/);
  });

  it("a symbol in a section that does not exist", () => {
    const elf = ElfFile.parse(little);
    const table = elf.section(".symtab")?.data.byteOffset ?? 0;
    expect(() => ElfFile.parse(changed(little, table + 24 * 3 + 6, 0xfe, 0xfe)).symbols).toThrow(/is in section 65278/);
  });

  it("a symbol table with entries of another size", () => {
    expect(() => ElfFile.parse(changed(little, headerAt(indexOf(".symtab"), 56), 16)).symbols).toThrow(
      /entries of 16, wanted entries of 24 bytes \(section "\.symtab"\)/,
    );
  });

  it("a relocation against a symbol that does not exist", () => {
    const elf = ElfFile.parse(little);
    const table = elf.section(".relraw_tp/sys_enter")?.data.byteOffset ?? 0;
    const corrupt = ElfFile.parse(changed(little, table + 12, 0xff, 0xff));
    const program = corrupt.section("raw_tp/sys_enter");
    expect(() => program && corrupt.relocations(program)).toThrow(/against symbol 65535/);
  });

  it("relocations with addends", () => {
    const corrupt = ElfFile.parse(changed(little, headerAt(indexOf(".relraw_tp/sys_enter"), 4), SectionType.RELA));
    const program = corrupt.section("raw_tp/sys_enter");
    expect(() => program && corrupt.relocations(program)).toThrow(/SHT_RELA/);
  });

  it("a compressed section, only when its bytes are asked for", () => {
    const corrupt = ElfFile.parse(changed(little, headerAt(indexOf("license"), 9), 0x08));
    expect(corrupt.section("license")?.size).toBe(4);
    expect(() => corrupt.section("license")?.data).toThrow(/the section is compressed; compile without -gz/);
  });
});

it("reads counts that do not fit into the header from the null section", () => {
  const view = new DataView(little.buffer);
  const count = view.getUint16(60, true);
  const names = view.getUint16(62, true);
  let bytes = changed(little, 60, 0, 0, 0xff, 0xff);
  bytes = changed(bytes, headerAt(0, 32), count);
  bytes = changed(bytes, headerAt(0, 40), names);
  const elf = ElfFile.parse(bytes);
  expect(elf.sections.map(({ name }) => name)).toEqual(ElfFile.parse(little).sections.map(({ name }) => name));
});

describe("symbols of an object with more sections than 16 bits count", () => {
  const SECTIONS = 0x1_0010;
  const LAST = SECTIONS - 1;

  /** Sections: names, symbols, their sections in 32 bits, and many of no bytes. Symbols: section in 16 and in 32 bits. */
  function large(symbols: readonly (readonly [number, number])[], littleEndian: boolean): Uint8Array {
    const names = 64;
    const table = names + 8;
    const extended = table + symbols.length * 24;
    const headers = extended + symbols.length * 4;
    const bytes = new Uint8Array(headers + SECTIONS * 64);
    const view = new DataView(bytes.buffer);
    const u32 = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
    const u64 = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), littleEndian);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
    view.setUint16(16, 1, littleEndian);
    view.setUint16(18, 247, littleEndian);
    u64(40, headers);
    view.setUint16(58, 64, littleEndian);
    view.setUint16(62, 1, littleEndian);
    const section = (index: number, type: number, offset: number, size: number, link = 0, entrySize = 0): void => {
      const at = headers + index * 64;
      u32(at + 4, type);
      u64(at + 24, offset);
      u64(at + 32, size);
      u32(at + 40, link);
      u64(at + 56, entrySize);
    };
    section(0, SectionType.NULL, 0, SECTIONS);
    section(1, SectionType.STRTAB, names, 8);
    section(2, SectionType.SYMTAB, table, symbols.length * 24, 1, 24);
    section(3, SectionType.SYMTAB_SHNDX, extended, symbols.length * 4, 2, 4);
    for (let index = 4; index < SECTIONS; index++) section(index, SectionType.PROGBITS, names, 0);
    symbols.forEach(([short, long], index) => {
      view.setUint16(table + index * 24 + 6, short, littleEndian);
      u32(extended + index * 4, long);
    });
    return bytes;
  }

  it.each([true, false])("are in the section that the table of 32 bits says, little-endian: %s", (littleEndian) => {
    const elf = ElfFile.parse(
      large(
        [
          [0, 0],
          [0xffff, LAST],
          [0xffff, 0xfff1],
          [0xfff1, 0],
          [0xfff2, 0],
          [5, 0],
        ],
        littleEndian,
      ),
    );
    expect(elf.sections).toHaveLength(SECTIONS);
    const { UNDEF, ABS, COMMON } = SpecialSection;
    expect(elf.symbols.map(({ sectionIndex }) => sectionIndex)).toEqual([UNDEF, LAST, 0xfff1, ABS, COMMON, 5]);
    expect(elf.sections[ABS]).toBeUndefined();
  });

  it("are in one that there is", () => {
    expect(() => ElfFile.parse(large([[0xffff, SECTIONS]], true)).symbols).toThrow(
      `is in section ${SECTIONS} of ${SECTIONS}`,
    );
    expect(
      () =>
        ElfFile.parse(changed(little, ElfFile.parse(little).section(".symtab")!.data.byteOffset + 6, 0xff, 0xff))
          .symbols,
    ).toThrow(/is in section 65535 of/);
  });
});

import { describe, expect, it } from "vitest";
import { btfOf, openFixture, sectionOf } from "../../../../test/btf/open-fixture.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { CoreRelocationKind, parseExtInfo } from "./index.ts";

const SECTION = "raw_tp/sys_enter";

describe.each(["el", "eb"])("infos of a %s object", (order) => {
  const btf = btfOf(`kinds.${order}.o`);
  const info = parseExtInfo(sectionOf(openFixture(`kinds.${order}.o`), ".BTF.ext").data, btf);

  const names = (section: string): unknown =>
    (info.functions.get(section) ?? []).map(({ offset, typeId }) => [offset, btf.name(typeId)]);

  it("say where functions start", () => {
    expect(names(SECTION)).toEqual([[0, "program"]]);
    expect(names(".text")).toEqual([
      [0, "global_function"],
      [expect.any(Number), "add"],
    ]);
  });

  it("say where instructions come from", () => {
    const lines = info.lines.get(SECTION) ?? [];
    expect(lines.length).toBeGreaterThan(5);
    expect(lines[0]?.offset).toBe(0);
    for (const { offset, fileOffset, line } of lines) {
      expect(offset % 8).toBe(0);
      expect(btf.string(fileOffset)).toMatch(/kinds\.bpf\.c$/);
      expect(line).toBeGreaterThan(50);
    }
    expect(lines.map(({ textOffset }) => btf.string(textOffset).trim())).toContain("zero_static++;");
    expect(lines.map(({ offset }) => offset)).toEqual(lines.map(({ offset }) => offset).toSorted((a, b) => a - b));
    const increment = lines.find(({ textOffset }) => btf.string(textOffset).trim() === "zero_static++;");
    expect(increment?.column).toBe(14);
  });

  it("have no relocations where there are none", () => {
    expect(info.relocations).toEqual(new Map());
  });

  it("have CO-RE relocations of each kind", () => {
    const local = btfOf(`core-local.${order}.o`);
    const elf = openFixture(`core-local.${order}.o`);
    const { relocations } = parseExtInfo(sectionOf(elf, ".BTF.ext").data, local);
    const records = relocations.get("raw_tp") ?? [];
    expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set(Object.values(CoreRelocationKind)));
    for (const { offset, typeId, access } of records) {
      expect(offset % 8).toBe(0);
      expect(access).toMatch(/^\d+(?::\d+)*$/);
      expect(typeId).toBeLessThan(local.typeCount);
    }
  });
});

/** `.BTF.ext` of a header and parts, each of words. */
function build(
  headerWords: number,
  parts: { functions?: number[]; lines?: number[]; relocations?: number[] },
): Uint8Array {
  const { functions = [], lines = [], relocations = [] } = parts;
  const sizes = [functions, lines, relocations].map(({ length }) => length * 4);
  const [first = 0, second = 0, third = 0] = sizes;
  const header = [0x0001eb9f, headerWords * 4, 0, first, first, second, first + second, third];
  const padded = Array.from({ length: headerWords }, (_, index) => header[index] ?? 0);
  return new Uint8Array(new Uint32Array([...padded, ...functions, ...lines, ...relocations]).buffer);
}

describe("headers", () => {
  const btf = btfOf("kinds.el.o");
  const name = 1; // offset of some string
  const functions = [8, name, 2, 8, 2, 0, 2];
  const relocations = [16, name, 1, 0, 2, 0, 12];

  it("of 24 bytes have no relocations, whatever follows", () => {
    const info = parseExtInfo(build(6, { functions, relocations }), btf);
    expect([...info.functions.values()]).toEqual([
      [
        { offset: 0, typeId: 2 },
        { offset: 8, typeId: 2 },
      ],
    ]);
    expect(info.relocations.size).toBe(0);
  });

  it("of 32 and 40 bytes have them", () => {
    for (const words of [8, 10]) {
      const info = parseExtInfo(build(words, { functions, relocations }), btf);
      expect([...info.relocations.values()]).toEqual([[{ offset: 0, typeId: 2, access: "", kind: 12 }]]);
    }
  });

  it("may be followed by records that are longer than known", () => {
    const info = parseExtInfo(build(8, { functions: [12, name, 1, 16, 2, 99] }), btf);
    expect([...info.functions.values()]).toEqual([[{ offset: 16, typeId: 2 }]]);
  });

  it.each([
    [
      "fields of the future",
      (() => {
        const bytes = build(10, { functions });
        bytes[35] = 1;
        return bytes;
      })(),
      /fields that are not known here/,
    ],
    ["no room for the header", build(8, {}).subarray(0, 23), /truncated: 23 bytes/],
    [
      "parts outside of the section",
      build(8, { functions }).subarray(0, 48),
      /function infos take 28 bytes from byte 32 of 48/,
    ],
    ["short records", build(8, { functions: [4, name, 1, 0] }), /records of 4 bytes, wanted 8/],
    ["long records", build(8, { functions: [260, name, 1, 0] }), /records of 260 bytes/],
    ["records that are not aligned", build(8, { functions: [10, name, 1, 0] }), /records of 10 bytes/],
    ["no records", build(8, { functions: [8, name, 0] }), /0 for section/],
    [
      "more records than there is room for",
      build(8, { functions: [8, name, 3, 0, 0, 8, 0] }),
      /3 for section .*room for 2/,
    ],
    ["2^32 records", build(8, { functions: [8, name, 0xffff_ffff, 0, 0] }), /4294967295 for section/],
    ["a section without a count", build(8, { functions: [8, name] }), /0 for section/],
    ["half an instruction", build(8, { functions: [8, name, 1, 4, 2] }), /offset 4 is inside of an instruction/],
    [
      "a name outside of the strings",
      build(8, { functions: [8, 0x7fff_ffff, 1, 0, 2] }),
      /outside of the string table/,
    ],
    ["a relocation of the future", build(8, { relocations: [16, name, 1, 0, 2, 0, 13] }), /relocation of kind 13/],
  ])("%s: refused", (_, bytes, message) => {
    expect(() => parseExtInfo(bytes, btf)).toThrow(ObjectFormatError);
    expect(() => parseExtInfo(bytes, btf)).toThrow(message);
  });

  it("sorts records by offset", () => {
    const info = parseExtInfo(build(8, { relocations: [16, name, 3, 16, 1, 0, 0, 8, 2, 0, 0, 8, 3, 0, 0] }), btf);
    expect([...info.relocations.values()].flat().map(({ typeId }) => typeId)).toEqual([2, 3, 1]);
  });

  it("joins what is said twice about a section", () => {
    const info = parseExtInfo(build(8, { functions: [8, name, 1, 0, 2, name, 1, 8, 2] }), btf);
    expect([...info.functions.values()]).toHaveLength(1);
    expect([...info.functions.values()][0]).toHaveLength(2);
  });
});

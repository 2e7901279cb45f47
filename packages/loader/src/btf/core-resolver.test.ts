import { describe, expect, it } from "vitest";
import { btfOf, openFixture, sectionOf } from "../../../../test/btf/open-fixture.ts";
import { BpfError } from "../errors/index.ts";
import { Btf, CoreResolver, parseExtInfo } from "./index.ts";
import type { CoreRelocation, CoreResult } from "./index.ts";

/** A program of core-local.bpf.c. */
interface Program {
  readonly code: Uint8Array;
  readonly relocations: readonly CoreRelocation[];
}

function programsOf(order: string): ReadonlyMap<string, Program> {
  const elf = openFixture(`core-local.${order}.o`);
  const local = btfOf(`core-local.${order}.o`);
  const section = sectionOf(elf, "raw_tp");
  const records = parseExtInfo(sectionOf(elf, ".BTF.ext").data, local).relocations.get("raw_tp") ?? [];
  const functions = elf.symbols.filter(({ sectionIndex, size }) => sectionIndex === section.index && size > 0);
  return new Map(
    functions.map(({ name, value, size }) => [
      name,
      {
        code: section.data.slice(value, value + size),
        relocations: records
          .filter(({ offset }) => offset >= value && offset < value + size)
          .map(({ offset, typeId, access, kind }) => ({ slot: (offset - value) / 8, typeId, access, kind })),
      },
    ]),
  );
}

/** The relocated instruction: opcode, offset, immediate of 64 bits where there are two slots. */
interface Instruction {
  readonly opcode: number;
  readonly offset: number;
  readonly immediate: bigint;
}

function instructionAt(code: Uint8Array, slot: number, littleEndian: boolean): Instruction {
  const view = new DataView(code.buffer, code.byteOffset + slot * 8);
  const opcode = view.getUint8(0);
  const low = view.getInt32(4, littleEndian);
  const immediate =
    opcode === 0x18
      ? (BigInt(view.getUint32(12, littleEndian)) << 32n) | BigInt(view.getUint32(4, littleEndian))
      : BigInt(low);
  return { opcode, offset: view.getInt16(2, littleEndian), immediate };
}

/** The first relocation of a program, with something else in it. */
function withChange(program: Program | undefined, change: Partial<CoreRelocation>): readonly CoreRelocation[] {
  const [relocation] = program?.relocations ?? [];
  return relocation === undefined ? [] : [{ ...relocation, ...change }];
}

const LDX = { B: 0x71, H: 0x69, W: 0x61, DW: 0x79 };
const STX_W = 0x63;
const POISON = { opcode: 0x85, offset: 0, immediate: 195_896_080n };

describe.each(["el", "eb"])("programs of a %s object", (order) => {
  const littleEndian = order === "el";
  const local = btfOf(`core-local.${order}.o`);
  const target = btfOf(`core-target.${order}.o`);
  const programs = programsOf(order);

  /** Relocates one program, and gives its relocated instruction. */
  function relocate(name: string, to = target): { instruction: Instruction; result: CoreResult } {
    const program = programs.get(name);
    const [relocation] = program?.relocations ?? [];
    if (program === undefined || relocation === undefined) throw new Error(`no program ${name} with a relocation`);
    const code = program.code.slice();
    const result = new CoreResolver(local, to).apply(code, program.relocations, name);
    return { instruction: instructionAt(code, relocation.slot, littleEndian), result };
  }

  it.each([
    ["load_first", LDX.W, 8],
    ["load_widened", LDX.DW, 16],
    ["load_narrowed", LDX.H, 32],
    ["load_pointer", LDX.DW, 40],
    ["load_element", LDX.W, 72],
    ["load_point_y", LDX.W, 56],
    ["load_points_y", LDX.W, 104],
    ["load_nested", LDX.W, 124],
    ["load_flexible", LDX.W, 136],
    ["load_renamed", LDX.W, 20],
    ["load_next", LDX.W, 136 + 8],
    ["store_first", STX_W, 8],
    ["agreeing", LDX.W, 4],
    ["agreeing_in_one", LDX.W, 8],
    ["only_flavour", LDX.W, 4],
  ])("%s: a load or store at the kernel's offset, of the kernel's size", (name, opcode, offset) => {
    const { instruction, result } = relocate(name);
    expect(instruction).toMatchObject({ opcode, offset });
    expect(result.poisoned).toEqual([]);
  });

  it.each([
    ["address_of_point", 48n],
    ["offset_first", 8n],
    // bits 9 to 15 of the int at 112
    ["offset_bits", 112n],
    ["size_bits", 4n],
    ["lshift_bits", littleEndian ? 64n - 16n : 32n + 9n],
    ["rshift_bits", 64n - 7n],
    ["signed_bits", 1n],
    ["unsigned_bits", 0n],
    ["lshift_widened", 0n],
    ["size_widened", 8n],
    ["size_array", 12n],
    ["size_element", 4n],
    ["exists_first", 1n],
    ["exists_missing", 0n],
    ["exists_element_beyond", 0n],
    ["exists_other_kind", 0n],
    ["type_exists", 1n],
    ["type_exists_flavour", 1n],
    ["type_exists_absent", 0n],
    ["type_exists_other_kind", 0n],
    ["type_exists_typedef", 1n],
    ["type_size", 136n],
    ["type_size_typedef", 8n],
    ["type_size_absent", 0n],
    ["type_matches", 1n],
    ["type_matches_not", 0n],
    ["type_matches_absent", 0n],
    ["value_exists", 1n],
    ["value_exists_gone", 0n],
    ["value", 200n],
    ["value_wide", 0x2_0000_0002n],
    ["value_grown", 0x3_0000_0003n],
    ["id_target_absent", 0n],
  ])("%s: the kernel's value", (name, value) => {
    expect(relocate(name).instruction.immediate).toBe(value);
  });

  it("ids are those of the object and of the kernel", () => {
    expect(relocate("id_local").instruction.immediate).toBe(BigInt(local.find("sample", "struct") ?? 0));
    expect(relocate("id_target").instruction.immediate).toBe(BigInt(target.find("sample", "struct") ?? 0));
  });

  it.each([
    ["load_missing", "struct sample.missing (0:10)", /the kernel has no such field/],
    ["load_other_kind", "struct sample.other_kind (0:12)", /the kernel has no such field/],
    ["offset_missing", "struct sample.missing (0:10)", /the kernel has no such field/],
    ["value_gone", "enum letters::LETTER_GONE (2)", /the kernel has no such field or value/],
    [
      "load_signed_widened",
      "struct sample.signed_widened (0:2)",
      /has 4 bytes in the object's types and 8 in the kernel's/,
    ],
  ])("%s: poisoned, and says what was missing", (name, description, reason) => {
    const { instruction, result } = relocate(name);
    expect(instruction).toEqual(POISON);
    expect(result.poisoned).toEqual([
      { slot: programs.get(name)?.relocations[0]?.slot, description, reason: expect.stringMatching(reason) },
    ]);
  });

  it("poisons both slots of a 64-bit load", () => {
    const program = programs.get("value_gone");
    const code = program?.code.slice() ?? new Uint8Array();
    const slot = program?.relocations[0]?.slot ?? 0;
    new CoreResolver(local, target).apply(code, program?.relocations ?? [], "value_gone");
    expect(instructionAt(code, slot + 1, littleEndian)).toEqual(POISON);
  });

  it("refuses what the kernel's types are ambiguous about", () => {
    expect(() => relocate("ambiguous")).toThrow(
      /^program "ambiguous", instruction 0: CO-RE relocation FIELD_BYTE_OFFSET of "twice" \("0:0"\): ambiguous: .* type \d+ gives 0, type \d+ gives 8$/,
    );
    expect(() => relocate("ambiguous")).toThrow(expect.objectContaining({ code: "ERR_BPF_CO_RE" }));
  });

  it("leaves all instructions as they are when the kernel's types are the object's own", () => {
    for (const [name, { code }] of programs) {
      if (name.endsWith("_bits")) continue; // compilers choose how they load bitfields
      const program = programs.get(name);
      const copy = code.slice();
      const { poisoned } = new CoreResolver(local, local).apply(copy, program?.relocations ?? [], name);
      expect(poisoned).toEqual([]);
      expect(copy).toEqual(code);
    }
  });

  it("takes types of modules only where the kernel has none", () => {
    const bytes = (words: readonly number[]): number[] => {
      const view = new DataView(new ArrayBuffer(words.length * 4));
      words.forEach((word, index) => view.setUint32(index * 4, word, littleEndian));
      return [...new Uint8Array(view.buffer)];
    };
    const strings = [...new TextEncoder().encode("absent\0sample\0")];
    // strings of a split BTF continue its base's
    const first = new DataView(target.bytes.buffer, target.bytes.byteOffset).getUint32(20, littleEndian);
    const types = bytes([first, (4 << 24) | 0, 12, first + 7, (4 << 24) | 0, 4]);
    const magic = littleEndian ? [0x9f, 0xeb, 1, 0] : [0xeb, 0x9f, 1, 0];
    const header = bytes([24, 0, types.length, types.length, strings.length]);
    const module = Btf.parse(new Uint8Array([...magic, ...header, ...types, ...strings]), target);
    let opened = 0;
    const resolver = new CoreResolver(local, target, () => {
      opened++;
      return [module];
    });
    const valueOf = (name: string): bigint => {
      const { code, relocations } = programs.get(name) ?? { code: new Uint8Array(), relocations: [] };
      const copy = code.slice();
      resolver.apply(copy, relocations, name);
      return instructionAt(copy, relocations[0]?.slot ?? 0, littleEndian).immediate;
    };
    expect(valueOf("type_size")).toBe(136n);
    expect(opened).toBe(0);
    expect(valueOf("type_size_absent")).toBe(12n);
    expect(valueOf("type_exists_absent")).toBe(1n);
    expect(valueOf("type_exists_other_kind")).toBe(0n);
    expect(opened).toBe(1);
  });

  it("refuses instructions that are not what the types say", () => {
    const program = programs.get("load_first");
    const run = (
      change: (view: DataView, at: number) => void,
      slot = program?.relocations[0]?.slot ?? 0,
    ): (() => CoreResult) => {
      const code = program?.code.slice() ?? new Uint8Array();
      change(new DataView(code.buffer), slot * 8);
      return () => new CoreResolver(local, target).apply(code, withChange(program, { slot }), "x");
    };
    expect(run((view, at) => view.setInt16(at + 2, 4, littleEndian))).toThrow(/holds 4, but the object's types say 0/);
    expect(run((view, at) => view.setUint8(at, 0x05))).toThrow(/opcode 0x05\) can't hold a relocated value/);
    expect(run((view, at) => view.setUint8(at, 0x0f))).toThrow(/has no immediate/);
    expect(run((view, at) => view.setUint8(at, 0x18))).toThrow(/no plain load of a 64-bit immediate/);
    expect(run(() => undefined, 1000)).toThrow(/there is no such instruction/);
    expect(run(() => undefined, 1000)).toThrow(BpfError);
  });

  it("refuses paths that the types don't have", () => {
    const program = programs.get("load_first");
    const typeId = local.find("sample", "struct") ?? 0;
    const run = (change: Partial<CoreRelocation>) => (): CoreResult =>
      new CoreResolver(local, target).apply(
        program?.code.slice() ?? new Uint8Array(),
        withChange(program, change),
        "x",
      );
    expect(run({ access: "" })).toThrow(/is no path to a field/);
    expect(run({ access: "0:" })).toThrow(/is no path to a field/);
    expect(run({ access: "0:-1" })).toThrow(/is no path to a field/);
    expect(run({ access: "0:99" })).toThrow(/"struct sample" has no member 99/);
    expect(run({ access: "0:0:0" })).toThrow(/goes into "int"/);
    expect(run({ access: "0:5:4" })).toThrow(/"int\[4\]" has no element 4/);
    expect(run({ access: Array.from({ length: 65 }, () => 0).join(":") })).toThrow(/is too long/);
    expect(run({ access: "0:1", kind: 8 })).toThrow(/to a whole type/);
    expect(run({ access: "9", kind: 10, typeId: local.find("letters", "enum") ?? 0 })).toThrow(/has no enumerator 9/);
    expect(run({ access: "0", kind: 10, typeId })).toThrow(/is no enumerator/);
    expect(run({ typeId: 0x7fff_ffff })).toThrow(BpfError);
    expect(run({ typeId: 0 })).toThrow(BpfError);
  });
});

it("refuses types of another byte order", () => {
  expect(() => new CoreResolver(btfOf("core-local.el.o"), btfOf("core-target.eb.o"))).toThrow(
    /of different byte order/,
  );
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyInstruction } from "../../../../test/asm/any-instruction.ts";
import { decode, decodeSlots } from "./decode.ts";
import { disassemble } from "./disassemble.ts";
import { encode } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { slotsOf } from "./instruction.ts";
import { printInstruction } from "./print.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const kinds = (hex: string): readonly string[] => decode(bytes(hex)).map(({ kind }) => kind);

describe("decode and encode", () => {
  it("make the same instructions of any instructions", () => {
    fc.assert(
      fc.property(fc.array(anyInstruction, { maxLength: 20 }), fc.boolean(), (instructions, littleEndian) => {
        const code = encode(instructions, littleEndian);
        expect(decode(code, littleEndian)).toEqual(instructions);
        expect(instructions.map((instruction) => printInstruction(instruction))).not.toContain("<unknown>");
      }),
      { numRuns: 2000 },
    );
  });

  it("make the same bytes of any bytes, and show them as text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 20 }),
        fc.boolean(),
        (slots, littleEndian) => {
          const code = Uint8Array.from(slots.flatMap((slot) => [...slot]));
          expect(encode(decode(code, littleEndian), littleEndian)).toEqual(code);
          const text = disassemble({ code }, { littleEndian });
          expect(text.split("\n").filter((line) => /^ +\d+: /.test(line)).length).toBe(slots.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("make the same bytes of instructions with a few bits wrong", () => {
    fc.assert(
      fc.property(
        fc.array(anyInstruction, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat()),
        (instructions, bits) => {
          const code = encode(instructions);
          for (const bit of bits) {
            const at = (bit >> 3) % code.length;
            code[at] = (code[at] ?? 0) ^ (1 << (bit & 7));
          }
          expect(encode(decode(code))).toEqual(code);
          disassemble({ code });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("know every opcode", () => {
    const counts: Record<string, number> = {};
    for (let opcode = 0; opcode < 256; opcode++) {
      const code = new Uint8Array(16);
      code[0] = opcode;
      // Only these need a number that is not zero.
      if (opcode === 0xd4 || opcode === 0xd7 || opcode === 0xdc) code[4] = 16;
      const kind = decode(code)[0]?.kind ?? "";
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(counts).toEqual({
      // Twelve codes (signed division and modulo share them), two widths, two kinds of operands.
      alu: 48,
      negate: 2,
      byteSwap: 3,
      loadWide: 1,
      loadPacket: 6,
      load: 7,
      store: 8,
      atomic: 2,
      jump: 2,
      // Eleven comparisons, two widths, two kinds of operands.
      jumpIf: 44,
      jumpRegister: 1,
      mayGoto: 1,
      callHelper: 1,
      callRegister: 1,
      exit: 1,
      raw: 256 - 128,
    });
  });

  it("keep what has something in a field that must be zero", () => {
    expect(kinds("95 00 00 00 00 00 00 00")).toEqual(["exit"]);
    expect(kinds("95 01 00 00 00 00 00 00")).toEqual(["raw"]);
    expect(kinds("95 00 00 00 01 00 00 00")).toEqual(["raw"]);
    expect(kinds("0f 21 00 00 01 00 00 00")).toEqual(["raw"]);
    expect(kinds("07 21 00 00 01 00 00 00")).toEqual(["raw"]);
    expect(kinds("07 01 02 00 01 00 00 00")).toEqual(["raw"]);
    expect(kinds("07 0c 00 00 01 00 00 00")).toEqual(["raw"]);
    expect(kinds("db 21 00 00 02 00 00 00")).toEqual(["raw"]);
    expect(kinds("85 30 00 00 02 00 00 00")).toEqual(["raw"]);
    expect(kinds("d7 01 00 00 18 00 00 00")).toEqual(["raw"]);
  });

  it("take two slots for 64 bits only where the second is one", () => {
    const first = "18 01 00 00 88 77 66 55";
    const [whole] = decode(bytes(`${first} 00 00 00 00 44 33 22 11`));
    expect(whole).toEqual({
      kind: "loadWide",
      destination: "r1",
      meaning: "number",
      value: 0x1122334455667788n,
    });
    expect(decode(bytes(first)).map(({ kind }) => kind)).toEqual(["raw"]);
    expect(decode(bytes(`${first} 95 00 00 00 00 00 00 00`)).map(({ kind }) => kind)).toEqual(["raw", "exit"]);
    expect(decode(bytes(`${first} 00 10 00 00 00 00 00 00`)).map(({ kind }) => kind)).toEqual(["raw", "raw"]);
  });

  it("count slots", () => {
    const code = bytes("18 01 00 00 01 00 00 00 00 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00");
    const places = [...decodeSlots(code)];
    expect(places.map(({ slot }) => slot)).toEqual([0, 2]);
    expect(places.map(({ instruction }) => slotsOf(instruction))).toEqual([2, 1]);
  });

  it("refuse half an instruction", () => {
    expect(() => decode(new Uint8Array(12))).toThrow(
      expect.objectContaining({ code: "ERR_BPF_OBJECT_FORMAT", offset: 8 }),
    );
  });
});

describe("encode", () => {
  it.each<[Instruction, string]>([
    [{ kind: "load", size: "u8", destination: "r0", base: "r1", offset: 0x8000 }, "instruction 0 (load): an offset"],
    [{ kind: "alu", operation: "mov", destination: "r0", source: 0x8000_0000 }, "a number or target of 2147483648"],
    [{ kind: "alu", operation: "mov", destination: "r0", source: 1.5 }, "1.5 is not a whole number"],
    [{ kind: "alu", operation: "mov", destination: "w0", source: 0x1_0000_0000 }, "4294967296 is not a whole number"],
    [{ kind: "alu", operation: "mov", destination: "r0", source: "w1" }, "r0 and w1 do not have the same width"],
    [{ kind: "jump", long: false, target: "out" }, 'label "out" has no place yet'],
    [{ kind: "castAddress", destination: "r0", source: "r0", toSpace: -1, fromSpace: 0 }, "no address space -1"],
    [{ kind: "signExtend", destination: "w0", source: "w0", bits: 32 }, "w0 has no bits to extend 32 bits to"],
    // What only JavaScript can get wrong.
    [{ kind: "negate", destination: "r12" as "r1" }, '"r12" is not a register'],
  ])("refuses %o", (instruction, message) => {
    expect(() => encode([instruction])).toThrow(expect.objectContaining({ code: "ERR_BPF_INVALID_ARGUMENT" }));
    expect(() => encode([instruction])).toThrow(message);
  });

  it("takes unsigned numbers for 32 bits", () => {
    const instructions: readonly Instruction[] = [
      { kind: "alu", operation: "mov", destination: "w1", source: 0xffff_ffff },
      { kind: "store", size: "u32", base: "r1", offset: 0, source: 0xffff_fffe },
      { kind: "jumpIf", left: "w1", condition: ">", right: 0x8000_0000, target: 0 },
    ];
    expect(decode(encode(instructions)).map((instruction) => printInstruction(instruction))).toEqual([
      "w1 = -0x1",
      "*(u32 *)(r1 + 0x0) = -0x2",
      "if w1 > -0x80000000 goto +0x0",
    ]);
  });
});

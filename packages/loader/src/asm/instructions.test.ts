import { describe, expect, it } from "vitest";
import { Instructions } from "./instructions.ts";
import {
  setFunctionCall,
  setFunctionPointer,
  setKernelCall,
  setKernelVariable,
  setMap,
  setMapValue,
  setNumber,
} from "./patch.ts";

/** `r3 = 0x1122334455667788 ll; call -1; exit`, as clang writes it for each byte order. */
const little = new Uint8Array(
  [
    [0x18, 0x03, 0, 0, 0x88, 0x77, 0x66, 0x55],
    [0x00, 0x00, 0, 0, 0x44, 0x33, 0x22, 0x11],
    [0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0x95, 0x00, 0, 0, 0x00, 0x00, 0x00, 0x00],
  ].flat(),
);
const big = new Uint8Array(
  [
    [0x18, 0x30, 0, 0, 0x55, 0x66, 0x77, 0x88],
    [0x00, 0x00, 0, 0, 0x11, 0x22, 0x33, 0x44],
    [0x85, 0x01, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0x95, 0x00, 0, 0, 0x00, 0x00, 0x00, 0x00],
  ].flat(),
);

describe.each([
  ["little endian", little, true],
  ["big endian", big, false],
] as const)("%s", (_, code, littleEndian) => {
  const make = (): Instructions => new Instructions(code.slice(), littleEndian);

  /** What a patch of the wide instruction writes. */
  const fields = (patch: (instructions: Instructions) => void): readonly number[] => {
    const instructions = make();
    patch(instructions);
    expect(instructions.destination(0)).toBe(3);
    return [instructions.source(0), instructions.immediate(0), instructions.immediate(1)];
  };

  it("reads fields", () => {
    const instructions = make();
    expect(instructions.slots).toBe(4);
    expect(instructions.opcode(0)).toBe(0x18);
    expect(instructions.destination(0)).toBe(3);
    expect(instructions.source(0)).toBe(0);
    expect(instructions.immediate(0)).toBe(0x55667788);
    expect(instructions.immediate(1)).toBe(0x11223344);
    expect(instructions.isWide(0)).toBe(true);
    expect(instructions.isCall(2)).toBe(true);
    expect(instructions.source(2)).toBe(1);
    expect(instructions.immediate(2)).toBe(-1);
  });

  it("has no wide instruction where the second half is missing", () => {
    expect(new Instructions(code.slice(0, 8), littleEndian).isWide(0)).toBe(false);
  });

  it("refuses half an instruction", () => {
    expect(() => new Instructions(code.slice(0, 12), littleEndian)).toThrow("12 bytes");
  });

  it("writes what it reads", () => {
    const instructions = make();
    instructions.setOpcode(3, 0x05);
    instructions.setRegisters(3, 9, 10);
    instructions.setOffset(3, -2);
    instructions.setImmediate(3, -3);
    expect(instructions.opcode(3)).toBe(0x05);
    expect(instructions.destination(3)).toBe(9);
    expect(instructions.source(3)).toBe(10);
    expect(instructions.offset(3)).toBe(-2);
    expect(instructions.immediate(3)).toBe(-3);
    instructions.setWideImmediate(0, 0xfedcba9876543210n);
    expect(instructions.immediate(0)).toBe(0x76543210);
    expect(instructions.immediate(1) >>> 0).toBe(0xfedcba98);
    expect(instructions.destination(0)).toBe(3);
  });

  it("fills in every field of a reference and keeps the register", () => {
    expect(fields((to) => setMap(to, 0, 7))).toEqual([1, 7, 0]);
    expect(fields((to) => setMapValue(to, 0, 7, 24))).toEqual([2, 7, 24]);
    expect(fields((to) => setKernelVariable(to, 0, 1234, 5))).toEqual([3, 1234, 5]);
    expect(fields((to) => setFunctionPointer(to, 0, 3))).toEqual([4, 2, 0]);
    expect(fields((to) => setNumber(to, 0, -1n))).toEqual([0, -1, -1]);
  });

  it("fills in calls", () => {
    const instructions = make();
    setFunctionCall(instructions, 2, 0);
    expect([instructions.source(2), instructions.offset(2), instructions.immediate(2)]).toEqual([1, 0, -3]);
    setKernelCall(instructions, 2, 4321, 6);
    expect([instructions.source(2), instructions.offset(2), instructions.immediate(2)]).toEqual([2, 6, 4321]);
  });
});

import { describe, expect, it } from "vitest";
import { copyFunction } from "./function.ts";
import type { FunctionSpec } from "./function.ts";
import { Instructions } from "./instructions.ts";
import { SourceLine } from "./line-info.ts";
import { linkFunctions } from "./link.ts";

const CALL = [0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff];
const EXIT = [0x95, 0, 0, 0, 0, 0, 0, 0];
const WIDE = [0x18, 0x01, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function makeFunction(name: string, code: readonly number[], fields: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    name,
    sectionName: ".text",
    code: Uint8Array.from(code),
    references: [],
    coreRelocations: [],
    typeId: 0,
    lines: [],
    ...fields,
  };
}

const line = { file: "a.c", text: "return 1;", line: 3, column: 2, fileOffset: 10, textOffset: 20 };

const functions = [
  makeFunction("main", [...WIDE, ...CALL, ...WIDE, ...EXIT], {
    typeId: 5,
    references: [
      { kind: "map", slot: 0, name: "flows" },
      { kind: "call", slot: 2, name: "last" },
      { kind: "functionPointer", slot: 3, name: "middle" },
    ],
    lines: [{ ...line, slot: 0 }],
  }),
  makeFunction("middle", EXIT, { typeId: 6, lines: [{ ...line, slot: 0, line: 7 }] }),
  makeFunction("last", [...CALL, ...EXIT], {
    references: [{ kind: "call", slot: 0, name: "middle" }],
    coreRelocations: [{ slot: 1, typeId: 3, access: "0:1", kind: 0 }],
  }),
];

describe("linkFunctions", () => {
  const linked = linkFunctions(functions, true);

  it("connects calls and function pointers, forwards and backwards", () => {
    const instructions = new Instructions(linked.code, true);
    expect(instructions.slots).toBe(9);
    // from slot 2 to slot 7, counted from the next instruction
    expect([instructions.source(2), instructions.immediate(2)]).toEqual([1, 4]);
    expect([instructions.source(3), instructions.immediate(3), instructions.immediate(4)]).toEqual([4, 2, 0]);
    expect([instructions.source(7), instructions.immediate(7)]).toEqual([1, -2]);
  });

  it("leaves what the loader fills in, counted over the program", () => {
    expect(linked.references).toEqual([{ kind: "map", slot: 0, name: "flows" }]);
    expect(linked.coreRelocations).toEqual([{ slot: 8, typeId: 3, access: "0:1", kind: 0 }]);
    expect(linked.functions).toEqual([
      { slot: 0, typeId: 5, name: "main" },
      { slot: 6, typeId: 6, name: "middle" },
      { slot: 7, typeId: 0, name: "last" },
    ]);
    expect(linked.lines).toEqual([
      { ...line, slot: 0 },
      { ...line, slot: 6, line: 7 },
    ]);
  });

  it("does not touch the functions", () => {
    expect(functions[0]!.code).toEqual(Uint8Array.from([...WIDE, ...CALL, ...WIDE, ...EXIT]));
    expect(linkFunctions(functions, true)).toEqual(linked);
  });

  it("names a function that is missing", () => {
    expect(() => linkFunctions(functions.slice(0, 2), true)).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_NOT_FOUND",
        message: 'function "main" refers to function "last", which isn\'t part of the program',
      }),
    );
  });
});

describe("SourceLine", () => {
  const strings = { string: (offset: number) => `string ${offset}` };

  it("finds its texts by offset, also in a copy and at another instruction", () => {
    const original = makeFunction("f", EXIT, { lines: [new SourceLine(strings, 0, line)] });
    const copy = copyFunction(original);
    expect(copy.lines[0]).not.toBe(original.lines[0]);
    const { lines } = linkFunctions([makeFunction("g", EXIT), copy], true);
    expect(lines[0]).toMatchObject({ slot: 1, line: 3, column: 2, fileOffset: 10, textOffset: 20 });
    expect([lines[0]!.file, lines[0]!.text]).toEqual(["string 10", "string 20"]);
  });
});

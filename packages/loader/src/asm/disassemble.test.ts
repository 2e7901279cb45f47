import { describe, expect, it } from "vitest";
import { assemble } from "./assemble.ts";
import {
  callFunction,
  callHelper,
  callKernel,
  exit,
  jump,
  jumpIf,
  jumpRegister,
  label,
  load,
  loadFunction,
  loadKernelSymbol,
  loadMap,
  loadMapValue,
  loadNumber,
  loadWide,
  longJump,
  mov,
  store,
} from "./construct.ts";
import { disassemble } from "./disassemble.ts";
import { encode } from "./encode.ts";
import type { FunctionSpec, Reference } from "./function.ts";
import type { Instruction } from "./instruction.ts";
import { linkFunctions } from "./link.ts";

const line = { file: "a.c", line: 3, column: 2, fileOffset: 0, textOffset: 0 };

const table = (targets: readonly number[]): Reference => ({ kind: "jumpTable", slot: 0, name: "BPF.JT.0.0", targets });

/** What stands behind the bytes, which other tests look at. */
const texts = (output: string): readonly string[] =>
  output.split("\n").map((text) => text.replace(/^ *\d+:(?: [0-9a-f]{2}){8} ?/, ""));

const show = (instructions: readonly Instruction[], names = {}): readonly string[] =>
  texts(disassemble({ code: encode(instructions) }, { names })).slice(0, -1);

describe("disassemble", () => {
  it("shows numbers, bytes, labels and lines", () => {
    const spec: FunctionSpec = {
      ...assemble([
        label("again"),
        loadNumber("r2", 0x1122334455667788n),
        jumpIf("r1", "==", "r2", "out"),
        longJump("again"),
        jump("out"),
        label("out"),
        exit(),
      ]),
      lines: [
        { ...line, slot: 0, text: "\tif (a == b)" },
        { ...line, slot: 5, text: "}", line: 9, textOffset: 9 },
      ],
    };
    expect(disassemble(spec)).toBe(
      [
        "main:",
        "; if (a == b)",
        "       0: 18 02 00 00 88 77 66 55 r2 = 0x1122334455667788 ll",
        "       1: 00 00 00 00 44 33 22 11",
        "       2: 1d 21 02 00 00 00 00 00 if r1 == r2 goto +0x2 <LBL0>",
        "       3: 06 00 00 00 fc ff ff ff gotol -0x4 <main>",
        "       4: 05 00 00 00 00 00 00 00 goto +0x0 <LBL0>",
        "LBL0:",
        "; }",
        "       5: 95 00 00 00 00 00 00 00 exit",
        "",
      ].join("\n"),
    );
    expect(disassemble(spec, { source: false })).not.toContain(";");
  });

  it("shows the bytes of the file in its own order", () => {
    const { code } = assemble([store("u16", "r10", -2, 1), exit()], { littleEndian: false });
    expect(disassemble({ code }, { littleEndian: false })).toBe(
      [
        "       0: 6a a0 ff fe 00 00 00 01 *(u16 *)(r10 - 0x2) = 0x1",
        "       1: 95 00 00 00 00 00 00 00 exit",
        "",
      ].join("\n"),
    );
  });

  it("numbers labels in the order of the jumps, and calls functions without names so", () => {
    expect(
      show([
        { kind: "jump", long: false, target: 2 },
        { kind: "callFunction", target: 2, compiled: 0 },
        { kind: "callFunction", target: -3, compiled: 0 },
        { kind: "exit" },
        { kind: "jump", long: false, target: -2 },
      ]),
    ).toEqual([
      "LBL2:",
      "goto +0x2 <LBL0>",
      "call 0x2 <LBL1>",
      "call -0x3 <LBL2>",
      "LBL0:",
      "exit",
      "LBL1:",
      "goto -0x2 <LBL0>",
    ]);
  });

  it("has no labels outside of the code, and none inside of an instruction", () => {
    expect(
      show([
        { kind: "jump", long: false, target: 100 },
        { kind: "jump", long: false, target: -100 },
        { kind: "jump", long: false, target: 1 },
        loadNumber("r0", 0n),
      ]),
    ).toEqual(["goto +0x64", "goto -0x64", "goto +0x1", "r0 = 0x0 ll", ""]);
  });

  it("separates the functions of a program and names calls by them", () => {
    const main = assemble([loadFunction("r1", "callback"), callFunction("callback"), exit()], { name: "main" });
    const callback = assemble([mov("r0", 1), exit()], { name: "callback" });
    expect(texts(disassemble(linkFunctions([main, callback], true)))).toEqual([
      "main:",
      "r1 = function ll <callback>",
      "",
      "call 0x1 <callback>",
      "exit",
      "",
      "callback:",
      "r0 = 0x1",
      "exit",
      "",
    ]);
  });

  it("has labels for what tables of places lead to", () => {
    const code = encode([loadNumber("r1", 0n), jumpRegister("r1"), exit(), exit(), exit()], true);
    const text = disassemble({ code, references: [table([4, 3, 4, 99])] });
    expect(text).toContain("r1 = table[BPF.JT.0.0] ll <LBL0, LBL1>\n");
    expect(text).toMatch(/LBL1:\n +3: .*\nLBL0:\n +4: /);
    const long = encode([loadNumber("r1", 0n), ...Array.from({ length: 20 }, exit)], true);
    expect(
      disassemble({ code: long, references: [table(Array.from({ length: 20 }, (_, index) => index + 2))] }),
    ).toContain("<LBL0, LBL1, LBL2, LBL3, LBL4, LBL5, LBL6, LBL7, …>\n");
  });

  it("names what is still to be linked", () => {
    const spec = assemble([
      loadMap("r1", "flows"),
      loadMapValue("r2", ".bss", 8),
      loadFunction("r3", "callback"),
      loadKernelSymbol("r4", "jiffies"),
      callFunction("callback"),
      callKernel("bpf_rcu_read_lock"),
      callHelper("bpf_ktime_get_ns"),
      exit(),
    ]);
    expect(texts(disassemble(spec))).toEqual([
      "main:",
      "r1 = map[flows] ll",
      "",
      "r2 = map[.bss][0] + 0x8 ll",
      "",
      "r3 = function[callback] ll",
      "",
      "r4 = kernel[jiffies] ll",
      "",
      "call callback",
      "call bpf_rcu_read_lock",
      "call bpf_ktime_get_ns#5",
      "exit",
      "",
    ]);
  });

  it("names variables, and places in them", () => {
    const variables = [
      { name: "other", sectionName: ".data", offset: 0, size: 64 },
      { name: "count", sectionName: ".bss", offset: 0, size: 4 },
      { name: "names", sectionName: ".bss", offset: 8, size: 16 },
    ];
    const spec = assemble([0, 4, 8, 20, 24].map((offset) => loadMapValue("r1", ".bss", offset)));
    const output = texts(disassemble(spec, { variables: variables.values() })).filter((text) => text.startsWith("r1"));
    expect(output).toEqual([
      "r1 = variable[count] ll",
      "r1 = map[.bss][0] + 0x4 ll",
      "r1 = variable[names] ll",
      "r1 = variable[names] + 0xc ll",
      "r1 = map[.bss][0] + 0x18 ll",
    ]);
  });

  it("shows a line once, however many parts of it have an info", () => {
    const lines = [
      { ...line, slot: 0, text: "a = b + c;" },
      { ...line, slot: 1, text: "a = b + c;", column: 9 },
      { ...line, slot: 2, text: "return a;", line: 4, textOffset: 9 },
      { ...line, slot: 3, text: "a = b + c;" },
    ];
    const spec = { ...assemble([mov("r0", 0), mov("r0", 1), mov("r0", 2), exit()]), lines };
    expect(texts(disassemble(spec)).filter((text) => text.startsWith(";"))).toEqual([
      "; a = b + c;",
      "; return a;",
      "; a = b + c;",
    ]);
  });

  const loaded = [
    loadWide("r1", "map", 7n),
    loadWide("r1", "mapValue", (16n << 32n) | 7n),
    loadWide("r1", "kernelVariable", 99n),
    loadWide("r1", "mapIndex", 1n),
    loadWide("r1", "mapIndexValue", (4n << 32n) | 1n),
    { kind: "callKernel", typeId: 38291, module: 0 },
    { kind: "callKernel", typeId: 5, module: 2 },
    callHelper(9999),
  ] as const satisfies readonly Instruction[];

  it("names what was linked, with help", () => {
    const names = {
      map: (id: number) => (id === 7 ? "flows" : undefined),
      kernelFunction: (typeId: number, module: number) => (module === 0 ? `kernel_${typeId}` : undefined),
      kernelVariable: (typeId: number) => `variable_${typeId}`,
    };
    expect(show(loaded, names).filter((text) => text !== "")).toEqual([
      "r1 = map[flows] ll",
      "r1 = map[flows][0] + 0x10 ll",
      "r1 = kernel[variable_99] ll",
      "r1 = map[index 1] ll",
      "r1 = map[index 1][0] + 0x4 ll",
      "call kernel_38291#38291",
      "call kernel function#5@2",
      "call 0x270f",
    ]);
    expect(show(loaded).filter((text) => text !== "")).toEqual([
      "r1 = map[#7] ll",
      "r1 = map[#7][0] + 0x10 ll",
      "r1 = kernel[#99] ll",
      "r1 = map[index 1] ll",
      "r1 = map[index 1][0] + 0x4 ll",
      "call kernel function#38291",
      "call kernel function#5@2",
      "call 0x270f",
    ]);
  });

  it("passes the style on", () => {
    expect(texts(disassemble({ code: encode([load("r1", "u8", "r2")]) }, { wordRegisters: true }))[0]).toBe(
      "w1 = *(u8 *)(r2 + 0x0)",
    );
  });

  it("shortens what nobody would read", () => {
    const spec = assemble([loadMap("r1", "x".repeat(100_000)), exit()], { name: "y".repeat(100_000) });
    expect(disassemble(spec).length).toBeLessThan(1500);
  });

  it("lets nothing from the object steer the terminal or make lines", () => {
    const hostile = "\u001b[2J\u202e\n       9: ";
    const spec = {
      ...assemble([loadMap("r1", hostile), label("x"), exit(), jump("x")], { name: hostile }),
      lines: [{ ...line, slot: 0, text: hostile }],
    };
    const output = disassemble(spec);
    expect(output.split("\n").length).toBe(8);
    expect(output).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(output).toContain("map[\\u{1b}[2J\\u{202e}\\u{a}       9: ]");
  });
});

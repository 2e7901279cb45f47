import { describe, expect, test } from "vitest";
import { parseUsdtArguments } from "./usdt-arguments.ts";
import { processorTime } from "../../../../test/processor-time.ts";

const X86_64 = 62;
const ARM64 = 183;

describe("arguments on x86-64", () => {
  test.each([
    ["-4@$5", { place: { kind: "constant", value: 5n }, size: 4, signed: true }],
    ["8@$-9", { place: { kind: "constant", value: -9n }, size: 8, signed: false }],
    ["8@$0x7fffffffffffffff", { place: { kind: "constant", value: 0x7fff_ffff_ffff_ffffn }, size: 8, signed: false }],
    ["4@%edi", { place: { kind: "register", register: 112 }, size: 4, signed: false }],
    ["-2@%cx", { place: { kind: "register", register: 88 }, size: 2, signed: true }],
    ["-1@%sil", { place: { kind: "register", register: 104 }, size: 1, signed: true }],
    ["8@%r15", { place: { kind: "register", register: 0 }, size: 8, signed: false }],
    ["1@%r8b", { place: { kind: "register", register: 72 }, size: 1, signed: false }],
    ["-4@-1204(%rbp)", { place: { kind: "memory", register: 32, offset: -1204n }, size: 4, signed: true }],
    ["8@(%rsp)", { place: { kind: "memory", register: 152, offset: 0n }, size: 8, signed: false }],
    [
      "8@16(%rax,%rbx,4)",
      { place: { kind: "indexed", register: 80, index: 40, shift: 2, offset: 16n }, size: 8, signed: false },
    ],
    [
      "1@( %rbp , %rax )",
      { place: { kind: "indexed", register: 32, index: 80, shift: 0, offset: 0n }, size: 1, signed: false },
    ],
  ] as const)("%s", (text, argument) => {
    expect(parseUsdtArguments(text, X86_64)).toEqual([argument]);
  });

  test("several, and none", () => {
    const twelve =
      "-4@-1204(%rbp) -4@%edi -8@-1216(%rbp) -8@%r8 -4@$5 -8@%r9 8@%rdx 8@%r10 -4@$-9 -2@%cx -2@%ax -1@%sil";
    expect(parseUsdtArguments(twelve, X86_64)).toHaveLength(12);
    expect(parseUsdtArguments(" 8@16(%rax, %rbx, 4)  4@%edi ", X86_64)).toHaveLength(2);
    expect(parseUsdtArguments("", X86_64)).toEqual([]);
    expect(parseUsdtArguments("  ", X86_64)).toEqual([]);
  });

  test.each([
    ["8f@%xmm0", /argument 0, "8f@%xmm0", can't be read by a BPF program: it is a floating point number/],
    ["8@%xmm0", /"xmm0" is no register whose value the kernel keeps/],
    ["1@%ah", /"ah" is no register/],
    ["16@%rax", /it has 16 bytes, not 1, 2, 4 or 8/],
    [
      "4@%eax 4@counter(%rip)",
      /argument 1, "4@counter\(%rip\)", .*it is at no register, as the places of global variables/,
    ],
    ["4@(%rax,%rbx,3)", /its scale is 3, not 1, 2, 4 or 8/],
    ["4@(%constructor)", /"constructor" is no register/],
  ])("%s can't be read", (text, message) => {
    expect(() => parseUsdtArguments(text, X86_64)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", message: expect.stringMatching(message) }),
    );
  });

  test.each(["%eax", "x@%eax", "@", "--4@%eax", "4", "(((("])("%s is no argument", (text) => {
    expect(() => parseUsdtArguments(text, X86_64)).toThrow(expect.objectContaining({ code: "ERR_BPF_OBJECT_FORMAT" }));
  });

  test("long nonsense takes no long time", () => {
    const long = 1 << 20;
    for (const text of [
      " ".repeat(long),
      `4@${" ".repeat(long)}`,
      "4@(".repeat(long / 4),
      `4@$${"9".repeat(long)}`,
      "@ ".repeat(long),
    ]) {
      const start = processorTime();
      try {
        parseUsdtArguments(text, X86_64);
      } catch (error) {
        expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_(OBJECT_FORMAT|NOT_SUPPORTED)$/));
      }
      expect(processorTime() - start).toBeLessThan(2000);
    }
  });
});

test.each([
  ["-4@5", { place: { kind: "constant", value: 5n }, size: 4, signed: true }],
  ["-8@x4", { place: { kind: "register", register: 32 }, size: 8, signed: true }],
  ["4@w30", { place: { kind: "register", register: 240 }, size: 4, signed: false }],
  ["-4@[sp, 96]", { place: { kind: "memory", register: 248, offset: 96n }, size: 4, signed: true }],
  ["8@[x29,-16]", { place: { kind: "memory", register: 232, offset: -16n }, size: 8, signed: false }],
  ["8@[sp]", { place: { kind: "memory", register: 248, offset: 0n }, size: 8, signed: false }],
] as const)("arguments on arm64: %s", (text, argument) => {
  expect(parseUsdtArguments(`${text} 8@x0`, ARM64)[0]).toEqual(argument);
});

test("what arm64 can't read, and other machines", () => {
  expect(() => parseUsdtArguments("8@x31", ARM64)).toThrow(/"x31" is no register/);
  expect(() => parseUsdtArguments("8@[v0, 8]", ARM64)).toThrow(/"v0" is no register/);
  expect(() => parseUsdtArguments("8@%r2", 22)).toThrow(
    /on x86-64 and arm64 only, and this executable is for ELF machine 22/,
  );
  expect(parseUsdtArguments("", 22)).toEqual([]);
});

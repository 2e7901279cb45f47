import { quoteName } from "../errors/index.ts";

/** Where the value of an argument is when a probe is hit. Registers are offsets in bytes in the kernel's `struct pt_regs`. */
export type ArgumentPlace =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: number }
  /** In memory, at the register's value + `offset`. */
  | { readonly kind: "memory"; readonly register: number; readonly offset: bigint }
  /** In memory, at the register's value + (`index` << `shift`) + `offset`. */
  | {
      readonly kind: "indexed";
      readonly register: number;
      readonly index: number;
      readonly shift: number;
      readonly offset: bigint;
    };

/** Reads a place as an architecture's assembler writes it; a text says why it is none that can be read. */
export type ArgumentSyntax = (place: string) => ArgumentPlace | string;

/** Offsets in `struct pt_regs`, arch/x86/include/uapi/asm/ptrace.h; the names are those of 8, 4, 2 and 1 bytes. */
const x86Registers: ReadonlyMap<string, number> = new Map(
  [
    ["r15 r15d r15w r15b", 0],
    ["r14 r14d r14w r14b", 8],
    ["r13 r13d r13w r13b", 16],
    ["r12 r12d r12w r12b", 24],
    ["rbp ebp bp bpl", 32],
    ["rbx ebx bx bl", 40],
    ["r11 r11d r11w r11b", 48],
    ["r10 r10d r10w r10b", 56],
    ["r9 r9d r9w r9b", 64],
    ["r8 r8d r8w r8b", 72],
    ["rax eax ax al", 80],
    ["rcx ecx cx cl", 88],
    ["rdx edx dx dl", 96],
    ["rsi esi si sil", 104],
    ["rdi edi di dil", 112],
    ["rip", 128],
    ["rsp esp sp spl", 152],
  ].flatMap(([names, offset]) =>
    String(names)
      .split(" ")
      .map((name): [string, number] => [name, Number(offset)]),
  ),
);

const number = String.raw`[-+]?(?:0x[0-9a-f]{1,16}|\d{1,20})`;
const x86Constant = new RegExp(String.raw`^\$(${number})$`, "i");
const x86Memory = new RegExp(String.raw`^(${number})?\(\s*%(\w+)\s*(?:,\s*%(\w+)\s*(?:,\s*(\d+)\s*)?)?\)$`, "i");

/** `$42`, `%edi`, `-12(%rbp)`, `16(%rax,%rbx,4)`: AT&T's syntax. */
export const x86Syntax: ArgumentSyntax = (place) => {
  const constant = x86Constant.exec(place)?.[1];
  if (constant !== undefined) return { kind: "constant", value: parseNumber(constant) };

  if (place.startsWith("%")) return inRegister(place.slice(1), x86Registers);

  const memory = x86Memory.exec(place);
  if (memory === null) return "it is at no register, as the places of global variables are";
  const [, distance = "0", base = "", index, scale = "1"] = memory;
  const register = x86Registers.get(base);
  if (register === undefined) return unknownRegister(base);
  const offset = parseNumber(distance);
  if (index === undefined) return { kind: "memory", register, offset };
  const indexRegister = x86Registers.get(index);
  if (indexRegister === undefined) return unknownRegister(index);
  const shift = ["1", "2", "4", "8"].indexOf(scale);
  if (shift < 0) return `its scale is ${scale}, not 1, 2, 4 or 8`;
  return { kind: "indexed", register, index: indexRegister, shift, offset };
};

/** Offsets in `struct user_pt_regs`, arch/arm64/include/uapi/asm/ptrace.h; `x0` is the whole register, `w0` its lower half. */
const arm64Registers: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 31 }, (_, index): [string, number] => [`x${index}`, index * 8]),
  ...Array.from({ length: 31 }, (_, index): [string, number] => [`w${index}`, index * 8]),
  ["sp", 31 * 8],
]);

const arm64Constant = new RegExp(`^(${number})$`, "i");
const arm64Memory = new RegExp(String.raw`^\[\s*(\w+)\s*(?:,\s*#?(${number})\s*)?\]$`, "i");

/** `42`, `x4`, `[sp, 96]`. */
export const arm64Syntax: ArgumentSyntax = (place) => {
  const constant = arm64Constant.exec(place)?.[1];
  if (constant !== undefined) return { kind: "constant", value: parseNumber(constant) };
  const [, base, distance = "0"] = arm64Memory.exec(place) ?? [];
  if (base === undefined) return inRegister(place, arm64Registers);
  const register = arm64Registers.get(base);
  return register === undefined ? unknownRegister(base) : { kind: "memory", register, offset: parseNumber(distance) };
};

function inRegister(name: string, registers: ReadonlyMap<string, number>): ArgumentPlace | string {
  const register = registers.get(name);
  return register === undefined ? unknownRegister(name) : { kind: "register", register };
}

function unknownRegister(name: string): string {
  return `${quoteName(name)} is no register whose value the kernel keeps for it`;
}

function parseNumber(text: string): bigint {
  const value = BigInt(text.replace(/^[-+]/, ""));
  return text.startsWith("-") ? -value : value;
}

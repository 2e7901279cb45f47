/**
 * Registers by the names that assembly gives them.
 *
 * @module
 */

type Number = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;

/**
 * A register with all of its 64 bits: `r0` holds results, `r1` to `r5` arguments, `r6` to `r9` survive calls, `r10` is the
 * frame pointer. `r11` is the kernel's own: it is only seen in programs that the kernel has rewritten.
 */
export type Register = `r${Number}`;

/** The low 32 bits of a register; writing them clears the others. */
export type WordRegister = `w${Number}`;

export type AnyRegister = Register | WordRegister;

const REGISTERS: readonly Register[] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"];

const WORD_REGISTERS: readonly WordRegister[] = [
  "w0",
  "w1",
  "w2",
  "w3",
  "w4",
  "w5",
  "w6",
  "w7",
  "w8",
  "w9",
  "w10",
  "w11",
];

const NUMBERS: ReadonlyMap<string, number> = new Map(
  [REGISTERS, WORD_REGISTERS].flatMap((names) => names.map((name, number) => [name, number] as const)),
);

/** The register of that number, 0 to 15; `undefined` for those that do not exist. */
export function registerName(number: number): Register | undefined {
  return REGISTERS[number];
}

/** As {@link registerName}, for the low 32 bits. */
export function wordRegisterName(number: number): WordRegister | undefined {
  return WORD_REGISTERS[number];
}

/** `undefined` for what is not the name of a register. */
export function registerNumber(register: string): number | undefined {
  return NUMBERS.get(register);
}

export function isWordRegister(register: AnyRegister): register is WordRegister {
  return register.startsWith("w");
}

/** The low half of a register, or what is one already. */
export function wordOf(register: AnyRegister): AnyRegister {
  return WORD_REGISTERS[NUMBERS.get(register) ?? 0] ?? register;
}

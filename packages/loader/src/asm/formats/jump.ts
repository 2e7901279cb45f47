import { InstructionClass, Opcode, SOURCE_IS_REGISTER } from "../opcode.ts";
import { CONDITIONS } from "../operation.ts";
import type { Condition } from "../operation.ts";
import { isWordRegister, registerName, wordRegisterName } from "../register.ts";
import type { AnyRegister } from "../register.ts";
import { encodeOperand, encodeRegister, encodeTarget, makeFields, printOperand, printTarget } from "./format.ts";
import type { Format } from "./format.ts";

const JMP = InstructionClass.JMP;
const JMP32 = InstructionClass.JMP32;
const CLASS_MASK = 0x07;
const CODE_MASK = 0xf0;

const BY_CODE: ReadonlyMap<number, Condition> = new Map(
  // The table's keys are exactly the conditions.
  Object.entries(CONDITIONS).map(([name, code]) => [code, name as Condition]),
);

export const jump: Format<"jump"> = {
  opcodes: [Opcode.JA, Opcode.JA_LONG],
  decode({ opcode, destination, source, offset, immediate }) {
    const long = opcode === Opcode.JA_LONG;
    if (destination !== 0 || source !== 0 || (long ? offset : immediate) !== 0) return undefined;
    return { kind: "jump", long, target: long ? immediate : offset };
  },
  encode({ long, target }) {
    const slots = encodeTarget(target);
    return makeFields(long ? { opcode: Opcode.JA_LONG, immediate: slots } : { opcode: Opcode.JA, offset: slots });
  },
  print: ({ long, target }) => `${long ? "gotol" : "goto"} ${printTarget(target)}`,
};

function decodeRegister(opcode: number, number: number): AnyRegister | undefined {
  return (opcode & CLASS_MASK) === JMP ? registerName(number) : wordRegisterName(number);
}

export const jumpIf: Format<"jumpIf"> = {
  opcodes: Object.values(CONDITIONS).flatMap((code) =>
    [JMP, JMP32].flatMap((class_) => [code | class_, code | class_ | SOURCE_IS_REGISTER]),
  ),
  decode({ opcode, destination, source, offset, immediate }) {
    const condition = BY_CODE.get(opcode & CODE_MASK);
    const left = decodeRegister(opcode, destination);
    if (condition === undefined || left === undefined) return undefined;
    if ((opcode & SOURCE_IS_REGISTER) === 0) {
      return source === 0 ? { kind: "jumpIf", left, condition, right: immediate, target: offset } : undefined;
    }
    const right = decodeRegister(opcode, source);
    if (right === undefined || immediate !== 0) return undefined;
    return { kind: "jumpIf", left, condition, right, target: offset };
  },
  encode({ left, condition, right, target }) {
    const { isRegister, ...operand } = encodeOperand(right, left);
    return makeFields({
      ...operand,
      opcode: CONDITIONS[condition] | (isWordRegister(left) ? JMP32 : JMP) | (isRegister ? SOURCE_IS_REGISTER : 0),
      destination: encodeRegister(left),
      offset: encodeTarget(target),
    });
  },
  print: ({ left, condition, right, target }) =>
    `if ${left} ${condition} ${printOperand(right)} goto ${printTarget(target)}`,
};

export const mayGoto: Format<"mayGoto"> = {
  opcodes: [Opcode.MAY_GOTO],
  decode({ destination, source, offset, immediate }) {
    if (destination !== 0 || source !== 0 || immediate !== 0) return undefined;
    return { kind: "mayGoto", target: offset };
  },
  encode: ({ target }) => makeFields({ opcode: Opcode.MAY_GOTO, offset: encodeTarget(target) }),
  print: ({ target }) => `may_goto ${printTarget(target)}`,
};

export const jumpRegister: Format<"jumpRegister"> = {
  opcodes: [Opcode.JA_REGISTER],
  decode({ destination, source, offset, immediate }) {
    const register = registerName(destination);
    if (register === undefined || source !== 0 || offset !== 0 || immediate !== 0) return undefined;
    return { kind: "jumpRegister", register };
  },
  encode: ({ register }) => makeFields({ opcode: Opcode.JA_REGISTER, destination: encodeRegister(register) }),
  print: ({ register }) => `gotox ${register}`,
};

export const exit: Format<"exit"> = {
  opcodes: [Opcode.EXIT],
  decode({ destination, source, offset, immediate }) {
    if (destination !== 0 || source !== 0 || offset !== 0 || immediate !== 0) return undefined;
    return { kind: "exit" };
  },
  encode: () => makeFields({ opcode: Opcode.EXIT }),
  print: () => "exit",
};

import type { ByteSwapInstruction } from "../instruction.ts";
import { InstructionClass, SOURCE_IS_REGISTER, UnaryCode } from "../opcode.ts";
import { ALU_OPERATIONS } from "../operation.ts";
import type { AluOperation } from "../operation.ts";
import { isWordRegister, registerName, wordRegisterName } from "../register.ts";
import type { AnyRegister } from "../register.ts";
import { encodeOperand, encodeRegister, hex, makeFields, printOperand, refuse } from "./format.ts";
import type { Format } from "./format.ts";

const ALU = InstructionClass.ALU;
const ALU64 = InstructionClass.ALU64;
const CLASS_MASK = 0x07;
const CODE_MASK = 0xf0;

/** Offsets of copies between registers that do more than that. */
const CAST_ADDRESS_OFFSET = 1;
const PER_CPU_ADDRESS_OFFSET = -1;

const SPACE_BITS = 16;
const SPACE_MASK = 0xffff;

const operationKey = (code: number, offset: number): number => code | offset;

const OPERATIONS: ReadonlyMap<number, AluOperation> = new Map(
  Object.entries(ALU_OPERATIONS).map(([name, row]) => [
    operationKey(row.code, row.offset),
    // The table's keys are exactly these names.
    name as AluOperation,
  ]),
);

/** The register as an opcode's class means it. */
function decodeRegister(opcode: number, number: number): AnyRegister | undefined {
  return (opcode & CLASS_MASK) === ALU64 ? registerName(number) : wordRegisterName(number);
}

function encodeClass(register: AnyRegister): number {
  return isWordRegister(register) ? ALU : ALU64;
}

const MOV_BETWEEN_REGISTERS = ALU_OPERATIONS.mov.code | SOURCE_IS_REGISTER;

export const alu: Format<"alu"> = {
  opcodes: [...new Set(Object.values(ALU_OPERATIONS).map((row) => row.code))].flatMap((code) =>
    [ALU, ALU64].flatMap((class_) => [code | class_, code | class_ | SOURCE_IS_REGISTER]),
  ),
  decode({ opcode, destination, source, offset, immediate }) {
    // Two offsets, so that no other can become another operation's key.
    const operation =
      offset === 0 || offset === 1 ? OPERATIONS.get(operationKey(opcode & CODE_MASK, offset)) : undefined;
    const to = decodeRegister(opcode, destination);
    if (operation === undefined || to === undefined) return undefined;
    if ((opcode & SOURCE_IS_REGISTER) === 0) {
      return source === 0 ? { kind: "alu", operation, destination: to, source: immediate } : undefined;
    }
    const from = decodeRegister(opcode, source);
    if (from === undefined || immediate !== 0) return undefined;
    return { kind: "alu", operation, destination: to, source: from };
  },
  encode({ operation, destination, source }) {
    const { code, offset } = ALU_OPERATIONS[operation];
    const { isRegister, ...operand } = encodeOperand(source, destination);
    return makeFields({
      ...operand,
      opcode: code | encodeClass(destination) | (isRegister ? SOURCE_IS_REGISTER : 0),
      destination: encodeRegister(destination),
      offset,
    });
  },
  print: ({ operation, destination, source }) =>
    `${destination} ${ALU_OPERATIONS[operation].symbol} ${printOperand(source)}`,
};

export const negate: Format<"negate"> = {
  opcodes: [UnaryCode.NEG | ALU, UnaryCode.NEG | ALU64],
  decode({ opcode, destination, source, offset, immediate }) {
    const register = decodeRegister(opcode, destination);
    if (register === undefined || source !== 0 || offset !== 0 || immediate !== 0) return undefined;
    return { kind: "negate", destination: register };
  },
  encode: ({ destination }) =>
    makeFields({ opcode: UnaryCode.NEG | encodeClass(destination), destination: encodeRegister(destination) }),
  print: ({ destination }) => `${destination} = -${destination}`,
};

export const signExtend: Format<"signExtend"> = {
  opcodes: [MOV_BETWEEN_REGISTERS | ALU, MOV_BETWEEN_REGISTERS | ALU64],
  decode({ opcode, destination, source, offset, immediate }) {
    const to = decodeRegister(opcode, destination);
    const from = decodeRegister(opcode, source);
    if (to === undefined || from === undefined || immediate !== 0) return undefined;
    if (offset !== 8 && offset !== 16 && !(offset === 32 && !isWordRegister(to))) return undefined;
    return { kind: "signExtend", destination: to, source: from, bits: offset };
  },
  encode({ destination, source, bits }) {
    if (bits === 32 && isWordRegister(destination)) refuse(`${destination} has no bits to extend 32 bits to`);
    const { source: from } = encodeOperand(source, destination);
    return makeFields({
      opcode: MOV_BETWEEN_REGISTERS | encodeClass(destination),
      destination: encodeRegister(destination),
      source: from,
      offset: bits,
    });
  },
  print: ({ destination, source, bits }) => `${destination} = (s${bits})${source}`,
};

const SWAPS: ReadonlyMap<number, ByteSwapInstruction["to"]> = new Map([
  [UnaryCode.END | ALU, "little"],
  [UnaryCode.END | ALU | SOURCE_IS_REGISTER, "big"],
  [UnaryCode.END | ALU64, "swapped"],
]);

const SWAP_OPCODES: Readonly<Record<ByteSwapInstruction["to"], number>> = {
  little: UnaryCode.END | ALU,
  big: UnaryCode.END | ALU | SOURCE_IS_REGISTER,
  swapped: UnaryCode.END | ALU64,
};

const SWAP_NAMES: Readonly<Record<ByteSwapInstruction["to"], string>> = { little: "le", big: "be", swapped: "bswap" };

export const byteSwap: Format<"byteSwap"> = {
  opcodes: [...SWAPS.keys()],
  decode({ opcode, destination, source, offset, immediate }) {
    const to = SWAPS.get(opcode);
    const register = registerName(destination);
    if (to === undefined || register === undefined || source !== 0 || offset !== 0) return undefined;
    if (immediate !== 16 && immediate !== 32 && immediate !== 64) return undefined;
    return { kind: "byteSwap", destination: register, to, bits: immediate };
  },
  encode: ({ destination, to, bits }) =>
    makeFields({ opcode: SWAP_OPCODES[to], destination: encodeRegister(destination), immediate: bits }),
  print: ({ destination, to, bits }) => `${destination} = ${SWAP_NAMES[to]}${bits} ${destination}`,
};

export const castAddress: Format<"castAddress"> = {
  opcodes: [MOV_BETWEEN_REGISTERS | ALU64],
  decode({ destination, source, offset, immediate }) {
    const to = registerName(destination);
    const from = registerName(source);
    if (to === undefined || from === undefined || offset !== CAST_ADDRESS_OFFSET) return undefined;
    return {
      kind: "castAddress",
      destination: to,
      source: from,
      toSpace: immediate >>> SPACE_BITS,
      fromSpace: immediate & SPACE_MASK,
    };
  },
  encode({ destination, source, toSpace, fromSpace }) {
    for (const space of [toSpace, fromSpace]) {
      if ((space & SPACE_MASK) !== space) refuse(`there is no address space ${space}: they have 16 bits`);
    }
    return makeFields({
      opcode: MOV_BETWEEN_REGISTERS | ALU64,
      destination: encodeRegister(destination),
      source: encodeRegister(source),
      offset: CAST_ADDRESS_OFFSET,
      immediate: (toSpace << SPACE_BITS) | fromSpace,
    });
  },
  print: ({ destination, source, toSpace, fromSpace }) =>
    `${destination} = addr_space_cast(${source}, ${hex(toSpace)}, ${hex(fromSpace)})`,
};

export const perCpuAddress: Format<"perCpuAddress"> = {
  opcodes: [MOV_BETWEEN_REGISTERS | ALU64],
  decode({ destination, source, offset, immediate }) {
    const to = registerName(destination);
    const from = registerName(source);
    if (to === undefined || from === undefined || offset !== PER_CPU_ADDRESS_OFFSET || immediate !== 0) {
      return undefined;
    }
    return { kind: "perCpuAddress", destination: to, source: from };
  },
  encode: ({ destination, source }) =>
    makeFields({
      opcode: MOV_BETWEEN_REGISTERS | ALU64,
      destination: encodeRegister(destination),
      source: encodeRegister(source),
      offset: PER_CPU_ADDRESS_OFFSET,
    }),
  // As the kernel's verifier writes it: LLVM does not know these.
  print: ({ destination, source }) => `${destination} = &(void __percpu *)(${source})`,
};

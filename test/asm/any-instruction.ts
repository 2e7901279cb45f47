import * as fc from "fast-check";
import type { AnyRegister, Condition, Instruction, Register, WordRegister } from "bpf-loader/asm";

const registers = Array.from({ length: 11 }, (_, number) => number);
// Eleven names of each kind.
const register = fc.constantFrom(...registers.map((number) => `r${number}` as Register));
const word = fc.constantFrom(...registers.map((number) => `w${number}` as WordRegister));
const offset = fc.integer({ min: -0x8000, max: 0x7fff });
const immediate = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const memorySize = fc.constantFrom("u8", "u16", "u32", "u64");
const typeId = fc.integer({ min: 0, max: 0x7fff_ffff });
const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** Two operands of the same width. */
const operands: fc.Arbitrary<readonly [AnyRegister, AnyRegister | number]> = fc.oneof(
  fc.tuple(register, fc.oneof(register, immediate)),
  fc.tuple(word, fc.oneof(word, immediate)),
);

const aluOperation = fc.constantFrom(
  "add",
  "sub",
  "mul",
  "div",
  "sdiv",
  "or",
  "and",
  "lsh",
  "rsh",
  "mod",
  "smod",
  "xor",
  "mov",
  "arsh",
);
const condition = fc.constantFrom<Condition>("==", ">", ">=", "&", "!=", "s>", "s>=", "<", "<=", "s<", "s<=");
const atomicOperation = fc.constantFrom(
  "add",
  "or",
  "and",
  "xor",
  "fetchAdd",
  "fetchOr",
  "fetchAnd",
  "fetchXor",
  "exchange",
  "compareExchange",
);
const meaning = fc.constantFrom("map", "mapValue", "kernelVariable", "function", "mapIndex", "mapIndexValue");

/** Any instruction that LLVM 19 knows, and prints whole. */
export const instructionOfLlvm19: fc.Arbitrary<Instruction> = fc.oneof(
  fc
    .tuple(aluOperation, operands)
    .map(([operation, [destination, source]]) => ({ kind: "alu", operation, destination, source }) as const),
  fc.record({ kind: fc.constant("negate"), destination: fc.oneof(register, word) }),
  fc.record({
    kind: fc.constant("signExtend"),
    destination: register,
    source: register,
    bits: fc.constantFrom(8, 16, 32),
  }),
  fc.record({ kind: fc.constant("signExtend"), destination: word, source: word, bits: fc.constantFrom(8, 16) }),
  fc.record({
    kind: fc.constant("byteSwap"),
    destination: register,
    to: fc.constantFrom("little", "big", "swapped"),
    bits: fc.constantFrom(16, 32, 64),
  }),
  fc.record({
    kind: fc.constant("castAddress"),
    destination: register,
    source: register,
    // Of bigger numbers, LLVM makes something else.
    toSpace: fc.integer({ min: 0, max: 0x7fff }),
    fromSpace: fc.integer({ min: 0, max: 0xffff }),
  }),
  fc.record({ kind: fc.constant("loadWide"), destination: register, meaning: fc.constant("number"), value }),
  fc.record({ kind: fc.constant("loadWide"), destination: register, meaning, value }),
  fc.record({
    kind: fc.constant("load"),
    size: fc.constantFrom("u8", "u16", "u32", "u64", "s8", "s16", "s32"),
    destination: register,
    base: register,
    offset,
  }),
  fc.record({
    kind: fc.constant("store"),
    size: memorySize,
    base: register,
    offset,
    source: fc.oneof(register, immediate),
  }),
  fc.record({
    kind: fc.constant("atomic"),
    operation: atomicOperation,
    size: fc.constantFrom("u32", "u64"),
    base: register,
    offset,
    source: register,
  }),
  fc.record({
    kind: fc.constant("loadPacket"),
    size: fc.constantFrom("u8", "u16", "u32"),
    index: fc.constant(undefined),
    offset: immediate,
  }),
  fc.record({
    kind: fc.constant("loadPacket"),
    size: fc.constantFrom("u8", "u16", "u32"),
    index: register,
    offset: fc.constant(0),
  }),
  fc.record({ kind: fc.constant("jump"), long: fc.constant(false), target: offset }),
  fc.record({ kind: fc.constant("jump"), long: fc.constant(true), target: immediate }),
  fc
    .tuple(condition, operands, offset)
    .map(([condition, [left, right], target]) => ({ kind: "jumpIf", left, condition, right, target }) as const),
  fc.record({ kind: fc.constant("mayGoto"), target: offset }),
  fc.record({ kind: fc.constant("callHelper"), helper: immediate }),
  fc.record({ kind: fc.constant("callFunction"), target: immediate, compiled: fc.constant(0) }),
  fc.record({ kind: fc.constant("callKernel"), typeId, module: offset }),
  fc.record({ kind: fc.constant("callRegister"), register }),
  fc.record({ kind: fc.constant("exit") }),
);

/** Any valid instruction. */
export const anyInstruction: fc.Arbitrary<Instruction> = fc.oneof(
  { arbitrary: instructionOfLlvm19, weight: 20 },
  fc.record({ kind: fc.constant("loadPacket"), size: fc.constant("u16"), index: register, offset: immediate }),
  fc.record({
    kind: fc.constant("castAddress"),
    destination: register,
    source: register,
    toSpace: fc.integer({ min: 0, max: 0xffff }),
    fromSpace: fc.integer({ min: 0, max: 0xffff }),
  }),
  fc.record({ kind: fc.constant("loadAcquire"), size: memorySize, destination: register, base: register, offset }),
  fc.record({ kind: fc.constant("storeRelease"), size: memorySize, base: register, offset, source: register }),
  fc.record({ kind: fc.constant("jumpRegister"), register }),
  fc.record({ kind: fc.constant("perCpuAddress"), destination: register, source: register }),
  fc.record({ kind: fc.constant("callFunction"), target: immediate, compiled: offset }),
);

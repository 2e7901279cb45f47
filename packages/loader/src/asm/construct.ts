/**
 * Makes instructions, one function for each kind or operation. Registers are named as in assembly: `"r1"` is all of one,
 * `"w1"` its low 32 bits, and what is given together must have the same width.
 *
 * @module
 */

import { BpfError, quoteName } from "../errors/index.ts";
import { helperNumber } from "./helper.ts";
import type { HelperName } from "./helper.ts";
import type {
  AluInstruction,
  AtomicInstruction,
  ByteSwapInstruction,
  CallFunctionInstruction,
  CallHelperInstruction,
  CallRegisterInstruction,
  CastAddressInstruction,
  ExitInstruction,
  JumpIfInstruction,
  JumpInstruction,
  JumpRegisterInstruction,
  JumpTarget,
  LoadAcquireInstruction,
  LoadInstruction,
  LoadPacketInstruction,
  LoadWideInstruction,
  MayGotoInstruction,
  NegateInstruction,
  SignExtendInstruction,
  StoreInstruction,
  StoreReleaseInstruction,
} from "./instruction.ts";
import type { AluOperation, AtomicOperation, Condition, MemorySize, SignedSize, WideMeaning } from "./operation.ts";
import type { AnyRegister, Register, WordRegister } from "./register.ts";
import type { Label, ReferenceTarget, ReferringInstruction } from "./statement.ts";

/** The second operand beside a register: one of the same width, or a number. */
export type Operand<R extends AnyRegister> = number | (R extends Register ? Register : WordRegister);

/** Makes `destination op= source`. A number is 32 bits, signed; beside a `w` register it may be unsigned as well. */
export type AluConstructor = <R extends AnyRegister>(destination: R, source: Operand<R>) => AluInstruction;

function makeAlu(operation: AluOperation): AluConstructor {
  return (destination, source) => ({ kind: "alu", operation, destination, source });
}

/** `destination = source` */
export const mov: AluConstructor = makeAlu("mov");
/** `destination += source` */
export const add: AluConstructor = makeAlu("add");
/** `destination -= source` */
export const sub: AluConstructor = makeAlu("sub");
/** `destination *= source` */
export const mul: AluConstructor = makeAlu("mul");
/** `destination /= source`, unsigned; 0 where the source is. */
export const div: AluConstructor = makeAlu("div");
/** `destination /= source`, signed. ISA v4, since Linux 6.6. */
export const sdiv: AluConstructor = makeAlu("sdiv");
/** `destination %= source`, unsigned; unchanged where the source is 0. */
export const mod: AluConstructor = makeAlu("mod");
/** `destination %= source`, signed. ISA v4, since Linux 6.6. */
export const smod: AluConstructor = makeAlu("smod");
/** `destination |= source` */
export const or: AluConstructor = makeAlu("or");
/** `destination &= source` */
export const and: AluConstructor = makeAlu("and");
/** `destination ^= source` */
export const xor: AluConstructor = makeAlu("xor");
/** `destination <<= source` */
export const lsh: AluConstructor = makeAlu("lsh");
/** `destination >>= source`, filling with zeros. */
export const rsh: AluConstructor = makeAlu("rsh");
/** `destination >>= source`, filling with the sign. */
export const arsh: AluConstructor = makeAlu("arsh");

/** `destination = -destination` */
export function neg(destination: AnyRegister): NegateInstruction {
  return { kind: "negate", destination };
}

/** Copies the low 8, 16 or 32 bits and their sign. ISA v4, since Linux 6.6. */
export function movSigned<R extends AnyRegister>(
  destination: R,
  source: Exclude<Operand<R>, number>,
  bits: R extends Register ? 8 | 16 | 32 : 8 | 16,
): SignExtendInstruction {
  return { kind: "signExtend", destination, source, bits };
}

/** Makes the low bits little endian and clears the others. */
export function toLittleEndian(destination: Register, bits: 16 | 32 | 64): ByteSwapInstruction {
  return { kind: "byteSwap", destination, to: "little", bits };
}

/** Makes the low bits big endian, the order of networks, and clears the others. */
export function toBigEndian(destination: Register, bits: 16 | 32 | 64): ByteSwapInstruction {
  return { kind: "byteSwap", destination, to: "big", bits };
}

/** Turns the low bytes around, and clears the others. ISA v4, since Linux 6.6. */
export function byteSwap(destination: Register, bits: 16 | 32 | 64): ByteSwapInstruction {
  return { kind: "byteSwap", destination, to: "swapped", bits };
}

/** Converts a pointer between address spaces: 0 is the kernel's, 1 the arena's. Since Linux 6.9. */
export function castAddress(
  destination: Register,
  source: Register,
  toSpace: number,
  fromSpace: number,
): CastAddressInstruction {
  return { kind: "castAddress", destination, source, toSpace, fromSpace };
}

/** Loads a number of 64 bits, signed or unsigned. Takes two slots. */
export function loadNumber(destination: Register, value: bigint): LoadWideInstruction {
  return loadWide(destination, "number", value);
}

/** Loads a map by a descriptor that is known already. Takes two slots. */
export function loadMapDescriptor(destination: Register, fd: number): LoadWideInstruction {
  return loadWide(destination, "map", BigInt(fd));
}

/** Loads 64 bits of any meaning. Takes two slots. */
export function loadWide(destination: Register, meaning: WideMeaning, value: bigint): LoadWideInstruction {
  return { kind: "loadWide", destination, meaning, value: BigInt.asUintN(64, value) };
}

/** Loads a map of the collection that the program is loaded with. Takes two slots. */
export function loadMap(destination: Register, name: string): ReferringInstruction {
  return refer(loadWide(destination, "map", 0n), { kind: "map", name });
}

/** Loads the address of a map's first value, `offset` bytes in: that of a variable. Takes two slots. Since Linux 5.2. */
export function loadMapValue(destination: Register, name: string, offset = 0): ReferringInstruction {
  return refer(loadWide(destination, "mapValue", 0n), { kind: "mapValue", name, offset });
}

/** Loads the address of a function that the program is linked with, to pass it to a helper. Two slots. Since Linux 5.13. */
export function loadFunction(destination: Register, name: string): ReferringInstruction {
  return refer(loadWide(destination, "function", 0n), { kind: "functionPointer", name });
}

/** Loads the address of a kernel symbol, found by name; 0 where a weak one is missing. Takes two slots. */
export function loadKernelSymbol(
  destination: Register,
  name: string,
  options: { readonly weak?: boolean } = {},
): ReferringInstruction {
  return refer(loadNumber(destination, 0n), { kind: "ksym", name, weak: options.weak ?? false, typeId: 0 });
}

/** `destination = *(size *)(base + offset)`; signed sizes are ISA v4, since Linux 6.6. */
export function load(
  destination: Register,
  size: MemorySize | SignedSize,
  base: Register,
  offset = 0,
): LoadInstruction {
  return { kind: "load", size, destination, base, offset };
}

/** `*(size *)(base + offset) = source` */
export function store(size: MemorySize, base: Register, offset: number, source: Register | number): StoreInstruction {
  return { kind: "store", size, base, offset, source };
}

/** Changes memory atomically. All operations but `"add"`: ISA v3, since Linux 5.12. */
export function atomic(
  operation: AtomicOperation,
  size: "u32" | "u64",
  base: Register,
  offset: number,
  source: Register,
): AtomicInstruction {
  return { kind: "atomic", operation, size, base, offset, source };
}

/** Loads so that what comes later is not seen before it. Since Linux 6.15. */
export function loadAcquire(
  destination: Register,
  size: MemorySize,
  base: Register,
  offset = 0,
): LoadAcquireInstruction {
  return { kind: "loadAcquire", size, destination, base, offset };
}

/** Stores so that what came before is not seen after it. Since Linux 6.15. */
export function storeRelease(
  size: MemorySize,
  base: Register,
  offset: number,
  source: Register,
): StoreReleaseInstruction {
  return { kind: "storeRelease", size, base, offset, source };
}

/** Loads from the packet of the socket buffer in r6 to r0, `offset` bytes in, or as far behind the index. */
export function loadPacket(size: "u8" | "u16" | "u32", offset: number, index?: Register): LoadPacketInstruction {
  return { kind: "loadPacket", size, index, offset };
}

/** Goes on at a label, at most 32767 slots away. */
export function jump(target: JumpTarget): JumpInstruction {
  return { kind: "jump", long: false, target };
}

/** Goes on at a label, however far away. ISA v4, since Linux 6.6. */
export function longJump(target: JumpTarget): JumpInstruction {
  return { kind: "jump", long: true, target };
}

/** Goes on at a label if the comparison is true. */
export function jumpIf<R extends AnyRegister>(
  left: R,
  condition: Condition,
  right: Operand<R>,
  target: JumpTarget,
): JumpIfInstruction {
  return { kind: "jumpIf", left, condition, right, target };
}

/** Goes on at a label when a loop has taken too long. Since Linux 6.9. */
export function mayGoto(target: JumpTarget): MayGotoInstruction {
  return { kind: "mayGoto", target };
}

/** Goes on at the address in a register, from a map of instructions. Since Linux 6.19. */
export function jumpRegister(register: Register): JumpRegisterInstruction {
  return { kind: "jumpRegister", register };
}

/**
 * Calls a helper function of the kernel: arguments in r1 to r5, the result in r0.
 * Throws BpfError `ERR_BPF_NOT_FOUND` for a name that none has.
 */
export function callHelper(helper: HelperName | number): CallHelperInstruction {
  const number = typeof helper === "number" ? helper : helperNumber(helper);
  if (number !== undefined) return { kind: "callHelper", helper: number };
  throw new BpfError("ERR_BPF_NOT_FOUND", `the kernel has no helper function ${quoteName(helper.toString())}`);
}

/** Calls a function that the program is linked with. Since Linux 4.16. */
export function callFunction(name: string): ReferringInstruction {
  const instruction: CallFunctionInstruction = { kind: "callFunction", target: -1, compiled: 0 };
  return refer(instruction, { kind: "call", name });
}

/** Calls a kernel function, found by name; the program must not get there where a weak one is missing. Since Linux 5.13. */
export function callKernel(name: string, options: { readonly weak?: boolean } = {}): ReferringInstruction {
  return refer(
    { kind: "callKernel", typeId: 0, module: 0 },
    { kind: "kfunc", name, weak: options.weak ?? false, typeId: 0 },
  );
}

/** Calls the function at an address. No kernel takes it in 2025. */
export function callRegister(register: Register): CallRegisterInstruction {
  return { kind: "callRegister", register };
}

/** Returns r0 to the caller, or ends the program. */
export function exit(): ExitInstruction {
  return { kind: "exit" };
}

/** Names the place of the next instruction, for jumps. */
export function label(name: string): Label {
  return { kind: "label", name };
}

/** An instruction that refers to anything, for what the functions above do not make. */
export function refer(instruction: ReferringInstruction["instruction"], to: ReferenceTarget): ReferringInstruction {
  return { kind: "referring", instruction, to };
}

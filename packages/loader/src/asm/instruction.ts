/**
 * Instructions as data: one type for each kind, and every field that the kind has. Whatever is fixed for a kind is left
 * out, so that a value of these types is a valid instruction, and {@link Instruction} with its bytes a one-to-one relation.
 * Source: the kernel's Documentation/bpf/standardization/instruction-set.rst, and what its verifier checks.
 *
 * @module
 */

import type { AluOperation, AtomicOperation, Condition, MemorySize, SignedSize, WideMeaning } from "./operation.ts";
import type { AnyRegister, Register } from "./register.ts";

/**
 * Where a jump goes: slots from the next instruction, or, in what is given to `assemble`, the name of a label.
 */
export type JumpTarget = number | string;

/**
 * Two operands, the first of which takes the result: `r1 += r2`, `w1 = 0x5`. Between registers of the same width.
 * Division by zero gives 0, modulo zero leaves the destination.
 */
export interface AluInstruction {
  readonly kind: "alu";
  readonly operation: AluOperation;
  readonly destination: AnyRegister;
  /** A number is 32 bits, signed; it is extended to the width of the register. */
  readonly source: AnyRegister | number;
}

/** `r1 = -r1` */
export interface NegateInstruction {
  readonly kind: "negate";
  readonly destination: AnyRegister;
}

/** Copies the low bits and their sign: `r1 = (s8)r2`. 32 bits only to a 64-bit register. ISA v4, since Linux 6.6. */
export interface SignExtendInstruction {
  readonly kind: "signExtend";
  readonly destination: AnyRegister;
  readonly source: AnyRegister;
  readonly bits: 8 | 16 | 32;
}

/**
 * Changes the order of the low bytes and clears the others: `r1 = be16 r1`. `"little"` and `"big"` change nothing on a
 * machine of that order; `"swapped"` (`r1 = bswap16 r1`) always does: ISA v4, since Linux 6.6.
 */
export interface ByteSwapInstruction {
  readonly kind: "byteSwap";
  readonly destination: Register;
  readonly to: "little" | "big" | "swapped";
  readonly bits: 16 | 32 | 64;
}

/** Converts a pointer between address spaces, of which 1 is the arena's. Since Linux 6.9. */
export interface CastAddressInstruction {
  readonly kind: "castAddress";
  readonly destination: Register;
  readonly source: Register;
  readonly toSpace: number;
  readonly fromSpace: number;
}

/** Makes an offset into per-CPU memory an address. The kernel's own: it is only seen in programs that it has rewritten. */
export interface PerCpuAddressInstruction {
  readonly kind: "perCpuAddress";
  readonly destination: Register;
  readonly source: Register;
}

/** Loads 64 bits from the instruction, which takes two slots: `r1 = 0x1122334455667788 ll`. */
export interface LoadWideInstruction {
  readonly kind: "loadWide";
  readonly destination: Register;
  readonly meaning: WideMeaning;
  /** All 64 bits, unsigned: the first slot's are the low ones. What they are depends on the meaning. */
  readonly value: bigint;
}

/** `r1 = *(u32 *)(r2 + 0x10)`; signed sizes are ISA v4, since Linux 6.6. */
export interface LoadInstruction {
  readonly kind: "load";
  readonly size: MemorySize | SignedSize;
  readonly destination: Register;
  readonly base: Register;
  /** Bytes, 16 bits signed. */
  readonly offset: number;
}

/** `*(u32 *)(r1 + 0x10) = r2`, or a number of 32 bits, signed. */
export interface StoreInstruction {
  readonly kind: "store";
  readonly size: MemorySize;
  readonly base: Register;
  /** Bytes, 16 bits signed. */
  readonly offset: number;
  readonly source: Register | number;
}

/**
 * Changes memory atomically. What fetches writes the old value to the source register; `"compareExchange"` compares with
 * r0, and writes there. All but `"add"`: ISA v3, since Linux 5.12.
 */
export interface AtomicInstruction {
  readonly kind: "atomic";
  readonly operation: AtomicOperation;
  readonly size: "u32" | "u64";
  readonly base: Register;
  /** Bytes, 16 bits signed. */
  readonly offset: number;
  readonly source: Register;
}

/** `r1 = load_acquire((u64 *)(r2 + 0x0))`. Since Linux 6.15. */
export interface LoadAcquireInstruction {
  readonly kind: "loadAcquire";
  readonly size: MemorySize;
  readonly destination: Register;
  readonly base: Register;
  /** Bytes, 16 bits signed. */
  readonly offset: number;
}

/** `store_release((u64 *)(r1 + 0x0), r2)`. Since Linux 6.15. */
export interface StoreReleaseInstruction {
  readonly kind: "storeRelease";
  readonly size: MemorySize;
  readonly base: Register;
  /** Bytes, 16 bits signed. */
  readonly offset: number;
  readonly source: Register;
}

/**
 * Loads from the packet of the socket buffer in r6 to r0, in the machine's byte order; ends the program when the packet is
 * shorter. Clears r1 to r5. Kept from classic BPF.
 */
export interface LoadPacketInstruction {
  readonly kind: "loadPacket";
  readonly size: "u8" | "u16" | "u32";
  /** Added to the offset. */
  readonly index: Register | undefined;
  /** Bytes, 32 bits signed. */
  readonly offset: number;
}

/** `goto +0x5`; `long` ones (`gotol`) reach 32 bits far: ISA v4, since Linux 6.6. */
export interface JumpInstruction {
  readonly kind: "jump";
  readonly long: boolean;
  readonly target: JumpTarget;
}

/** `if r1 == 0x0 goto +0x5`. Between registers of the same width. */
export interface JumpIfInstruction {
  readonly kind: "jumpIf";
  readonly left: AnyRegister;
  readonly condition: Condition;
  /** A number is 32 bits, signed; it is extended to the width of the register. */
  readonly right: AnyRegister | number;
  readonly target: JumpTarget;
}

/** Jumps when a loop has taken too long, so that the verifier need not know its bounds. Since Linux 6.9. */
export interface MayGotoInstruction {
  readonly kind: "mayGoto";
  readonly target: JumpTarget;
}

/** `gotox r1`: jumps to an address from a map of instructions. Since Linux 6.19. */
export interface JumpRegisterInstruction {
  readonly kind: "jumpRegister";
  readonly register: Register;
}

/** Calls a helper of the kernel by its number; see `helperName`. */
export interface CallHelperInstruction {
  readonly kind: "callHelper";
  readonly helper: number;
}

/** Calls a function of the program. */
export interface CallFunctionInstruction {
  readonly kind: "callFunction";
  /** Slots from the next instruction to the function. */
  readonly target: number;
  /**
   * 0 in programs. In what the kernel tells of a program that it has compiled, this is the slots from the next instruction
   * to the function, and `target` is the function's number.
   */
  readonly compiled: number;
}

/** Calls a kernel function. Since Linux 5.13. */
export interface CallKernelInstruction {
  readonly kind: "callKernel";
  /** Its type in the kernel's or a module's BTF. */
  readonly typeId: number;
  /** Index of the module's BTF in the descriptors that come with the program; 0 = the kernel's. */
  readonly module: number;
}

/** `callx r1`: calls the function at an address. Compilers emit it; no kernel takes it in 2025. */
export interface CallRegisterInstruction {
  readonly kind: "callRegister";
  readonly register: Register;
}

/** Returns r0. */
export interface ExitInstruction {
  readonly kind: "exit";
}

/** A slot that is no instruction, or has something in a field that its instruction does not use. Kept as it is. */
export interface RawInstruction {
  readonly kind: "raw";
  readonly opcode: number;
  /** 0 to 15. */
  readonly destination: number;
  /** 0 to 15. */
  readonly source: number;
  /** 16 bits, signed. */
  readonly offset: number;
  /** 32 bits, signed. */
  readonly immediate: number;
}

/** One instruction. */
export type Instruction =
  | AluInstruction
  | NegateInstruction
  | SignExtendInstruction
  | ByteSwapInstruction
  | CastAddressInstruction
  | PerCpuAddressInstruction
  | LoadWideInstruction
  | LoadInstruction
  | StoreInstruction
  | AtomicInstruction
  | LoadAcquireInstruction
  | StoreReleaseInstruction
  | LoadPacketInstruction
  | JumpInstruction
  | JumpIfInstruction
  | MayGotoInstruction
  | JumpRegisterInstruction
  | CallHelperInstruction
  | CallFunctionInstruction
  | CallKernelInstruction
  | CallRegisterInstruction
  | ExitInstruction
  | RawInstruction;

export type InstructionKind = Instruction["kind"];

/** The instruction of that kind. */
export type InstructionOf<K extends InstructionKind> = Extract<Instruction, { readonly kind: K }>;

/** How many slots of 8 bytes an instruction takes: 1 or 2. */
export function slotsOf(instruction: Instruction): number {
  return instruction.kind === "loadWide" ? 2 : 1;
}

/**
 * The operations that instructions of a kind share a format for, with their numbers and how assembly spells them. Decoding,
 * encoding and printing all go by these tables.
 *
 * @module
 */

/** Arithmetic between two operands; `mov` only copies. `sdiv` and `smod` are signed: ISA v4, since Linux 6.6. */
export type AluOperation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "sdiv"
  | "or"
  | "and"
  | "lsh"
  | "rsh"
  | "mod"
  | "smod"
  | "xor"
  | "mov"
  | "arsh";

export interface AluRow {
  /** High four bits of the opcode. */
  readonly code: number;
  /** Tells those apart that share a code. */
  readonly offset: number;
  readonly symbol: string;
}

export const ALU_OPERATIONS: Readonly<Record<AluOperation, AluRow>> = {
  add: { code: 0x00, offset: 0, symbol: "+=" },
  sub: { code: 0x10, offset: 0, symbol: "-=" },
  mul: { code: 0x20, offset: 0, symbol: "*=" },
  div: { code: 0x30, offset: 0, symbol: "/=" },
  sdiv: { code: 0x30, offset: 1, symbol: "s/=" },
  or: { code: 0x40, offset: 0, symbol: "|=" },
  and: { code: 0x50, offset: 0, symbol: "&=" },
  lsh: { code: 0x60, offset: 0, symbol: "<<=" },
  rsh: { code: 0x70, offset: 0, symbol: ">>=" },
  mod: { code: 0x90, offset: 0, symbol: "%=" },
  smod: { code: 0x90, offset: 1, symbol: "s%=" },
  xor: { code: 0xa0, offset: 0, symbol: "^=" },
  mov: { code: 0xb0, offset: 0, symbol: "=" },
  arsh: { code: 0xc0, offset: 0, symbol: "s>>=" },
};

/** What a jump compares; those with `s` are signed, `&` is true when any bit is in both. */
export type Condition = "==" | ">" | ">=" | "&" | "!=" | "s>" | "s>=" | "<" | "<=" | "s<" | "s<=";

/** High four bits of the opcode. `<`, `<=` and their signed forms are ISA v2, since Linux 4.14. */
export const CONDITIONS: Readonly<Record<Condition, number>> = {
  "==": 0x10,
  ">": 0x20,
  ">=": 0x30,
  "&": 0x40,
  "!=": 0x50,
  "s>": 0x60,
  "s>=": 0x70,
  "<": 0xa0,
  "<=": 0xb0,
  "s<": 0xc0,
  "s<=": 0xd0,
};

/** An integer in memory, as C in the kernel calls it. Loads clear the register's other bits. */
export type MemorySize = "u8" | "u16" | "u32" | "u64";

/** An integer whose sign loads extend to 64 bits. */
export type SignedSize = "s8" | "s16" | "s32";

/** Bits 3 and 4 of the opcode. */
export const MEMORY_SIZES: Readonly<Record<MemorySize, number>> = { u32: 0x00, u16: 0x08, u8: 0x10, u64: 0x18 };
export const SIGNED_SIZES: Readonly<Record<SignedSize, number>> = { s32: 0x00, s16: 0x08, s8: 0x10 };

/** What an atomic instruction does to memory. */
export type AtomicOperation =
  | "add"
  | "or"
  | "and"
  | "xor"
  | "fetchAdd"
  | "fetchOr"
  | "fetchAnd"
  | "fetchXor"
  | "exchange"
  | "compareExchange";

/** The immediate. */
export const ATOMIC_OPERATIONS: Readonly<Record<AtomicOperation, number>> = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetchAdd: 0x01,
  fetchOr: 0x41,
  fetchAnd: 0x51,
  fetchXor: 0xa1,
  exchange: 0xe1,
  compareExchange: 0xf1,
};

export const ATOMIC_LOAD_ACQUIRE = 0x100;
export const ATOMIC_STORE_RELEASE = 0x110;

/** What the 64 bits of a wide load are; see {@link PseudoLoad} for the halves of each. */
export type WideMeaning = "number" | "map" | "mapValue" | "kernelVariable" | "function" | "mapIndex" | "mapIndexValue";

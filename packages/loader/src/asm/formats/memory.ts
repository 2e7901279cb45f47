import { InstructionClass, Mode } from "../opcode.ts";
import {
  ATOMIC_LOAD_ACQUIRE,
  ATOMIC_OPERATIONS,
  ATOMIC_STORE_RELEASE,
  MEMORY_SIZES,
  SIGNED_SIZES,
} from "../operation.ts";
import type { AtomicOperation, MemorySize, SignedSize } from "../operation.ts";
import { registerName, wordOf } from "../register.ts";
import type { AnyRegister, Register } from "../register.ts";
import { encodeNumber, encodeRegister, hex, makeFields, printOperand } from "./format.ts";
import type { Format } from "./format.ts";

const LD = InstructionClass.LD;
const LDX = InstructionClass.LDX;
const ST = InstructionClass.ST;
const STX = InstructionClass.STX;
const MODE_MASK = 0xe0;
const CLASS_MASK = 0x07;
const SIZE_MASK = 0x18;

function byNumber<Name extends string>(table: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  // The keys of these tables are exactly their names.
  return new Map(Object.entries<number>(table).map(([name, number]) => [number, name as Name]));
}

const SIZES = byNumber(MEMORY_SIZES);
const SIGNED = byNumber(SIGNED_SIZES);
const ATOMICS = byNumber(ATOMIC_OPERATIONS);

function isSigned(size: MemorySize | SignedSize): size is SignedSize {
  return size.startsWith("s");
}

/** `r1 + 0x10`, `r1 - 0x8` */
function printAddress(base: Register, offset: number): string {
  return offset < 0 ? `${base} - ${hex(-offset)}` : `${base} + ${hex(offset)}`;
}

/** A register as one that holds as many bits as are loaded or stored. */
function narrowed(register: Register, size: string): AnyRegister {
  return size === "u64" ? register : wordOf(register);
}

const allSizes = (prefix: number): readonly number[] => Object.values(MEMORY_SIZES).map((size) => prefix | size);

export const load: Format<"load"> = {
  opcodes: [...allSizes(LDX | Mode.MEM), ...Object.values(SIGNED_SIZES).map((size) => LDX | Mode.MEMSX | size)],
  decode({ opcode, destination, source, offset, immediate }) {
    const sizes: ReadonlyMap<number, MemorySize | SignedSize> = (opcode & MODE_MASK) === Mode.MEM ? SIZES : SIGNED;
    const size = sizes.get(opcode & SIZE_MASK);
    const to = registerName(destination);
    const base = registerName(source);
    if (size === undefined || to === undefined || base === undefined || immediate !== 0) return undefined;
    return { kind: "load", size, destination: to, base, offset };
  },
  encode: ({ size, destination, base, offset }) =>
    makeFields({
      opcode: LDX | (isSigned(size) ? Mode.MEMSX | SIGNED_SIZES[size] : Mode.MEM | MEMORY_SIZES[size]),
      destination: encodeRegister(destination),
      source: encodeRegister(base),
      offset,
    }),
  print({ size, destination, base, offset }, { wordRegisters }) {
    const to = wordRegisters && !isSigned(size) ? narrowed(destination, size) : destination;
    return `${to} = *(${size} *)(${printAddress(base, offset)})`;
  },
};

export const store: Format<"store"> = {
  opcodes: [...allSizes(ST | Mode.MEM), ...allSizes(STX | Mode.MEM)],
  decode({ opcode, destination, source, offset, immediate }) {
    const size = SIZES.get(opcode & SIZE_MASK);
    const base = registerName(destination);
    if (size === undefined || base === undefined) return undefined;
    if ((opcode & CLASS_MASK) === ST) {
      return source === 0 ? { kind: "store", size, base, offset, source: immediate } : undefined;
    }
    const from = registerName(source);
    if (from === undefined || immediate !== 0) return undefined;
    return { kind: "store", size, base, offset, source: from };
  },
  encode({ size, base, offset, source }) {
    const fields = { destination: encodeRegister(base), offset };
    if (typeof source === "number") {
      const opcode = ST | Mode.MEM | MEMORY_SIZES[size];
      return makeFields({ ...fields, opcode, immediate: encodeNumber(source, size !== "u64") });
    }
    return makeFields({ ...fields, opcode: STX | Mode.MEM | MEMORY_SIZES[size], source: encodeRegister(source) });
  },
  print({ size, base, offset, source }, { wordRegisters }) {
    const from = wordRegisters && typeof source !== "number" ? narrowed(source, size) : source;
    return `*(${size} *)(${printAddress(base, offset)}) = ${printOperand(from)}`;
  },
};

const ATOMIC_SYMBOLS: Partial<Readonly<Record<AtomicOperation, string>>> = { add: "+", or: "|", and: "&", xor: "^" };
const FETCH_NAMES: Partial<Readonly<Record<AtomicOperation, string>>> = {
  fetchAdd: "add",
  fetchOr: "or",
  fetchAnd: "and",
  fetchXor: "xor",
};

export const atomic: Format<"atomic"> = {
  opcodes: [STX | Mode.ATOMIC | MEMORY_SIZES.u32, STX | Mode.ATOMIC | MEMORY_SIZES.u64],
  decode({ opcode, destination, source, offset, immediate }) {
    const operation = ATOMICS.get(immediate);
    const base = registerName(destination);
    const from = registerName(source);
    if (operation === undefined || base === undefined || from === undefined) return undefined;
    const size = (opcode & SIZE_MASK) === MEMORY_SIZES.u32 ? "u32" : "u64";
    return { kind: "atomic", operation, size, base, offset, source: from };
  },
  encode: ({ operation, size, base, offset, source }) =>
    makeFields({
      opcode: STX | Mode.ATOMIC | MEMORY_SIZES[size],
      destination: encodeRegister(base),
      source: encodeRegister(source),
      offset,
      immediate: ATOMIC_OPERATIONS[operation],
    }),
  print({ operation, size, base, offset, source }, { wordRegisters }) {
    const address = printAddress(base, offset);
    // Without the word registers, this is the only one of 32 bits that LLVM knows.
    const register = operation === "add" && !wordRegisters ? source : narrowed(source, size);
    const symbol = ATOMIC_SYMBOLS[operation];
    if (symbol !== undefined) return `lock *(${size} *)(${address}) ${symbol}= ${register}`;
    const fetch = FETCH_NAMES[operation];
    if (fetch !== undefined) return `${register} = atomic_fetch_${fetch}((${size} *)(${address}), ${register})`;
    const bits = size === "u64" ? "_64" : "32_32";
    if (operation === "exchange") return `${register} = xchg${bits}(${address}, ${register})`;
    const result = narrowed("r0", size);
    return `${result} = cmpxchg${bits}(${address}, ${result}, ${register})`;
  },
};

export const loadAcquire: Format<"loadAcquire"> = {
  opcodes: allSizes(STX | Mode.ATOMIC),
  decode({ opcode, destination, source, offset, immediate }) {
    const size = SIZES.get(opcode & SIZE_MASK);
    const to = registerName(destination);
    const base = registerName(source);
    if (size === undefined || to === undefined || base === undefined || immediate !== ATOMIC_LOAD_ACQUIRE) {
      return undefined;
    }
    return { kind: "loadAcquire", size, destination: to, base, offset };
  },
  encode: ({ size, destination, base, offset }) =>
    makeFields({
      opcode: STX | Mode.ATOMIC | MEMORY_SIZES[size],
      destination: encodeRegister(destination),
      source: encodeRegister(base),
      offset,
      immediate: ATOMIC_LOAD_ACQUIRE,
    }),
  print: ({ size, destination, base, offset }) =>
    `${narrowed(destination, size)} = load_acquire((${size} *)(${printAddress(base, offset)}))`,
};

export const storeRelease: Format<"storeRelease"> = {
  opcodes: allSizes(STX | Mode.ATOMIC),
  decode({ opcode, destination, source, offset, immediate }) {
    const size = SIZES.get(opcode & SIZE_MASK);
    const base = registerName(destination);
    const from = registerName(source);
    if (size === undefined || base === undefined || from === undefined || immediate !== ATOMIC_STORE_RELEASE) {
      return undefined;
    }
    return { kind: "storeRelease", size, base, offset, source: from };
  },
  encode: ({ size, base, offset, source }) =>
    makeFields({
      opcode: STX | Mode.ATOMIC | MEMORY_SIZES[size],
      destination: encodeRegister(base),
      source: encodeRegister(source),
      offset,
      immediate: ATOMIC_STORE_RELEASE,
    }),
  print: ({ size, base, offset, source }) =>
    `store_release((${size} *)(${printAddress(base, offset)}), ${narrowed(source, size)})`,
};

const PACKET_SIZES = ["u8", "u16", "u32"] as const;

export const loadPacket: Format<"loadPacket"> = {
  opcodes: PACKET_SIZES.flatMap((size) => [LD | Mode.ABS | MEMORY_SIZES[size], LD | Mode.IND | MEMORY_SIZES[size]]),
  decode({ opcode, destination, source, offset, immediate }) {
    const size = SIZES.get(opcode & SIZE_MASK);
    if (size === undefined || size === "u64" || destination !== 0 || offset !== 0) return undefined;
    if ((opcode & MODE_MASK) === Mode.ABS) {
      return source === 0 ? { kind: "loadPacket", size, index: undefined, offset: immediate } : undefined;
    }
    const index = registerName(source);
    return index === undefined ? undefined : { kind: "loadPacket", size, index, offset: immediate };
  },
  encode: ({ size, index, offset }) =>
    makeFields({
      opcode: LD | (index === undefined ? Mode.ABS : Mode.IND) | MEMORY_SIZES[size],
      source: index === undefined ? 0 : encodeRegister(index),
      immediate: offset,
    }),
  // LLVM does not know that there can be both, and shows the register alone.
  print({ size, index, offset }) {
    const place = index === undefined ? hex(offset) : offset === 0 ? index : printAddress(index, offset);
    return `r0 = *(${size} *)skb[${place}]`;
  },
};

/**
 * Numbers of the BPF instruction set.
 * Source: the kernel's Documentation/bpf/standardization/instruction-set.rst and include/uapi/linux/bpf.h.
 *
 * @module
 */

/** First byte of an instruction that stands alone. */
export const Opcode = {
  /** 64-bit immediate, in two slots: the low half is in the first, the high half in the second. */
  LD_IMM64: 0x18,
  JA: 0x05,
  /** Goes to the address in a register. */
  JA_REGISTER: 0x0d,
  /** With a target of 32 bits. */
  JA_LONG: 0x06,
  CALL: 0x85,
  /** Calls the address in a register. */
  CALL_REGISTER: 0x8d,
  EXIT: 0x95,
  MAY_GOTO: 0xe5,
} as const;

/** Low three bits of the first byte. */
export const InstructionClass = {
  LD: 0x00,
  LDX: 0x01,
  ST: 0x02,
  STX: 0x03,
  ALU: 0x04,
  JMP: 0x05,
  JMP32: 0x06,
  ALU64: 0x07,
} as const;

/** High three bits of the first byte of loads and stores. */
export const Mode = {
  ABS: 0x20,
  IND: 0x40,
  MEM: 0x60,
  MEMSX: 0x80,
  ATOMIC: 0xc0,
} as const;

/** Set in the first byte of arithmetic and jumps where the second operand is a register. */
export const SOURCE_IS_REGISTER = 0x08;

/** High four bits of the first byte of arithmetic that has a format of its own. */
export const UnaryCode = {
  NEG: 0x80,
  END: 0xd0,
} as const;

/** What the source register of {@link Opcode.LD_IMM64} says about its immediate. */
export const PseudoLoad = {
  /** A number. */
  NONE: 0,
  /** First immediate: a map's descriptor. */
  MAP_FD: 1,
  /** First immediate: a map's descriptor; second: bytes into its first value. Since Linux 5.2. */
  MAP_VALUE: 2,
  /** First immediate: BTF id of a kernel variable; second: descriptor of a module's BTF, 0 = vmlinux. Since Linux 5.10. */
  BTF_ID: 3,
  /** First immediate: a function of the program, in instructions from the next one. Since Linux 5.13. */
  FUNC: 4,
  /** First immediate: index into the load's array of descriptors. Since Linux 5.14. */
  MAP_INDEX: 5,
  /** As MAP_VALUE, with an index into the load's array of descriptors. Since Linux 5.14. */
  MAP_INDEX_VALUE: 6,
} as const;

/** What the source register of {@link Opcode.CALL} says about its immediate. */
export const PseudoCall = {
  /** Number of a helper. */
  HELPER: 0,
  /** A function of the program, in instructions from the next one. Since Linux 4.16. */
  FUNCTION: 1,
  /** BTF id of a kernel function; the offset is an index into the load's array of descriptors. Since Linux 5.13. */
  KFUNC: 2,
} as const;

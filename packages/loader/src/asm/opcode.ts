/**
 * Numbers of the BPF instruction set that linking and loading need.
 * Source: the kernel's Documentation/bpf/standardization/instruction-set.rst and include/uapi/linux/bpf.h.
 *
 * @module
 */

/** First byte of an instruction. */
export const Opcode = {
  /** 64-bit immediate, in two slots: the low half is in the first, the high half in the second. */
  LD_IMM64: 0x18,
  CALL: 0x85,
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

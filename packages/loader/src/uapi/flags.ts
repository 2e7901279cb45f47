/**
 * Flags and limits of the kernel's include/uapi/linux/bpf.h and include/linux/bpf.h.
 *
 * @module
 */

/** Flags of a map at its creation. */
export const MapFlag = {
  NO_PREALLOC: 0x1,
  NO_COMMON_LRU: 0x2,
  NUMA_NODE: 0x4,
  RDONLY: 0x8,
  WRONLY: 0x10,
  STACK_BUILD_ID: 0x20,
  ZERO_SEED: 0x40,
  RDONLY_PROG: 0x80,
  WRONLY_PROG: 0x100,
  CLONE: 0x200,
  MMAPABLE: 0x400,
  PRESERVE_ELEMS: 0x800,
  INNER_MAP: 0x1000,
  LINK: 0x2000,
  PATH_FD: 0x4000,
  VTYPE_BTF_OBJ_FD: 0x8000,
  TOKEN_FD: 0x10000,
  SEGV_ON_FAULT: 0x20000,
  NO_USER_CONV: 0x40000,
  RB_OVERWRITE: 0x80000,
} as const;

/** Flags of a map element's update and look-up. CPU and ALL_CPUS are of per-CPU maps; CPU has the CPU's number in the upper 32 bits. */
export const UpdateFlag = { ANY: 0, NO_EXIST: 1, EXIST: 2, LOCK: 4, CPU: 8, ALL_CPUS: 16 } as const;

/** Flags of a program at its load. */
export const ProgramFlag = {
  STRICT_ALIGNMENT: 0x1,
  ANY_ALIGNMENT: 0x2,
  TEST_RND_HI32: 0x4,
  TEST_STATE_FREQ: 0x8,
  SLEEPABLE: 0x10,
  XDP_HAS_FRAGS: 0x20,
  XDP_DEV_BOUND_ONLY: 0x40,
  TEST_REG_INVARIANTS: 0x80,
  TOKEN_FD: 0x10000,
} as const;

/** Bytes of a kernel object's name, the terminating NUL included (BPF_OBJ_NAME_LEN). */
export const OBJECT_NAME_LENGTH = 16;

/**
 * Attributes of the commands on BTF objects, and what the kernel tells about one.
 * Source: include/uapi/linux/bpf.h, `union bpf_attr` and `struct bpf_btf_info`.
 *
 * @module
 */

/** BPF_BTF_LOAD. Since Linux 4.18. */
export const btfLoad = {
  name: "BPF_BTF_LOAD",
  size: 40,
  fields: {
    btf: [0, "void*", "the types, in the machine's byte order"],
    btfLogBuf: [8, "void*", "receives the log, NUL-terminated"],
    btfSize: [16, "u32", "bytes of btf"],
    btfLogSize: [20, "u32", "bytes of btfLogBuf"],
    btfLogLevel: [24, "u32", "0 none, 1 on"],
    btfLogTrueSize: [28, "u32", "result: bytes that the whole log takes", "6.4"],
    btfFlags: [32, "u32", "TOKEN_FD of MapFlag", "6.9"],
    btfTokenFd: [36, "i32", "token", "6.9"],
  },
} as const;

/** `struct bpf_btf_info`. */
export const btfInfo = {
  name: "struct bpf_btf_info",
  size: 32,
  fields: {
    btf: [0, "void*", "receives the types"],
    btfSize: [8, "u32", "bytes of the types; in: bytes of btf"],
    id: [12, "u32", "the kernel's number for it"],
    name: [16, "void*", "receives the name, NUL-terminated: vmlinux or a module's", "5.11"],
    nameLen: [24, "u32", "bytes of the name without NUL; in: bytes of name", "5.11"],
    kernelBtf: [28, "u32", "1 when it is of the kernel or a module", "5.11"],
  },
} as const;

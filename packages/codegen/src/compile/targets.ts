/** What C is compiled for. */
export interface Target {
  /** As it is named in options and in generated code: `"bpfel"`, `"arm64"`. */
  readonly name: string;
  /** What clang calls it. */
  readonly triple: "bpf" | "bpfel" | "bpfeb";
  /** What `PT_REGS_PARM1` and other macros of bpf_tracing.h go by: `-D__TARGET_ARCH_x86`. */
  readonly architecture: string | undefined;
}

/**
 * Machines by the names that Node.js has for them (`process.arch`), with clang's target and the suffix of libbpf's
 * `__TARGET_ARCH_…`. Source: libbpf's bpf_tracing.h.
 */
const machines: readonly Target[] = [
  { name: "arm", triple: "bpfel", architecture: "arm" },
  { name: "arm64", triple: "bpfel", architecture: "arm64" },
  { name: "ia32", triple: "bpfel", architecture: "x86" },
  { name: "loong64", triple: "bpfel", architecture: "loongarch" },
  { name: "mips", triple: "bpfeb", architecture: "mips" },
  { name: "mipsel", triple: "bpfel", architecture: "mips" },
  { name: "ppc64", triple: "bpfeb", architecture: "powerpc" },
  { name: "riscv64", triple: "bpfel", architecture: "riscv" },
  { name: "s390x", triple: "bpfeb", architecture: "s390" },
  { name: "x64", triple: "bpfel", architecture: "x86" },
];

/** By byte order alone: for programs that don't look at registers. */
const byteOrders: readonly Target[] = [
  { name: "bpfel", triple: "bpfel", architecture: undefined },
  { name: "bpfeb", triple: "bpfeb", architecture: undefined },
];

/** What `--target` takes, besides `native`. */
export const targetNames: readonly string[] = [...byteOrders, ...machines].map(({ name }) => name);

/** The target of that name; `native` is the machine that this runs on. */
export function findTarget(name: string, hostArch: string): Target | undefined {
  const wanted = name === "native" ? hostArch : name;
  return [...byteOrders, ...machines].find((target) => target.name === wanted);
}

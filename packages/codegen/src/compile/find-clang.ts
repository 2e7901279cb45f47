import { spawnSync } from "node:child_process";
import { CompileError } from "./compile-error.ts";

/** Releases of LLVM that distributions put beside each other, the newest first; before 11 clang writes no BTF for everything. */
const RELEASES = Array.from({ length: 20 }, (_, index) => 30 - index);

/** A compiler that was found. */
export interface Clang {
  /** Program and the arguments that stand in front of all others: `["ccache", "clang-19"]`. */
  readonly command: readonly [string, ...string[]];
}

/**
 * The C compiler: the one that is asked for, or the first of `clang` and `clang-30` … `clang-11` that is installed.
 *
 * @param wanted words of a command; empty = look for one
 * @throws CompileError when there is none, or it is not clang.
 */
export function findClang(wanted: readonly string[]): Clang {
  const [program, ...rest] = wanted;
  if (program !== undefined) {
    const version = versionOf([program, ...rest]);
    const name = wanted.join(" ");
    if (version === undefined) throw new CompileError(`the compiler ${name} can't be started; see --cc`);
    if (!version.includes("clang"))
      throw new CompileError(`the compiler ${name} is not clang, which is what BPF needs`);
    return { command: [program, ...rest] };
  }
  for (const name of ["clang", ...RELEASES.map((release) => `clang-${release}`)])
    if (versionOf([name]) !== undefined) return { command: [name] };
  const hint = "install it (apt install clang), or say which with --cc or BPF_CODEGEN_CC";
  throw new CompileError(`clang is not found, and C needs it; ${hint}`);
}

function versionOf([program, ...rest]: readonly [string, ...string[]]): string | undefined {
  const { status, stdout } = spawnSync(program, [...rest, "--version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout : undefined;
}

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { stripDebug } from "bpf-loader/elf";
import { CompileError } from "./compile-error.ts";
import { readDependencies } from "./dependencies.ts";
import { findClang } from "./find-clang.ts";
import type { Target } from "./targets.ts";

/** How C is compiled. */
export interface CompileOptions {
  /** Where the compiler runs: relative paths in its arguments are from there. */
  readonly folder: string;
  /** Words of the compiler's command; empty = the clang that is found. */
  readonly compiler: readonly string[];
  /** Arguments for it, those that come later win. */
  readonly flags: readonly string[];
  readonly target: Target;
  /** Whether diagnostics are for a terminal. */
  readonly color: boolean;
}

/** A compiled object. */
export interface Compiled {
  /** Without DWARF; the same from whichever folder it was made. */
  readonly object: Uint8Array;
  /** What the compiler said: its warnings, as it prints them. */
  readonly diagnostics: string;
  /** Every file that was read, the source first; absolute paths. */
  readonly dependencies: readonly string[];
}

/** What can be overridden. `v3` is what kernels since 5.1 understand. */
const DEFAULT_FLAGS = ["-O2", "-mcpu=v3", "-Wall"];

/**
 * Compiles a C source for BPF.
 *
 * The object's bytes depend on the compiler and on what it reads, not on where that is: paths in it are from the folder that the
 * compiler runs in. (They have to be: LLVM reads the text of lines, which goes into BTF, by the paths that it writes.)
 *
 * @throws CompileError when there is no compiler, with what it said when it fails, and for flags that would break this.
 */
export async function compile(
  source: string,
  { folder, compiler, flags, target, color }: CompileOptions,
): Promise<Compiled> {
  checkFlags(flags);
  const [program, ...first] = findClang(compiler).command;
  const scratch = mkdtempSync(join(tmpdir(), "bpf-codegen-"));
  try {
    const output = join(scratch, "object.o");
    const rule = join(scratch, "object.d");
    const args = [
      ...first,
      ...DEFAULT_FLAGS,
      target.architecture === undefined ? [] : `-D__TARGET_ARCH_${target.architecture}`,
      color ? "-fcolor-diagnostics" : "-fno-color-diagnostics",
      ...flags,
      // Not to be overridden: what is read depends on it, or the bytes would.
      "-g",
      "-fno-ident",
      "-fdebug-compilation-dir=.",
      `-ffile-prefix-map=${resolve(folder)}=.`,
      "-MD",
      ["-MF", rule],
      ["-target", target.triple],
      ["-o", output],
      ["-c", relative(folder, source)],
    ].flat();
    const { status, diagnostics } = await run(program, args, folder);
    if (status !== 0) throw new CompileError("it does not compile", { diagnostics });
    return {
      object: stripDebug(readFileSync(output)),
      diagnostics,
      dependencies: readDependencies(readFileSync(rule, "utf8")).map((path) => resolve(folder, path)),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Flags that decide what is written where are ours. */
function checkFlags(flags: readonly string[]): void {
  const wrong = flags.find((flag) => /^(?:-M|-o|-c$|-E$|-S$|-emit-|--?target\b|-###$)/.test(flag));
  if (wrong === undefined) return;
  const hint = wrong.startsWith("-M")
    ? "dependencies are written by --makebase"
    : /target/.test(wrong)
      ? "use --target of bpf-codegen"
      : "where and what to write is decided by bpf-codegen";
  throw new CompileError(`compiler flag ${wrong}: ${hint}`);
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ status: number; diagnostics: string }> {
  return new Promise((settle, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let diagnostics = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (diagnostics += text));
    child.on("error", (error) => reject(new CompileError(`${program}: ${error.message}`, { cause: error })));
    child.on("close", (status, signal) => {
      settle({
        status: status ?? 1,
        diagnostics: signal === null ? diagnostics : `${diagnostics}ended by ${signal}\n`,
      });
    });
  });
}

import { relative } from "node:path";
import { isatty } from "node:tty";
import { CompileError } from "../compile/compile-error.ts";
import { compile } from "../compile/compile.ts";
import { findTarget, targetNames } from "../compile/targets.ts";
import type { TargetObject } from "../generate.ts";
import { CommandError, oneLine } from "./errors.ts";
import { print, readInput } from "./files.ts";

/** How a C source is compiled. */
export interface SourceOptions {
  /** Where the compiler runs. */
  readonly folder: string;
  /** Words of its command; empty = look for one. */
  readonly compiler: readonly string[];
  readonly flags: readonly string[];
  readonly targets: readonly string[];
  /** Write a rule of make beside the module, with paths from here. */
  readonly makebase: string | undefined;
}

/** An object, or one for each target. */
export type Objects = Uint8Array | readonly [TargetObject, ...TargetObject[]];

/** What a source was compiled to. */
export interface CompiledSource {
  readonly object: Objects;
  readonly diagnostics: string;
  readonly inputs: readonly string[];
}

/**
 * Compiles for each target, at the same time.
 *
 * @throws CommandError with what the compiler says.
 */
export async function compileSource(
  input: string,
  { folder, compiler, flags, targets }: SourceOptions,
): Promise<CompiledSource> {
  // Else the compiler says so, with a path that nobody wrote.
  readInput(input);
  const chosen = targets.map((name) => {
    const target = findTarget(name, process.arch);
    if (target !== undefined) return target;
    throw new CommandError(input, `there is no target ${oneLine(name)}; there are native, ${targetNames.join(", ")}`);
  });
  const color = isatty(2) && !process.env["NO_COLOR"];
  if (isatty(2)) await print(2, `bpf-codegen: compiling ${oneLine(input)} for ${targets.join(", ")}\n`);
  try {
    const all = await Promise.all(chosen.map((target) => compile(input, { folder, compiler, flags, target, color })));
    const [first, ...others] = all.map(({ object }, index) => ({ target: chosen[index]?.name ?? "", bytes: object }));
    if (first === undefined) throw new CommandError(input, "there is no target to compile it for");
    return {
      object: others.length === 0 ? first.bytes : [first, ...others],
      diagnostics: [...new Set(all.map(({ diagnostics }) => diagnostics))].join(""),
      inputs: [
        ...new Set([input, ...all.flatMap(({ dependencies }) => dependencies.map((path) => relative(".", path)))]),
      ],
    };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CommandError(input, error.message, { cause: error, frame: error.diagnostics?.trimEnd() });
  }
}

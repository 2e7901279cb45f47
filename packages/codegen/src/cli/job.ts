import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { isatty } from "node:tty";
import type { TargetObject } from "../generate.ts";
import { describe, generate } from "../generate.ts";
import type { Embed, Generated } from "../generate.ts";
import type { Embedding, KernelTypes, TagRule, ValueRule } from "../config.ts";
import type { JsonForms } from "../emit/json.ts";
import { codeFrame } from "./code-frame.ts";
import { CommandError, oneLine } from "./errors.ts";
import { KERNEL_BTF, readBtf } from "./kernel-btf.ts";
import { print, readInput, STANDARD_INPUT } from "./files.ts";

/** One module to write. */
export interface Job {
  /** Path of an object or a C source, or `-` for standard input. */
  readonly input: string;
  /** Path of the module; `undefined` for standard output. */
  readonly out: string | undefined;
  readonly name: string | undefined;
  readonly types: readonly string[];
  /** Name of a map → C type of its records. */
  readonly events: ReadonlyMap<string, string>;
  readonly values: readonly ValueRule[];
  readonly tags: readonly TagRule[];
  readonly kernelTypes: readonly KernelTypes[];
  /** Path of the kernel's BTF; `undefined` for that of the kernel that runs. */
  readonly btf: string | undefined;
  readonly zod: boolean;
  readonly toJson: boolean | JsonForms;
  readonly embed: Embedding;
  /** Print the model in place of TypeScript. */
  readonly json: boolean;
  readonly verify: boolean;
  /** Of a C source: how it is compiled. */
  readonly source: SourceOptions | undefined;
}

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

/** What a job makes, before any of it is written. */
export interface Made {
  /** What it is made from, for messages. */
  readonly subject: string;
  readonly files: readonly MadeFile[];
  /** What could not be said in TypeScript, a sentence each. */
  readonly warnings: readonly string[];
  /** What the compiler printed. */
  readonly diagnostics: string;
  /** The files that it was made from. */
  readonly inputs: readonly string[];
}

/** A file that is to be. */
export interface MadeFile {
  /** `undefined` is standard output. */
  readonly path: string | undefined;
  readonly content: string | Uint8Array;
  /** Whether it is the same on every machine. */
  readonly reproducible: boolean;
}

/**
 * Reads or compiles, and generates; writes nothing.
 *
 * @throws CommandError about the input.
 */
export async function make(job: Job): Promise<Made> {
  const { input, out, source } = job;
  const subject = input === STANDARD_INPUT ? "standard input" : input;
  const compiled = source === undefined ? undefined : await compileAll(job, source);
  const object = compiled?.object ?? readInput(input);
  const { code, objects, companions, warnings } = attempt(subject, object, () => makeText(object, job));
  if (job.verify) {
    const { verify } = await import("./verify.ts");
    await verify(code, out ?? subject);
  }
  const files: MadeFile[] = [{ path: out, content: code, reproducible: true }];
  for (const { suffix, code: text } of companions) {
    const path = out?.replace(/(?=\.[cm]?ts$|$)/, `.${suffix}`);
    files.push({ path, content: text, reproducible: true });
  }
  for (const { file, bytes } of objects) {
    const path = join(dirname(out ?? "."), file);
    if (resolve(path) !== resolve(input)) files.push({ path, content: bytes, reproducible: true });
  }
  const inputs = compiled?.inputs ?? (input === STANDARD_INPUT ? [] : [input]);
  if (source?.makebase !== undefined && out !== undefined) {
    const { dependencyRule } = await import("../compile/dependencies.ts");
    const fromBase = (path: string): string => relative(source.makebase ?? ".", path);
    const rule = dependencyRule([fromBase(out)], inputs.map(fromBase));
    files.push({ path: `${out}.d`, content: rule, reproducible: false });
  }
  return { subject, files, warnings, diagnostics: compiled?.diagnostics ?? "", inputs };
}

type Objects = Uint8Array | readonly [TargetObject, ...TargetObject[]];

function attempt<T>(subject: string, object: Objects, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const bytes = object instanceof Uint8Array ? object : object[0].bytes;
    throw new CommandError(subject, message, { cause: error, frame: codeFrame(bytes, error) });
  }
}

function makeText(
  object: Objects,
  { input, out, name, types, events, values, tags, kernelTypes, btf, zod, toJson, embed, json }: Job,
): Generated {
  const options = {
    file: input === STANDARD_INPUT ? "standard input" : basename(input),
    name: name ?? (input === STANDARD_INPUT ? "object$" : undefined),
    types,
    events,
    values,
    tags,
    kernelTypes,
    kernelBtf: kernelTypes.length === 0 ? undefined : readBtf(btf ?? KERNEL_BTF, undefined),
  };
  if (!json)
    return generate(object, { ...options, zod, toJson, specifier: specifierOf(out), embed: embedding(embed, out) });
  const model = describe(object, options);
  return { code: `${JSON.stringify(model, undefined, 2)}\n`, objects: [], companions: [], warnings: model.warnings };
}

/** `src/prog.ts` → `./prog.js`, which compilers take for the TypeScript file. */
function specifierOf(out: string | undefined): string | undefined {
  return out === undefined ? undefined : `./${basename(out).replace(/\.([cm]?)ts$/, ".$1js")}`;
}

/** The object beside `prog.ts` is `prog.bpf.o`. */
function embedding(embed: Embedding, out: string | undefined): Embed {
  if (embed !== "file" || out === undefined) return embed === "none" ? "none" : "inline";
  return { file: `${basename(out, extname(out))}.bpf.o` };
}

interface CompiledSource {
  readonly object: Objects;
  readonly diagnostics: string;
  readonly inputs: readonly string[];
}

/** Compiles for each target, at the same time. */
async function compileAll(
  { input }: Job,
  { folder, compiler, flags, targets }: SourceOptions,
): Promise<CompiledSource> {
  // Else the compiler says so, with a path that nobody wrote.
  readInput(input);
  const { compile } = await import("../compile/compile.ts");
  const { CompileError } = await import("../compile/compile-error.ts");
  const { findTarget, targetNames } = await import("../compile/targets.ts");
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

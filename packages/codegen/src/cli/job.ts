import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { describe, printModule, printModules } from "../generate.ts";
import type { Embed, Generated, GeneratedModules, GenerateOptions } from "../generate.ts";
import type { Embedding, ImportExtension, KernelTypes, TagRule, ValueRule } from "../config.ts";
import type { JsonForms } from "../emit/json.ts";
import type { ObjectModel } from "../model/object-model.ts";
import { codeFrame } from "./code-frame.ts";
import type { CompiledSource, Objects, SourceOptions } from "./compile-source.ts";
import { CommandError } from "./errors.ts";
import { readInput, STANDARD_INPUT } from "./files.ts";
import { KERNEL_BTF, readBtf } from "./kernel-btf.ts";
import { modelJson } from "./model-json.ts";

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
  /** Bindings to a part of an object that somebody else loads. */
  readonly library: boolean;
  /** Of modules that it imports. */
  readonly importExtension: ImportExtension;
  /** Print the model in place of TypeScript. */
  readonly json: boolean;
  readonly verify: boolean;
  /** Of a C source: how it is compiled. */
  readonly source: SourceOptions | undefined;
}

/** Modules that are made together: one, or several with the types that they have in common in a module of their own. */
export interface Batch {
  readonly jobs: readonly Job[];
  /** Path of the module with these types. */
  readonly types: string | undefined;
}

/** What a batch makes, before any of it is written. */
export interface Made {
  readonly files: readonly MadeFile[];
  /** What could not be said in TypeScript, a sentence each. */
  readonly warnings: readonly { readonly subject: string; readonly text: string }[];
  /** What the compiler printed. */
  readonly diagnostics: string;
  /** The files that it was made from. */
  readonly inputs: readonly string[];
}

/** A file that is to be. */
export interface MadeFile {
  /** What it is made from, for messages. */
  readonly subject: string;
  /** `undefined` is standard output. */
  readonly path: string | undefined;
  readonly content: string | Uint8Array;
  /** Whether it is the same on every machine. */
  readonly reproducible: boolean;
}

/**
 * Reads or compiles, and generates; writes nothing.
 *
 * @throws CommandError about an input; AggregateError of those about several.
 */
export async function make({ jobs, types }: Batch): Promise<Made> {
  const prepared = await prepareAll(jobs);
  const shared = types === undefined ? undefined : printShared(prepared, types);
  const made: { files: MadeFile[]; warnings: Made["warnings"][number][] } = { files: [], warnings: [] };
  for (const [index, one] of prepared.entries()) {
    const generated = shared?.modules[index] ?? attempt(one.subject, one.object, () => print(one));
    made.files.push(...filesOf(one, generated, await dependencyFile(one)));
    made.warnings.push(...generated.warnings.map((text) => ({ subject: one.subject, text })));
  }
  if (types !== undefined && shared !== undefined) {
    const subject = prepared.map((one) => one.subject).join(", ");
    made.files.push({ subject, path: types, content: shared.types, reproducible: true });
    for (const { suffix, code } of shared.typesCompanions)
      made.files.push({ subject, path: besideModule(types, suffix), content: code, reproducible: true });
  }
  if (jobs.some(({ verify }) => verify)) {
    const { verify } = await import("./verify.ts");
    verify(made.files);
  }
  const diagnostics = [...new Set(prepared.map((one) => one.diagnostics))].join("");
  return { ...made, diagnostics, inputs: [...new Set(prepared.flatMap(({ inputs }) => inputs))] };
}

/** A job whose object is read and understood. */
interface Prepared {
  readonly job: Job;
  readonly subject: string;
  readonly object: Objects;
  readonly options: GenerateOptions;
  readonly model: ObjectModel;
  readonly diagnostics: string;
  readonly inputs: readonly string[];
}

/** All of them, also when one fails, so that one run shows all that is wrong. */
async function prepareAll(jobs: readonly Job[]): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  const failures: unknown[] = [];
  for (const job of jobs) {
    try {
      prepared.push(await prepare(job));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures);
  return prepared;
}

async function prepare(job: Job): Promise<Prepared> {
  const { input, source } = job;
  const subject = input === STANDARD_INPUT ? "standard input" : input;
  const compiled = source === undefined ? undefined : await compiledFrom(input, source);
  const object = compiled?.object ?? readInput(input);
  const options = optionsOf(job);
  const model = attempt(subject, object, () => describe(object, options));
  const inputs = compiled?.inputs ?? (input === STANDARD_INPUT ? [] : [input]);
  return { job, subject, object, options, model, diagnostics: compiled?.diagnostics ?? "", inputs };
}

/** Loaded only where there is C. */
async function compiledFrom(input: string, source: SourceOptions): Promise<CompiledSource> {
  const { compileSource } = await import("./compile-source.ts");
  return compileSource(input, source);
}

function print({ job, object, options, model }: Prepared): Generated {
  if (!job.json) return printModule(model, object, options);
  return { code: modelJson(model), objects: [], companions: [], warnings: model.warnings };
}

function printShared(prepared: readonly Prepared[], types: string): GeneratedModules {
  return printModules(
    prepared.map(({ job, object, options, model }) => {
      const path = relative(dirname(job.out ?? "."), types).replaceAll(sep, "/");
      const typesFrom = importedAs(path.startsWith(".") ? path : `./${path}`, job.importExtension);
      return { object, model, options, typesFrom };
    }),
  );
}

function filesOf({ job, subject }: Prepared, generated: Generated, others: readonly MadeFile[]): MadeFile[] {
  const { input, out } = job;
  const files: MadeFile[] = [{ subject, path: out, content: generated.code, reproducible: true }];
  for (const { suffix, code } of generated.companions) {
    const path = out === undefined ? undefined : besideModule(out, suffix);
    files.push({ subject, path, content: code, reproducible: true });
  }
  for (const { file, bytes } of generated.objects) {
    const path = join(dirname(out ?? "."), file);
    if (resolve(path) !== resolve(input)) files.push({ subject, path, content: bytes, reproducible: true });
  }
  return [...files, ...others];
}

/** `prog.ts` → `prog.zod.ts` */
function besideModule(path: string, suffix: string): string {
  return path.replace(/(?=\.[cm]?ts$|$)/, `.${suffix}`);
}

/** A rule of make, where one is asked for. */
async function dependencyFile({ job, subject, inputs }: Prepared): Promise<readonly MadeFile[]> {
  const { out, source } = job;
  if (source?.makebase === undefined || out === undefined) return [];
  const { makebase } = source;
  const { dependencyRule } = await import("../compile/dependencies.ts");
  const fromBase = (path: string): string => relative(makebase, path);
  const rule = dependencyRule([fromBase(out)], inputs.map(fromBase));
  return [{ subject, path: `${out}.d`, content: rule, reproducible: false }];
}

function attempt<T>(subject: string, object: Objects, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const bytes = object instanceof Uint8Array ? object : object[0].bytes;
    throw new CommandError(subject, message, { cause: error, frame: codeFrame(bytes, error) });
  }
}

function optionsOf(job: Job): GenerateOptions {
  const { input, out, name, types, events, values, tags, kernelTypes, btf, zod, toJson, embed, library } = job;
  return {
    file: input === STANDARD_INPUT ? "standard input" : basename(input),
    name: name ?? (input === STANDARD_INPUT ? "object$" : undefined),
    types,
    events,
    values,
    tags,
    kernelTypes,
    kernelBtf: kernelTypes.length === 0 ? undefined : readBtf(btf ?? KERNEL_BTF, undefined),
    zod,
    toJson,
    library,
    specifier: out === undefined ? undefined : importedAs(`./${basename(out)}`, job.importExtension),
    embed: embedding(embed, out),
  };
}

/** `./prog.ts` → `./prog.js`, which compilers take for the TypeScript file; type stripping wants the file's own name. */
function importedAs(path: string, extension: ImportExtension): string {
  return extension === "ts" ? path : path.replace(/\.([cm]?)ts$/, ".$1js");
}

/** The object beside `prog.ts` is `prog.bpf.o`. */
function embedding(embed: Embedding, out: string | undefined): Embed {
  if (embed !== "file" || out === undefined) return embed === "none" ? "none" : "inline";
  return { file: `${basename(out, extname(out))}.bpf.o` };
}

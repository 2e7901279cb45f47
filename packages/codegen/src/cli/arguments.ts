import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { parseArgsStringToArgv as splitWords } from "string-argv";
import type { Embedding, ImportExtension, KernelTypes, TagRule, ValueRule } from "../config.ts";
import { UsageError } from "./errors.ts";
import { STANDARD_INPUT, STANDARD_OUTPUT } from "./files.ts";
import { flags } from "./flags.ts";
import { batchesOf, outputConflict } from "./batches.ts";
import type { Batch, Job } from "./job.ts";

/** What the command was asked to do. */
export type Request = { readonly action: "help" } | { readonly action: "version" } | RunRequest;

/** Generating, and what to do with the result. */
export interface RunRequest {
  readonly action: "write" | "check" | "watch";
  /** What the arguments describe; `undefined` when a configuration file does. */
  readonly batches: readonly Batch[] | undefined;
  /** Path of the configuration file, when it was given. */
  readonly config: string | undefined;
  /** The folder for all modules, when one was given: it is made when it is missing. */
  readonly folder: string | undefined;
  readonly verify: boolean;
}

/**
 * The arguments behind `bpf-codegen`, understood.
 *
 * @param environment the process's: what flags of the compiler default to
 * @throws UsageError when they make no sense.
 */
export function readArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): Request {
  const end = argv.indexOf("--");
  const compilerFlags = end < 0 ? [] : argv.slice(end + 1);
  const { values, positionals } = parse(joinFlags(end < 0 ? argv : argv.slice(0, end)));
  if (values.help === true) return { action: "help" };
  if (values.version === true) return { action: "version" };
  if (values.check === true && values.watch === true) throw new UsageError("--check or --watch, not both");
  const action = values.check === true ? "check" : values.watch === true ? "watch" : "write";
  const verify = values.verify === true;
  const jobs = readJobs(values, positionals, compilerFlags, environment);
  const folder = values["out-dir"];
  if (jobs === undefined) return { action, batches: undefined, config: values.config, folder, verify };
  if (values.config !== undefined) throw new UsageError("give an object or --config, not both");
  if (action === "check" && jobs.some(({ out }) => out === undefined))
    throw new UsageError("--check compares with a file: say which with -o FILE");
  if (action === "watch" && jobs.some(({ input }) => input === STANDARD_INPUT))
    throw new UsageError("--watch needs a file, not standard input");
  if (values.types !== undefined && jobs.length === 1)
    throw new UsageError("--types is for what several objects have in common: give more than one");
  const conflict = outputConflict(jobs, values.types);
  if (conflict !== undefined) throw new UsageError(conflict);
  return { action, batches: batchesOf(jobs, values.types), config: undefined, folder, verify };
}

/** `--cflags -O3` as `--cflags=-O3`: parseArgs takes a value with a dash in front for the next flag. */
function joinFlags(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, index) => {
    if (word === "--cflags" && index + 1 < argv.length) return [];
    return argv[index - 1] === "--cflags" ? [`--cflags=${word}`] : [word];
  });
}

type FlagValues = ReturnType<typeof parseFlags>["values"];

/** `undefined` when no object is given, and so a configuration file says what to do. */
function readJobs(
  values: FlagValues,
  positionals: readonly string[],
  compilerFlags: readonly string[],
  environment: NodeJS.ProcessEnv,
): readonly Job[] | undefined {
  const given = (name: keyof FlagValues): boolean => values[name] !== undefined;
  if (positionals.length === 0) {
    const needObject = [
      "out",
      "name",
      "type",
      "event",
      "value",
      "tag",
      "kernel-type",
      "btf",
      "zod",
      "to-json",
      "json",
      "embed",
      "library",
      "out-dir",
      "types",
      "import-extension",
      ...FLAGS_OF_C,
    ] as const;
    const stray = needObject.find(given) ?? (compilerFlags.length > 0 ? "" : undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} needs an object: bpf-codegen prog.bpf.o --${stray} …`);
    return undefined;
  }
  const folder = values["out-dir"];
  if (folder !== undefined && given("out")) throw new UsageError("-o FILE or --out-dir DIR, not both");
  if (positionals.length > 1) {
    if (folder === undefined) throw new UsageError("several objects need a folder for their modules: --out-dir DIR");
    const forOne = FLAGS_OF_ONE.find(given);
    if (forOne !== undefined)
      throw new UsageError(`--${forOne} is about one object; bpf-codegen.config.ts can say it of each of several`);
  }
  if (folder !== undefined && positionals.includes(STANDARD_INPUT))
    throw new UsageError("standard input has no name for a module in --out-dir: give -o FILE");
  const stray = FLAGS_OF_C.find(given) ?? (compilerFlags.length > 0 ? "" : undefined);
  const object = positionals.find((input) => !isSource(input));
  if (stray !== undefined && object !== undefined)
    throw new UsageError(`--${stray} is for C sources, which ${object} is not`);
  return positionals.map((input) => {
    const out = folder === undefined ? values.out : join(folder, `${moduleName(input)}.ts`);
    return readJob(values, input, out === STANDARD_OUTPUT ? undefined : out, compilerFlags, environment);
  });
}

/** `build/prog.bpf.o` → `prog` */
function moduleName(input: string): string {
  return basename(input).replace(/(?<=.)(?:\.bpf)?\.[^.]*$/, "");
}

function readJob(
  values: FlagValues,
  input: string,
  out: string | undefined,
  compilerFlags: readonly string[],
  environment: NodeJS.ProcessEnv,
): Job {
  const isC = isSource(input);
  const json = values.json === true;
  const embed = readEmbedding(values.embed);
  if (json && values.verify === true) throw new UsageError("--verify checks TypeScript: leave out --json");
  for (const name of ["zod", "to-json"] as const)
    if (values[name] === true && (out === undefined || json))
      throw new UsageError(`--${name} writes beside the module: give -o FILE`);
  if (values.library === true && values.embed !== undefined)
    throw new UsageError("--library embeds nothing: leave out --embed");
  if (embed === "file" && out === undefined)
    throw new UsageError("--embed file writes beside the module: give -o FILE");
  const makebase = values.makebase ?? (isC ? environment["BPF_CODEGEN_MAKEBASE"] : undefined);
  if (values.makebase !== undefined && out === undefined)
    throw new UsageError("--makebase writes beside the module: give -o FILE");
  return {
    input,
    out,
    name: values.name,
    types: values.type ?? [],
    events: readEvents(values.event ?? []),
    values: (values.value ?? []).map(readValueRule),
    tags: (values.tag ?? []).map(readTagRule),
    kernelTypes: (values["kernel-type"] ?? []).map(readKernelTypes),
    btf: values.btf,
    zod: values.zod === true,
    toJson: values["to-json"] === true,
    embed,
    library: values.library === true,
    importExtension: readExtension(values["import-extension"]),
    json,
    verify: values.verify === true,
    source: isC
      ? {
          folder: ".",
          compiler: splitWords(values.cc ?? environment["BPF_CODEGEN_CC"] ?? ""),
          flags: [...splitWords(values.cflags ?? environment["BPF_CODEGEN_CFLAGS"] ?? ""), ...compilerFlags],
          targets: readTargets(values.target),
          makebase: out === undefined ? undefined : makebase,
        }
      : undefined,
  };
}

/** Flags that say something about what is in one object. */
const FLAGS_OF_ONE = ["name", "type", "event", "value", "tag", "json"] as const;

/** Flags that say something about compiling. */
const FLAGS_OF_C = ["cc", "cflags", "target", "makebase"] as const;

/** Whether it is C, and so has to be compiled first. */
export function isSource(input: string): boolean {
  return /\.c$/i.test(input);
}

function readEmbedding(given: string | undefined): Embedding {
  switch (given) {
    case undefined:
    case "inline":
      return "inline";
    case "file":
    case "none":
      return given;
    default:
      throw new UsageError(`--embed ${given}: expected inline, file or none`);
  }
}

function readExtension(given: string = "js"): ImportExtension {
  if (given !== "js" && given !== "ts") throw new UsageError(`--import-extension ${given}: expected js or ts`);
  return given;
}

function readTargets(given: readonly string[] | undefined): readonly string[] {
  const names = (given ?? ["bpfel"]).flatMap((list) => list.split(",")).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

function parse(argv: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(argv);
  } catch (error) {
    throw parseProblem(error);
  }
}

/** What parseArgs has to say. It explains how to escape a dash over several sentences; the first says what is wrong. */
export function parseProblem(error: unknown): UsageError {
  const message = error instanceof Error ? error.message : String(error);
  return new UsageError(message.split(/\.\s|\n/, 1)[0] ?? message);
}

// Its type is worked out from the table, one property for each flag.
function parseFlags(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
}

/** A name without a dot is a type's or a variable's. */
function readValueRule(given: string): ValueRule {
  const at = given.lastIndexOf("=");
  const name = given.slice(0, at);
  const as = given.slice(at + 1);
  if (at <= 0 || as === "")
    throw new UsageError(
      `--value ${given}: expected NAME=AS, as in --value ktime_t=Nanoseconds or --value event.port=Be16`,
    );
  return name.includes(".") ? { field: name, as } : { type: name, field: name, as };
}

function readKernelTypes(given: string): KernelTypes {
  const at = given.indexOf(":");
  const type = given.slice(0, Math.max(0, at)).trim();
  const fields = given
    .slice(at + 1)
    .split(",")
    .map((field) => field.trim());
  if (type === "" || fields.includes(""))
    throw new UsageError(`--kernel-type ${given}: expected TYPE:FIELDS, as in --kernel-type "task_struct: pid, comm"`);
  return { type, fields };
}

function readTagRule(given: string): TagRule {
  const [union = "", by = "", ...others] = given.split("=");
  if (union === "" || by === "" || others.length > 0)
    throw new UsageError(`--tag ${given}: expected UNION=MEMBER, as in --tag event.data=kind`);
  return { union, by };
}

function readEvents(given: readonly string[]): Map<string, string> {
  const events = new Map<string, string>();
  for (const event of given) {
    const at = event.indexOf("=");
    const map = event.slice(0, at);
    const type = event.slice(at + 1);
    if (at <= 0 || type === "") throw new UsageError(`--event ${event}: expected MAP=TYPE, as in --event events=event`);
    if (events.has(map)) throw new UsageError(`--event ${map}=…: given twice`);
    events.set(map, type);
  }
  return events;
}

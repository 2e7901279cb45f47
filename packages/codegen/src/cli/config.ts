import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Jiti } from "jiti";
import type { Config, ModuleConfig } from "../config.ts";
import { isSource } from "./arguments.ts";
import { CommandError, oneLine } from "./errors.ts";
import { readInput } from "./files.ts";
import { batchesOf, outputConflict } from "./batches.ts";
import type { Batch, Job } from "./job.ts";

/** In the order in which they are looked for. */
const DEFAULT_FILES = ["ts", "mts", "js", "mjs", "json"].map((extension) => `bpf-codegen.config.${extension}`);

/** A configuration file, read. */
export interface ConfiguredBatches {
  /** Path of the file. */
  readonly file: string;
  readonly batches: readonly Batch[];
}

/**
 * What a configuration file says to make: `file`, or the `bpf-codegen.config.*` that is here.
 *
 * @throws CommandError when it can't be read, or with the path of each field that is wrong.
 */
export async function readConfig(file: string | undefined, verify: boolean): Promise<ConfiguredBatches> {
  const path = file ?? findConfig();
  const value = extname(path) === ".json" ? parseJson(path) : await importDefault(path);
  // Checking it costs more than all the rest.
  const { checkConfig } = await import("./config-schema.ts");
  const config: Config | { readonly problems: readonly string[] } = checkConfig(value);
  if ("problems" in config) throw new CommandError(path, config.problems.join("; "));
  const folder = dirname(path);
  const problems = config.modules.flatMap((module, index) =>
    contradictionsOf(module).map((text) => `modules[${index}].${text}`),
  );
  if (problems.length > 0) throw new CommandError(path, problems.join("; "));
  const jobs = config.modules.map((module) => moduleJob(module, config, folder, verify));
  const types = config.types === undefined ? undefined : placeIn(folder, config.types);
  const conflict = outputConflict(jobs, types);
  if (conflict !== undefined) throw new CommandError(path, `modules: ${conflict}`);
  return { file: path, batches: batchesOf(jobs, types) };
}

/** What of a module can't be together, with the field that is too much. */
function contradictionsOf({ input, library, embed, compiler, flags, targets }: ModuleConfig): readonly string[] {
  const found = library === true && embed !== undefined ? ["embed: a library embeds nothing"] : [];
  if (isSource(input)) return found;
  const ofC = Object.entries({ compiler, flags, targets }).filter(([, value]) => value !== undefined);
  return [...found, ...ofC.map(([name]) => `${name}: is for C sources, which ${oneLine(input)} is not`)];
}

function moduleJob(module: ModuleConfig, config: Config, folder: string, verify: boolean): Job {
  const { input, output, name, types = [], events = {}, values = [], tags = [] } = module;
  return {
    input: placeIn(folder, input),
    out: placeIn(folder, output),
    name,
    types,
    events: new Map(Object.entries(events)),
    values,
    zod: module.zod ?? config.zod ?? false,
    toJson: module.toJson ?? config.toJson ?? false,
    tags,
    kernelTypes: module.kernelTypes ?? [],
    btf: module.btf === undefined ? undefined : placeIn(folder, module.btf),
    embed: module.embed ?? config.embed ?? "inline",
    library: module.library ?? false,
    importExtension: config.importExtension ?? "js",
    json: false,
    verify,
    source: isSource(input)
      ? {
          folder,
          compiler: module.compiler ?? config.compiler ?? [],
          flags: [...(config.flags ?? []), ...(module.flags ?? [])],
          targets: module.targets ?? config.targets ?? ["bpfel"],
          makebase: undefined,
        }
      : undefined,
  };
}

/** Paths stay as they were written where that is possible, for messages to show. */
function placeIn(folder: string, relative: string): string {
  return folder === "." ? relative : resolve(folder, relative);
}

function findConfig(): string {
  const found = DEFAULT_FILES.filter((name) => existsSync(name));
  const [first, second] = found;
  if (first === undefined) {
    const hint = "there is none here; give an object (bpf-codegen prog.bpf.o), or see --help";
    throw new CommandError("bpf-codegen.config.{ts,js,json}", hint);
  }
  if (second !== undefined) throw new CommandError(first, `there is ${second} as well; say which with --config`);
  return first;
}

function parseJson(path: string): unknown {
  const text = new TextDecoder().decode(readInput(path));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(path, `not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** The default export of a module. */
async function importDefault(path: string): Promise<unknown> {
  // For its message: that of an import names a URL.
  readInput(path);
  let exported: unknown;
  try {
    exported = await importFresh(resolve(path));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(path, `can't be loaded: ${oneLine(messageOf(error))}`, { cause: error });
  }
  if (typeof exported === "object" && exported !== null && "default" in exported) return exported.default;
  throw new CommandError(path, "has no default export: export default defineConfig({ modules: [ … ] })");
}

/** As it is on the disk now: the address says when it was written, because a module of one address is loaded once. */
async function importFresh(path: string): Promise<unknown> {
  const isTypeScript = /\.m?ts$/.test(path);
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (isTypeScript && (typescript === undefined || typescript === false)) return importWithJiti(path);
  const url = pathToFileURL(path);
  url.search = `?${statSync(path).mtimeMs}`;
  return import(url.href);
}

/** For versions of Node.js that don't read TypeScript: before 22.18, and with it turned off. */
async function importWithJiti(path: string): Promise<unknown> {
  let createJiti: (id: string, options: object) => Jiti;
  try {
    // What the package exports is what its types say.
    ({ createJiti } = createRequire(import.meta.url)("jiti") as { createJiti: typeof createJiti });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "MODULE_NOT_FOUND") throw error;
    const message = `Node.js ${process.versions.node} does not read TypeScript: use Node.js 22.18 or newer, or npm install --save-dev jiti`;
    throw new CommandError(path, message, { cause: error });
  }
  return createJiti(import.meta.url, { moduleCache: false, fsCache: false }).import(path);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

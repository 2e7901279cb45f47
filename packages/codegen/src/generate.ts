import { createHash } from "node:crypto";
import type { Btf } from "bpf-loader/btf";
import { CollectionSpec } from "bpf-loader/spec";
import type { KernelTypes, TagRule, ValueRule } from "./config.ts";
import type { EmbeddedContent, EmbeddedObject } from "./emit/embedded.ts";
import type { CompanionSubject, GivenNames, PrintedCompanion } from "./emit/companion.ts";
import { emitJson } from "./emit/json.ts";
import type { JsonForms } from "./emit/json.ts";
import { inComment } from "./emit/literal.ts";
import { emitModule, emitSharedTypes } from "./emit/module.ts";
import { buildModel } from "./model/build.ts";
import { mergeTargets } from "./model/merge-targets.ts";
import type { ObjectModel } from "./model/object-model.ts";
import { shareTypes } from "./model/share-types.ts";
import { emitZod } from "./emit/zod.ts";
import { version } from "./version.ts";

/** What the object does not say itself. */
export interface DescribeOptions {
  /** The object file's name, which the generated text shows; folders in it are left out. Default `"object.o"`. */
  readonly file?: string | undefined;
  /** Name of the exported object. Default: the file's name without its extension, in camel case. */
  readonly name?: string | undefined;
  /** C types to emit besides those that maps and variables use: `"event"`, `"struct event"`. */
  readonly types?: readonly string[] | undefined;
  /** C types of the records of ring buffers, by the map's name, where the object does not declare them or otherwise. */
  readonly events?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
  /** What values are, where that is not what their C type makes them. A rule that nothing matches is an error. */
  readonly values?: readonly ValueRule[] | undefined;
  /** Types of the kernel, each with the members that are of use. */
  readonly kernelTypes?: readonly KernelTypes[] | undefined;
  /** What has them: `/sys/kernel/btf/vmlinux`, parsed. Needed for {@link kernelTypes}. */
  readonly kernelBtf?: Btf | undefined;
  /** Unions of which another member of their struct says which member is meant. */
  readonly tags?: readonly TagRule[] | undefined;
}

/** {@link DescribeOptions}, and what is to be printed. */
export interface GenerateOptions extends DescribeOptions {
  /** Also zod schemas of the types, in a module beside it, which imports zod. Default false. */
  readonly zod?: boolean | undefined;
  /** Also functions that make JSON of values of the types, in a module beside it. Default false. */
  readonly toJson?: boolean | JsonForms | undefined;
  /** How modules beside it import types from it. Default: the object's name, as `"./prog.js"`. */
  readonly specifier?: string | undefined;
  /** Where the module has the object's bytes from. Default `"inline"`. */
  readonly embed?: Embed | undefined;
  /**
   * Bindings to this as a part of another object, which someone else loads: nothing is embedded, `bind()` takes the place of `load()`.
   * Default false.
   */
  readonly library?: boolean | undefined;
}

/**
 * Where a module has its object's bytes from:
 * - `"inline"`: from itself, as base64;
 * - `{ file }`: from a file of that name beside it, or for several targets from files with the target in front of the extension;
 * - `"none"`: from its user.
 */
export type Embed = "inline" | "none" | { readonly file: string };

/** An object for one of several targets. */
export interface TargetObject {
  /** As `process.arch` has it, or `bpfel` or `bpfeb`. */
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** What {@link generate} makes. */
export interface Generated {
  /** A TypeScript module. The same object and options always give the same text. */
  readonly code: string;
  /** Files that have to be beside the module, with `embed: { file }`. */
  readonly objects: readonly ObjectFile[];
  /** Modules that go beside it. */
  readonly companions: readonly CompanionModule[];
  /** What could not be said in TypeScript and became bytes, a sentence each. */
  readonly warnings: readonly string[];
}

/** A module that says more of the same types. */
export interface CompanionModule {
  /** What it is called beside `prog.ts`: `prog.zod.ts`. */
  readonly suffix: "zod" | "json";
  readonly code: string;
}

/** A file that a generated module reads. */
export interface ObjectFile {
  /** Its name, beside the module. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * TypeScript bindings for a compiled eBPF object: its types with codecs, and the object, ready to load.
 *
 * @param object the file's bytes: ELF with BTF, as `clang -target bpf -g` makes it; or those that one source was compiled to for
 *   several targets, among which the module chooses when it runs
 * @throws BpfError from `bpf-loader`: ERR_BPF_OBJECT_FORMAT for a file that is no such object, ERR_BPF_NOT_FOUND for a type or
 *   map in the options that it does not have, ERR_BPF_INVALID_ARGUMENT for a name that is not an identifier, and for objects that
 *   don't define the same.
 * @example
 * import { generate } from "bpf-codegen";
 * const { code, warnings } = generate(await readFile("counter.bpf.o"), { file: "counter.bpf.o" });
 */
export function generate(
  object: Uint8Array | readonly [TargetObject, ...TargetObject[]],
  options: GenerateOptions = {},
): Generated {
  return printModule(describe(object, options), object, options);
}

/** One of several modules that share types. */
export interface SharingModule {
  readonly object: Uint8Array | readonly [TargetObject, ...TargetObject[]];
  readonly options?: GenerateOptions | undefined;
  /** How it imports the module with the types that others have as well: `"./types.js"`. */
  readonly typesFrom: string;
}

/** What {@link generateModules} makes. */
export interface GeneratedModules {
  /** In the order of the objects. What stays in a module though others have a type of that name is among its warnings. */
  readonly modules: readonly Generated[];
  /** The module with the types that several of them define alike, which each of them exports as well. */
  readonly types: string;
  /** Modules that go beside it: schemas, or functions that make JSON, where a module wants these. */
  readonly typesCompanions: readonly CompanionModule[];
}

/**
 * {@link generate} for several objects, with the types that several of them define alike in a module of their own.
 *
 * @throws BpfError as {@link generate} does, for the first object at fault.
 */
export function generateModules(modules: readonly SharingModule[]): GeneratedModules {
  return printModules(modules.map((module) => ({ ...module, model: describe(module.object, module.options) })));
}

/** @internal {@link generateModules}, of models that were made before. */
export function printModules(modules: readonly (SharingModule & { readonly model: ObjectModel })[]): GeneratedModules {
  const { types, byteOrder, models, notes } = shareTypes(modules.map(({ model }) => model));
  const generator = `bpf-codegen ${version}`;
  const from = `what is the same in ${modules.map(({ model }) => inComment(model.file)).join(", ")}`;
  const beside = companionsOfShared(modules, { from, types }, generator);
  const printed = modules.map(({ object, options = {}, typesFrom, model }, index): Generated => {
    const apart = { model: models[index] ?? model, from: typesFrom, companions: beside };
    const { warnings, ...others } = printModule(model, object, options, apart);
    return { ...others, warnings: [...warnings, ...(notes[index] ?? [])] };
  });
  return {
    modules: printed,
    types: emitSharedTypes(types, byteOrder, from, generator),
    typesCompanions: [...beside].map(([suffix, { code }]) => ({ suffix, code })),
  };
}

/**
 * @internal {@link generate}, of a model that was made before.
 *
 * @param apart where the types are that it shares
 */
export function printModule(
  model: ObjectModel,
  object: Uint8Array | readonly [TargetObject, ...TargetObject[]],
  options: GenerateOptions,
  apart?: Apart,
): Generated {
  const { library = false } = options;
  const embed = library ? "none" : (options.embed ?? "inline");
  const files: ObjectFile[] = [];
  const all: readonly { readonly target?: string; readonly bytes: Uint8Array }[] = isBytes(object)
    ? [{ bytes: object }]
    : object;
  const embedded = all.map(({ target, bytes }): EmbeddedObject => {
    const content = contentOf(bytes, target, embed);
    if (content.kind === "file") files.push({ file: content.file, bytes });
    return { target, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"), content };
  });
  const role = library ? "library" : embed === "none" ? "detached" : "object";
  const generator = `bpf-codegen ${version}`;
  const code = emitModule(apart?.model ?? model, role, embedded, generator, apart?.from);
  const companions = companionsOf(model, apart, options, generator);
  return { code, objects: files, companions, warnings: model.warnings };
}

/**
 * The names and types that {@link generate} prints, as plain data.
 *
 * @throws BpfError as {@link generate} does.
 */
export function describe(
  object: Uint8Array | readonly [TargetObject, ...TargetObject[]],
  options: DescribeOptions = {},
): ObjectModel {
  if (isBytes(object)) return describeOne(object, options);
  const [first, ...others] = object;
  const model = ({ target, bytes }: TargetObject) => ({ target, model: describeOne(bytes, options) });
  return mergeTargets([model(first), ...others.map(model)]);
}

function describeOne(object: Uint8Array, options: DescribeOptions): ObjectModel {
  const { file = "object.o", name, types, events = {}, values, tags, kernelTypes, kernelBtf } = options;
  return buildModel(CollectionSpec.parse(object, name ?? file), {
    file: file.replace(/^.*[/\\]/s, ""),
    name,
    types,
    events: events instanceof Map ? events : new Map(Object.entries(events)),
    values,
    tags,
    kernelTypes,
    kernelBtf,
  });
}

function isBytes(object: Uint8Array | readonly TargetObject[]): object is Uint8Array {
  return object instanceof Uint8Array;
}

/** A model without the types that it shares. */
interface Apart {
  readonly model: ObjectModel;
  /** Specifier of the module that has them. */
  readonly from: string;
  /** What is beside that module. */
  readonly companions: ReadonlyMap<CompanionModule["suffix"], PrintedCompanion>;
}

function companionsOf(
  model: ObjectModel,
  apart: Apart | undefined,
  { zod = false, toJson = false, specifier = `./${model.identifier}.js` }: GenerateOptions,
  generator: string,
): CompanionModule[] {
  const subjectOf = (suffix: CompanionModule["suffix"]): CompanionSubject => {
    const from = inComment(model.file);
    const beside = apart?.companions.get(suffix);
    if (apart === undefined || beside === undefined) return { from, types: model.types };
    const names: GivenNames = beside.names;
    const shared = { types: apart.model.shared ?? [], names, specifier: withSuffix(apart.from, suffix) };
    return { from, types: apart.model.types, shared };
  };
  const companions: CompanionModule[] = [];
  if (zod) companions.push({ suffix: "zod", code: emitZod(subjectOf("zod"), generator, specifier).code });
  if (toJson !== false) {
    const { code } = emitJson(subjectOf("json"), formsOf(toJson), generator, specifier);
    companions.push({ suffix: "json", code });
  }
  return companions;
}

/** What goes beside the module of shared types. JSON only where all that want it want the same of it: others have their own. */
function companionsOfShared(
  modules: readonly SharingModule[],
  subject: CompanionSubject,
  generator: string,
): Map<CompanionModule["suffix"], PrintedCompanion> {
  const found = new Map<CompanionModule["suffix"], PrintedCompanion>();
  const specifier = modules[0]?.typesFrom.replace(/^.*\//s, "./") ?? "";
  if (modules.some(({ options }) => options?.zod === true)) found.set("zod", emitZod(subject, generator, specifier));
  const forms = modules.flatMap(({ options: { toJson = false } = {} }) => (toJson === false ? [] : [formsOf(toJson)]));
  const [first, ...others] = forms;
  if (first !== undefined && others.every(({ bigints, bytes }) => bigints === first.bigints && bytes === first.bytes))
    found.set("json", emitJson(subject, first, generator, specifier));
  return found;
}

function formsOf(toJson: true | JsonForms): Required<JsonForms> {
  const { bigints = "string", bytes = "base64" } = toJson === true ? {} : toJson;
  return { bigints, bytes };
}

/** `./types.js` → `./types.zod.js` */
function withSuffix(specifier: string, suffix: string): string {
  return specifier.replace(/(?=\.[cm]?[jt]s$|$)/, `.${suffix}`);
}

function contentOf(bytes: Uint8Array, target: string | undefined, embed: Embed): EmbeddedContent {
  if (embed === "none") return { kind: "none" };
  if (embed === "inline") {
    return { kind: "inline", base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
  }
  return { kind: "file", file: target === undefined ? embed.file : withTarget(embed.file, target) };
}

/** `prog.bpf.o` → `prog.arm64.bpf.o` */
function withTarget(file: string, target: string): string {
  const [, stem = file, extension = ""] = /^(.+?)((?:\.bpf)?\.[^.]*)$/.exec(file) ?? [];
  return `${stem}.${target}${extension}`;
}

import { createHash } from "node:crypto";
import { CollectionSpec } from "bpf-loader/spec";
import { emitModule } from "./emit/module.ts";
import { buildModel } from "./model/build.ts";
import type { ObjectModel } from "./model/object-model.ts";
import { version } from "./version.ts";

/** What the object does not say itself. */
export interface GenerateOptions {
  /** The object file's name, which the generated text shows; folders in it are left out. Default `"object.o"`. */
  readonly file?: string | undefined;
  /** Name of the exported object. Default: the file's name without its extension, in camel case. */
  readonly name?: string | undefined;
  /** C types to emit besides those that maps and variables use: `"event"`, `"struct event"`. */
  readonly types?: readonly string[] | undefined;
  /** C types of the records of ring buffers, by the map's name, where the object does not declare them or otherwise. */
  readonly events?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
}

/** What {@link generate} makes. */
export interface Generated {
  /** A TypeScript module. The same object and options always give the same text. */
  readonly code: string;
  /** What could not be said in TypeScript and became bytes, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * TypeScript bindings for a compiled eBPF object: its types with codecs, and the object, ready to load.
 *
 * @param object the file's bytes: ELF with BTF, as `clang -target bpf -g` makes it
 * @throws BpfError from `bpf-loader`: ERR_BPF_OBJECT_FORMAT for a file that is no such object, ERR_BPF_NOT_FOUND for a type or
 *   map in the options that it does not have, ERR_BPF_INVALID_ARGUMENT for a name that is not an identifier.
 * @example
 * import { generate } from "bpf-codegen";
 * const { code, warnings } = generate(await readFile("counter.bpf.o"), { file: "counter.bpf.o" });
 */
export function generate(object: Uint8Array, options: GenerateOptions = {}): Generated {
  const model = describe(object, options);
  const embedded = {
    size: object.length,
    sha256: createHash("sha256").update(object).digest("hex"),
    base64: Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString("base64"),
  };
  return { code: emitModule(model, embedded, `bpf-codegen ${version}`), warnings: model.warnings };
}

/**
 * The names and types that {@link generate} prints, as plain data.
 *
 * @throws BpfError as {@link generate} does.
 */
export function describe(object: Uint8Array, options: GenerateOptions = {}): ObjectModel {
  const { file = "object.o", name, types, events = {} } = options;
  return buildModel(CollectionSpec.parse(object, name ?? file), {
    file: file.replace(/^.*[/\\]/s, ""),
    name,
    types,
    events: events instanceof Map ? events : new Map(Object.entries(events)),
  });
}

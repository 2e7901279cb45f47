import type { JsonForms } from "./emit/json.ts";

/** What `bpf-codegen.config.ts` (or `.js`, or `.json`) says: which modules to write, and how. Paths are from its folder. */
export interface Config extends CompilerConfig {
  /** For editors; not read. */
  readonly $schema?: string | undefined;
  /** The modules to write: at least one. What they don't say themselves is said here for all of them. */
  readonly modules: readonly ModuleConfig[];
  /**
   * The file for types that several of the modules define alike: these import them from it, and export them as their own. What is
   * beside the modules for these types, schemas and functions that make JSON, is beside this file. Default: none, each module has
   * its own.
   */
  readonly types?: string | undefined;
  /** How modules import one another: `"js"`, as compilers want it, or `"ts"`, for type stripping. Default `"js"`. */
  readonly importExtension?: ImportExtension | undefined;
  /** See {@link ModuleConfig.zod}. */
  readonly zod?: boolean | undefined;
  /** See {@link ModuleConfig.toJson}. */
  readonly toJson?: boolean | JsonForms | undefined;
  /** See {@link ModuleConfig.embed}. */
  readonly embed?: Embedding | undefined;
}

/** One module. */
export interface ModuleConfig extends CompilerConfig {
  /** A compiled object, or a source `….c` to compile. */
  readonly input: string;
  /** The file to write. */
  readonly output: string;
  /** Name of the exported object. Default: the input's name without its extension, in camel case. */
  readonly name?: string | undefined;
  /** C types to emit besides those that maps and variables use: `"event"`, `"struct event"`. */
  readonly types?: readonly string[] | undefined;
  /** C types of the records of ring buffers, by the map's name. */
  readonly events?: Readonly<Record<string, string>> | undefined;
  /** What values are, where that is not what their C type makes them. */
  readonly values?: readonly ValueRule[] | undefined;
  /** Types of the kernel, each with the members that are of use; see {@link btf}. */
  readonly kernelTypes?: readonly KernelTypes[] | undefined;
  /** The kernel's BTF, or an ELF file that has it. Default `/sys/kernel/btf/vmlinux`: the kernel that generates. */
  readonly btf?: string | undefined;
  /** Unions of which another member of their struct says which member is meant. */
  readonly tags?: readonly TagRule[] | undefined;
  /** Also write zod schemas of the types, beside the module: `prog.zod.ts`. Default false. */
  readonly zod?: boolean | undefined;
  /** Also write functions that make JSON of values, beside the module: `prog.json.ts`. Default false. */
  readonly toJson?: boolean | JsonForms | undefined;
  /** Where the module has its object from. Default `"inline"`. */
  readonly embed?: Embedding | undefined;
  /** Bindings to a part of an object that somebody else loads: `bind()` in place of `load()`, and nothing embedded. Default false. */
  readonly library?: boolean | undefined;
}

/**
 * What values of a type, or at a place, are: `{ type: "ktime_t", as: "Nanoseconds" }`, `{ field: "event.port", as: "Be16" }`. One for a
 * place counts before one for a type, and before what a declaration tag says there.
 */
export interface ValueRule {
  /** Name of a C type: a typedef, a struct, an integer. */
  readonly type?: string | undefined;
  /** `struct.member`, `map.key`, `map.value`, or the name of a variable. */
  readonly field?: string | undefined;
  /**
   * - `number`, `bigint`: of integers of 64 bits, which are `bigint` by themselves. A number is checked when it is read and written.
   * - `string`, `bytes`: of `char[N]`, a string by itself; `bytes` of any other type, too.
   * - `Nanoseconds`, `Pid`, `Ifindex`: a number of that name, which does not take one of another.
   * - `Be16`, `Be32`, `Be64`: the number that is meant by an integer in network byte order.
   * - `Ipv4`, `Ipv6`, `Mac`: an address as text.
   * - any other name with a capital: a brand of your own, exported by the module.
   */
  readonly as: string;
}

/**
 * A union as one of its members, with the tag that says which: `{ union: "event.data", by: "kind" }`. In C the union's declaration can say
 * it itself, with `__attribute__((btf_decl_tag("ts:by=kind")))`.
 */
export interface TagRule {
  /** `struct.member`; the name of the struct when the union in it is anonymous. */
  readonly union: string;
  /** The member of the struct that is the tag: an enum or an integer. */
  readonly by: string;
  /**
   * The members of the union by constants of the enum, or by numbers: `{ EVENT_EXEC: "exec", "7": "exit" }`. Default: what
   * `btf_decl_tag("ts:case=EVENT_EXEC")` at the members says, or the constant that a member's name is the end of.
   */
  readonly cases?: Readonly<Record<string, string>> | undefined;
  /** What an anonymous union is called. Default `data`. */
  readonly as?: string | undefined;
}

/**
 * A type of the kernel: `{ type: "task_struct", fields: ["pid", "comm", "se.vruntime"] }`. The module gets an interface with these fields,
 * and a codec that reads them where this kernel has them: for bytes from that kernel only.
 */
export interface KernelTypes {
  /** A struct or union, or a typedef of one. */
  readonly type: string;
  /** Its members, and those of structs in it behind a dot. */
  readonly fields: readonly string[];
}

/** How sources are compiled. */
export interface CompilerConfig {
  /** The compiler's command, in words: `["ccache", "clang-19"]`. Default: the clang that is found. */
  readonly compiler?: readonly string[] | undefined;
  /** Arguments for the compiler: `["-Iinclude", "-DDEBUG"]`. It runs in the configuration's folder. */
  readonly flags?: readonly string[] | undefined;
  /**
   * What to compile for: `bpfel`, `bpfeb`, an architecture as `process.arch` has it, or `native`. The module chooses among several
   * when it runs. Default `["bpfel"]`: every little-endian machine.
   */
  readonly targets?: readonly string[] | undefined;
}

/** Extension of generated modules in the imports of others. */
export type ImportExtension = "js" | "ts";

/** `inline`: in the module as base64. `file`: a file beside it. `none`: whoever uses the module has it. */
export type Embedding = "inline" | "file" | "none";

/**
 * Gives its argument back, so that an editor knows what belongs there.
 *
 * @example
 * // bpf-codegen.config.ts
 * import { defineConfig } from "bpf-codegen";
 * export default defineConfig({ modules: [{ input: "src/prog.bpf.c", output: "src/prog.ts" }] });
 */
export function defineConfig(config: Config): Config {
  return config;
}

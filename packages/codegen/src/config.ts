/** What `bpf-codegen.config.ts` (or `.js`, or `.json`) says: which modules to write, and how. Paths are from its folder. */
export interface Config extends CompilerConfig {
  /** For editors; not read. */
  readonly $schema?: string | undefined;
  /** The modules to write: at least one. What they don't say themselves is said here for all of them. */
  readonly modules: readonly ModuleConfig[];
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
  /** Where the module has its object from. Default `"inline"`. */
  readonly embed?: Embedding | undefined;
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

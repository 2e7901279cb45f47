/** What `bpf-codegen.config.ts` (or `.js`, or `.json`) says: which modules to write, and how. */
export interface Config {
  /** For editors; not read. */
  readonly $schema?: string | undefined;
  /** The modules to write: at least one. */
  readonly modules: readonly ModuleConfig[];
}

/** One module. */
export interface ModuleConfig {
  /** The compiled object, from the configuration's folder. */
  readonly input: string;
  /** The file to write, from the configuration's folder. */
  readonly output: string;
  /** Name of the exported object. Default: the input's name without its extension, in camel case. */
  readonly name?: string | undefined;
  /** C types to emit besides those that maps and variables use: `"event"`, `"struct event"`. */
  readonly types?: readonly string[] | undefined;
  /** C types of the records of ring buffers, by the map's name. */
  readonly events?: Readonly<Record<string, string>> | undefined;
}

/**
 * Gives its argument back, so that an editor knows what belongs there.
 *
 * @example
 * // bpf-codegen.config.ts
 * import { defineConfig } from "bpf-codegen";
 * export default defineConfig({ modules: [{ input: "build/prog.bpf.o", output: "src/prog.ts" }] });
 */
export function defineConfig(config: Config): Config {
  return config;
}

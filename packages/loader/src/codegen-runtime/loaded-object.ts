import { BpfError, quoteName } from "../errors/index.ts";
import { StructOpsMap } from "../maps/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { attachAll, closeAll } from "./attached-links.ts";
import type { AttachedLinks } from "./attached-links.ts";
import type { LiveVariables } from "./bpf-object.ts";

/** What loading gave, by the names of the generated module. */
export interface LoadedParts {
  /** `undefined` for one that the load went on without. */
  readonly programs: Readonly<Record<string, Program | undefined>>;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly constants: LiveVariables;
  readonly variables: LiveVariables;
  /** By the names in C. */
  readonly skipped: ReadonlyMap<string, BpfError>;
  close(): void;
}

/** What is not there, by the names of the generated module. */
export interface MissingNames {
  /** Programs that the options said not to load. */
  readonly programs: readonly string[];
  /** Maps that the options said not to create. */
  readonly maps: readonly string[];
  /** Programs that may be missing, by their names in C. */
  readonly optional: ReadonlyMap<string, string>;
}

/** `Objects` without its types. */
export class LoadedObject implements Disposable {
  readonly programs: Readonly<Record<string, Program | undefined>>;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly variables: Record<string, unknown>;
  readonly skipped: ReadonlyMap<string, BpfError>;
  readonly #parts: LoadedParts;
  readonly #links = new Set<AttachedLinks>();

  constructor(parts: LoadedParts, missing: MissingNames) {
    this.skipped = new Map(Array.from(parts.skipped, ([name, reason]) => [missing.optional.get(name) ?? name, reason]));
    this.programs = withRefusals("program", parts.programs, missing.programs, this.skipped);
    this.maps = withRefusals("map", parts.maps, missing.maps);
    this.constants = valuesOf(parts.constants, false);
    this.variables = valuesOf(parts.variables, true);
    this.#parts = parts;
  }

  attach(): AttachedLinks {
    const structures = Object.values(this.#parts.maps).filter((map) => map instanceof StructOpsMap);
    const loaded = Object.values(this.#parts.programs).filter((program) => program !== undefined);
    const links = attachAll(loaded, structures);
    this.#links.add(links);
    return links;
  }

  close(): void {
    closeAll([...this.#links, this.#parts]);
    this.#links.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** An object with an accessor for each variable. */
function valuesOf(variables: LiveVariables, writable: boolean): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables))
    Object.defineProperty(values, name, {
      enumerable: true,
      get: () => variable.get(),
      ...(writable ? { set: (value: unknown) => variable.set(value) } : {}),
    });
  return Object.preventExtensions(values);
}

/** The types say that these are there, so that asking for one says why it is not. */
function withRefusals<T>(
  kind: "program" | "map",
  parts: Readonly<Record<string, T>>,
  leftOut: readonly string[],
  skipped: ReadonlyMap<string, BpfError> = new Map(),
): Readonly<Record<string, T>> {
  if (leftOut.length === 0 && skipped.size === 0) return parts;
  const all: Record<string, T> = { ...parts };
  const refuse = (name: string, error: () => BpfError): void => {
    Object.defineProperty(all, name, {
      get: () => {
        throw error();
      },
      enumerable: false,
    });
  };
  const [title, done] = [`${kind} `, kind === "program" ? "loaded" : "created"];
  for (const name of leftOut) {
    const problem = `was not ${done}: the options said ${kind}s: { ${name}: false }`;
    refuse(name, () => new BpfError("ERR_BPF_NOT_FOUND", `${title}${quoteName(name)} ${problem}`));
  }
  for (const [name, cause] of skipped) {
    refuse(
      name,
      () => new BpfError(cause.code, `${title}${quoteName(name)} was not loaded: ${cause.message}`, { cause }),
    );
  }
  return all;
}

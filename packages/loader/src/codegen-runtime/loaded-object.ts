import { BpfError, quoteName } from "../errors/index.ts";
import { StructOpsMap } from "../maps/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { attachAll, closeAll } from "./attached-links.ts";
import type { AttachedLinks } from "./attached-links.ts";
import type { LiveVariables } from "./bpf-object.ts";

/** What loading gave, by the names of the generated module. */
export interface LoadedParts {
  readonly programs: Readonly<Record<string, Program>>;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly constants: LiveVariables;
  readonly variables: LiveVariables;
  close(): void;
}

/** `Objects` without its types. */
export class LoadedObject implements Disposable {
  readonly programs: Readonly<Record<string, Program>>;
  readonly maps: Readonly<Record<string, BpfMap>>;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly variables: Record<string, unknown>;
  readonly #parts: LoadedParts;
  readonly #links = new Set<AttachedLinks>();

  /** @param leftOut programs that the options said not to load, by name in the generated module */
  constructor(parts: LoadedParts, leftOut: readonly string[]) {
    this.programs = leftOut.length === 0 ? parts.programs : withRefusals(parts.programs, leftOut);
    this.maps = parts.maps;
    this.constants = valuesOf(parts.constants, false);
    this.variables = valuesOf(parts.variables, true);
    this.#parts = parts;
  }

  attach(): AttachedLinks {
    const structures = Object.values(this.#parts.maps).filter((map) => map instanceof StructOpsMap);
    const links = attachAll(Object.values(this.#parts.programs), structures);
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

/** The types say that these programs are there, so that asking for one says why it is not. */
function withRefusals(
  programs: Readonly<Record<string, Program>>,
  leftOut: readonly string[],
): Readonly<Record<string, Program>> {
  const all: Record<string, Program> = { ...programs };
  for (const name of leftOut)
    Object.defineProperty(all, name, {
      get: () => {
        const option = `programs: { ${name}: false }`;
        throw new BpfError(
          "ERR_BPF_NOT_FOUND",
          `program ${quoteName(name)} was not loaded: the options said ${option}`,
        );
      },
    });
  return all;
}

import { BpfError, quoteName } from "../errors/index.ts";
import type { BpfMap, StructOpsMap, Variable } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { MapType } from "../uapi/map-type.ts";
import { attachAll, closeAll } from "./attached-links.ts";
import type { AttachedLinks } from "./attached-links.ts";
import type { LiveVariables } from "./bpf-object.ts";
import { LoadedStructure } from "./structures.ts";
import type { AnyStructure } from "./structures.ts";

/** What loading gave, by the names of the generated module. */
export interface LoadedParts {
  /** `undefined` for one that the load went on without. */
  readonly programs: Readonly<Record<string, Program | undefined>>;
  /** `undefined` as of programs. */
  readonly maps: Readonly<Record<string, BpfMap | undefined>>;
  readonly constants: LiveVariables;
  readonly variables: LiveVariables;
  /** By the names in C. */
  readonly skipped: ReadonlyMap<string, BpfError>;
  close(): void;
}

/** `Objects` without its types. */
export class LoadedObject implements Disposable {
  readonly programs: Readonly<Record<string, Program | undefined>>;
  readonly maps: Readonly<Record<string, BpfMap | undefined>>;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly variables: Record<string, unknown>;
  readonly structOps: Readonly<Record<string, LoadedStructure | undefined>>;
  readonly skipped: ReadonlyMap<string, BpfError>;
  readonly #parts: LoadedParts;
  readonly #links = new Set<AttachedLinks>();

  /**
   * @param names in the generated module of programs and maps that may be missing, by those in C
   * @param structOps what the module says of structures of functions
   */
  constructor(
    parts: LoadedParts,
    names: ReadonlyMap<string, string>,
    structOps: Readonly<Record<string, AnyStructure>> = {},
  ) {
    this.skipped = new Map(Array.from(parts.skipped, ([name, reason]) => [names.get(name) ?? name, reason]));
    this.programs = parts.programs;
    this.maps = parts.maps;
    this.constants = valuesOf(parts.constants, false);
    this.variables = valuesOf(parts.variables, true);
    this.structOps = Object.fromEntries(
      Object.entries(structOps).map(([name, structure]) => {
        const map = parts.maps[name];
        return [
          name,
          map !== undefined && isStructOps(map) ? new LoadedStructure(map, structure, parts.programs) : undefined,
        ];
      }),
    );
    this.#parts = parts;
  }

  /** What an object was made of. */
  static parts(object: LoadedObject): LoadedParts {
    return object.#parts;
  }

  attach(): AttachedLinks {
    const structures = Object.values(this.#parts.maps).filter((map) => map !== undefined && isStructOps(map));
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

/** By its type: its class is part of the loader, which bindings don't bring along. */
function isStructOps(map: BpfMap): map is StructOpsMap {
  return map.type === MapType.STRUCT_OPS;
}

/** An object with an accessor for each variable. */
function valuesOf(variables: LiveVariables, writable: boolean): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const there = (): Variable<unknown> => variable ?? missingVariable(name);
    Object.defineProperty(values, name, {
      enumerable: variable !== undefined,
      get: () => there().get(),
      ...(writable ? { set: (value: unknown) => there().set(value) } : {}),
    });
  }
  return Object.preventExtensions(values);
}

/** @throws BpfError for a variable of an optional map that is missing. */
function missingVariable(name: string): never {
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `variable ${quoteName(name)} is in a map that was not created, since this kernel lacks what it needs: \`skipped\` has the reason`,
  );
}

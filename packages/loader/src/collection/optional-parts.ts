import { BpfError, MissingCapabilityError, NotSupportedError, quoteName } from "../errors/index.ts";
import type { CollectionSpec, MapSpec, ProgramSpec } from "../spec/index.ts";
import type { LoadOptions } from "./load-options.ts";
import type { Selection } from "./selection.ts";

/**
 * Names of the programs that a load may do without.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a name that the object lacks.
 */
export function optionalPrograms({ programs }: CollectionSpec, options: LoadOptions): ReadonlySet<string> {
  return optional("optionalPrograms", "program", options.optionalPrograms, programs);
}

/**
 * Names of the maps that a load may do without.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a name that the object lacks.
 */
export function optionalMaps({ maps }: CollectionSpec, options: LoadOptions): ReadonlySet<string> {
  return optional("optionalMaps", "map", options.optionalMaps, maps);
}

function optional(
  option: string,
  kind: string,
  names: readonly string[] | "all" | undefined = [],
  known: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  if (names === "all") return new Set(known.keys());
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `option ${option}: the object has no ${kind} ${unknown.map(quoteName).join(", ")}`,
    );
  }
  return new Set(names);
}

/** Names of the programs of a load that refer to a map, or that it is the structure of. */
export function programsThatUse(map: string, { programs, maps }: Selection): readonly string[] {
  const functions = maps.get(map)?.structOps?.functions.map(({ name }) => name) ?? [];
  const refersToMap = (program: ProgramSpec): boolean =>
    program.functions.some(({ references }) =>
      references.some(({ kind, name }) => (kind === "map" || kind === "mapValue") && name === map),
    );
  return [...programs]
    .filter(([name, program]) => functions.includes(name) || refersToMap(program))
    .map(([name]) => name);
}

/**
 * Whether a program did not load for something that this kernel lacks: a type of program, map or attachment, a function, tracepoint,
 * field or helper. What is wrong with the program itself, or with the request, is no reason to do without it.
 */
export function isLackForProgram(error: unknown): error is BpfError {
  if (!(error instanceof BpfError)) return false;
  return (
    isLack(error) ||
    error.code === "ERR_BPF_NOT_FOUND" ||
    (error instanceof MissingCapabilityError && error.missing === "lockdown") ||
    isLackForProgram(error.cause)
  );
}

/**
 * Whether a map was not created for something that this kernel lacks: its type, a flag, a structure of functions, a setting. That it is
 * defined wrong, can't be pinned or may not be created is no reason to do without it.
 */
export function isLackForMap(error: unknown, { section }: MapSpec): error is BpfError {
  if (!(error instanceof BpfError)) return false;
  return isLack(error) || (section?.kind === "kconfig" && error.code === "ERR_BPF_NOT_FOUND");
}

function isLack(error: BpfError): boolean {
  return error instanceof NotSupportedError || error.cause instanceof NotSupportedError;
}

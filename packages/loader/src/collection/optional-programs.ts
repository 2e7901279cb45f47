import { BpfError, MissingCapabilityError, NotSupportedError, quoteName } from "../errors/index.ts";
import type { CollectionSpec, ProgramSpec } from "../spec/index.ts";
import type { LoadOptions } from "./load-options.ts";
import type { Selection } from "./selection.ts";

/**
 * Names of the programs that a load may do without.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a name that the object lacks.
 */
export function optionalPrograms(
  spec: CollectionSpec,
  { optionalPrograms: names = [] }: LoadOptions,
): ReadonlySet<string> {
  if (names === "all") return new Set(spec.programs.keys());
  const unknown = names.filter((name) => !spec.programs.has(name));
  if (unknown.length > 0) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `option optionalPrograms: the object has no program ${unknown.map(quoteName).join(", ")}`,
    );
  }
  return new Set(names);
}

/** Names of the programs of a load that can't do without a map: that refer to it, or that it is the structure of. */
export function programsThatNeed(map: string, { programs, maps }: Selection): readonly string[] {
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
 * Whether a program or map did not load for something that this kernel lacks: a type of program, map or attachment, a function, tracepoint, field or
 * helper. What is wrong with the program itself, or with the request, is no reason to do without it.
 */
export function isLackOfKernel(error: unknown): error is BpfError {
  if (!(error instanceof BpfError)) return false;
  return (
    error instanceof NotSupportedError ||
    error.cause instanceof NotSupportedError ||
    error.code === "ERR_BPF_NOT_FOUND" ||
    (error instanceof MissingCapabilityError && error.missing === "lockdown")
  );
}

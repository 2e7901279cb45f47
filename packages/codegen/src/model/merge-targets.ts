import { BpfError } from "bpf-loader/errors";
import type { ByteOrder, ObjectModel, VariableModel } from "./object-model.ts";

/** A model, and what its object was compiled for. */
export interface TargetModel {
  readonly target: string;
  readonly model: ObjectModel;
}

/**
 * One model for objects that one source was compiled to. They must define the same; the number of instructions, and the order of
 * bytes, may differ.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` naming the first difference.
 */
export function mergeTargets([first, ...others]: readonly [TargetModel, ...TargetModel[]]): ObjectModel {
  for (const other of others) {
    const where = firstDifference(first.model, other.model, "");
    if (where === undefined) continue;
    const targets = `${first.target} and ${other.target}`;
    const hint = "write a module for each";
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `the objects for ${targets} are not the same in ${where}; ${hint}`);
  }
  const orders = new Set([first, ...others].map(({ model }) => model.byteOrder));
  const byteOrder: ByteOrder = orders.size === 1 ? first.model.byteOrder : "host";
  const warnings = [...new Set([first, ...others].flatMap(({ model }) => model.warnings))];
  const models = others.map(({ model }) => model);
  const { constants, variables } = first.model;
  return {
    ...first.model,
    byteOrder,
    warnings,
    constants: withCommonValues(
      constants,
      models.map((model) => model.constants),
    ),
    variables: withCommonValues(
      variables,
      models.map((model) => model.variables),
    ),
  };
}

/** An initial value is said where all targets have it: a source can choose by the machine. */
function withCommonValues(
  variables: readonly VariableModel[],
  others: readonly (readonly VariableModel[])[],
): readonly VariableModel[] {
  return variables.map((variable, index) => {
    const isCommon = others.every((other) => other[index]?.initial === variable.initial);
    return isCommon ? variable : { ...variable, initial: undefined };
  });
}

/** What may differ, or is merged. */
const ignored: ReadonlySet<string> = new Set(["byteOrder", "instructions", "initial", "warnings"]);

/** Path of the first place in which two models differ: `types "Event", fields "pid", size`. */
function firstDifference(left: unknown, right: unknown, path: string): string | undefined {
  if (Object.is(left, right)) return undefined;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return path;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) {
    if (ignored.has(key)) continue;
    // Plain data: both are objects or arrays of the model.
    const [a, b] = [(left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]];
    const found = firstDifference(a, b, step(path, key, a ?? b));
    if (found !== undefined) return found;
  }
  return undefined;
}

function step(path: string, key: string, value: unknown): string {
  if (!/^\d+$/.test(key)) return path === "" ? key : `${path}, ${key}`;
  const named = typeof value === "object" && value !== null ? value : {};
  const name = "identifier" in named ? named.identifier : "property" in named ? named.property : Number(key) + 1;
  return `${path} ${JSON.stringify(name)}`;
}

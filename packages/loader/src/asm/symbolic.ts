import type { Reference } from "./function.ts";
import { hex } from "./formats/format.ts";
import type { PrintStyle } from "./formats/index.ts";
import { helperName } from "./helper.ts";
import type { CallKernelInstruction, Instruction, LoadWideInstruction } from "./instruction.ts";
import { printInstruction } from "./print.ts";
import { printable } from "./printable.ts";
import type { VariableIndex } from "./variable-index.ts";

/** Names for the numbers in instructions; whatever is left out stays a number. */
export interface Names {
  /** Of a map, by its descriptor, or its id in what the kernel tells of a loaded program. */
  map?(number: number): string | undefined;
  /**
   * Of a helper: by its number, or in what the kernel tells of a loaded program by where it is, in bytes from `__bpf_call_base`.
   * Asked before the numbers of helpers are looked up.
   */
  helper?(number: number): string | undefined;
  /** Of a kernel function, by its type; `module` is 0 for one of vmlinux. */
  kernelFunction?(typeId: number, module: number): string | undefined;
  /** Of a kernel variable, by its type; `module` is 0 for one of vmlinux. */
  kernelVariable?(typeId: number, module: number): string | undefined;
}

/** What names come from. */
export interface NameSources {
  readonly names: Names;
  readonly variables: VariableIndex;
}

/** As {@link printInstruction}, with names where there are any: of references, helper and kernel functions, and maps. */
export function printSymbolic(
  instruction: Instruction,
  reference: Reference | undefined,
  { names, variables }: NameSources,
  style: Partial<PrintStyle>,
): string {
  switch (instruction.kind) {
    case "loadWide":
      return `${instruction.destination} = ${printWide(instruction, reference, names, variables)} ll`;
    case "callHelper": {
      if (reference !== undefined) return `call ${printable(reference.name)}`;
      const name = names.helper?.(instruction.helper) ?? helperName(instruction.helper);
      return name === undefined ? printInstruction(instruction) : `call ${printable(name)}#${instruction.helper}`;
    }
    case "callKernel":
      return printKernelCall(instruction, reference, names);
    case "callFunction":
      // In what is not linked, this may stand for kernel functions too.
      return reference === undefined ? printInstruction(instruction) : `call ${printable(reference.name)}`;
    default:
      return printInstruction(instruction, style);
  }
}

function printKernelCall(
  { typeId, module }: CallKernelInstruction,
  reference: Reference | undefined,
  names: Names,
): string {
  if (reference !== undefined) return `call ${printable(reference.name)}`;
  const name = names.kernelFunction?.(typeId, module);
  const number = module === 0 ? `${typeId}` : `${typeId}@${module}`;
  return `call ${printable(name ?? "kernel function")}#${number}`;
}

/** How references are called that are a name only. */
const KINDS: Readonly<Record<Exclude<Reference["kind"], "mapValue">, string>> = {
  map: "map",
  call: "function",
  functionPointer: "function",
  kfunc: "kernel",
  ksym: "kernel",
  jumpTable: "table",
  symbol: "symbol",
};

function printWide(
  instruction: LoadWideInstruction,
  reference: Reference | undefined,
  names: Names,
  variables: VariableIndex,
): string {
  if (reference !== undefined) {
    if (reference.kind === "mapValue") return printMapValue(reference.name, reference.offset, variables);
    return `${KINDS[reference.kind]}[${printable(reference.name)}]`;
  }
  const { meaning, value } = instruction;
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(value >> 32n);
  switch (meaning) {
    case "number":
      return hex(BigInt.asIntN(64, value));
    case "map":
      return printMap(low, names);
    case "mapValue":
      return `${printMap(low, names)}[0] + ${hex(high)}`;
    case "mapIndex":
      return `map[index ${low}]`;
    case "mapIndexValue":
      return `map[index ${low}][0] + ${hex(high)}`;
    case "kernelVariable":
      return `kernel[${printable(names.kernelVariable?.(low, high) ?? `#${low}`)}]`;
    case "function":
      return "function";
  }
}

/** The variable at that place, or else the place. */
function printMapValue(map: string, offset: number, variables: VariableIndex): string {
  const variable = variables.at(map, offset);
  if (variable === undefined) return `map[${printable(map)}][0] + ${hex(offset)}`;
  const inside = offset - variable.offset;
  return `variable[${printable(variable.name)}]${inside === 0 ? "" : ` + ${hex(inside)}`}`;
}

function printMap(number: number, names: Names): string {
  return `map[${printable(names.map?.(number) ?? `#${number}`)}]`;
}

import type { Reference } from "./function.ts";
import { hex } from "./formats/format.ts";
import type { PrintStyle } from "./formats/index.ts";
import { helperName } from "./helper.ts";
import type { CallKernelInstruction, Instruction, LoadWideInstruction } from "./instruction.ts";
import { printInstruction } from "./print.ts";
import { printable } from "./printable.ts";

/** Finds names for the numbers in instructions; whatever is left out stays a number. */
export interface Names {
  /** Of a map, by its descriptor, or its id in what the kernel tells of a loaded program. */
  map?(number: number): string | undefined;
  /** Of a kernel function, by its type; `module` is 0 for one of vmlinux. */
  kernelFunction?(typeId: number, module: number): string | undefined;
  /** Of a kernel variable, by its type; `module` is 0 for one of vmlinux. */
  kernelVariable?(typeId: number, module: number): string | undefined;
}

/** As {@link printInstruction}, with names where there are any: of references, helper and kernel functions, and maps. */
export function printSymbolic(
  instruction: Instruction,
  reference: Reference | undefined,
  names: Names,
  style: Partial<PrintStyle>,
): string {
  switch (instruction.kind) {
    case "loadWide":
      return `${instruction.destination} = ${printWide(instruction, reference, names)} ll`;
    case "callHelper": {
      if (reference !== undefined) return `call ${printable(reference.name)}`;
      const name = helperName(instruction.helper);
      return name === undefined ? printInstruction(instruction) : `call ${name}#${instruction.helper}`;
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

/** How references are called; the values are `name` with an offset. */
const KINDS: Readonly<Record<Reference["kind"], string>> = {
  map: "map",
  mapValue: "map",
  call: "function",
  functionPointer: "function",
  kfunc: "kernel",
  ksym: "kernel",
  symbol: "symbol",
};

function printWide(instruction: LoadWideInstruction, reference: Reference | undefined, names: Names): string {
  if (reference !== undefined) {
    const name = `${KINDS[reference.kind]}[${printable(reference.name)}]`;
    return reference.kind === "mapValue" ? `${name}[0] + ${hex(reference.offset)}` : name;
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

function printMap(number: number, names: Names): string {
  return `map[${printable(names.map?.(number) ?? `#${number}`)}]`;
}

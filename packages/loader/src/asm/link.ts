import type { CoreRelocation } from "../btf/core-relocation.ts";
import type { TypeId } from "../btf/types.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { moveReference, SLOT_BYTES } from "./function.ts";
import type { FunctionSpec, LineInfo, Reference } from "./function.ts";
import { Instructions } from "./instructions.ts";
import { lineAt } from "./line-info.ts";
import { setFunctionCall, setFunctionPointer } from "./patch.ts";

/** Where a function starts in a linked program. */
export interface LinkedFunction {
  readonly slot: number;
  /** Its BTF function; 0 = none. */
  readonly typeId: TypeId;
  readonly name: string;
}

/** Functions as one program, as the kernel takes it. All slots count from the start of the program. */
export interface LinkedProgram {
  /** A copy, in the object's byte order. */
  readonly code: Uint8Array;
  /** What is still to be filled in; calls and pointers of the program's own functions are done. */
  readonly references: readonly Reference[];
  readonly coreRelocations: readonly CoreRelocation[];
  /** In order; the first is the program's entry. */
  readonly functions: readonly LinkedFunction[];
  readonly lines: readonly LineInfo[];
}

/**
 * Puts functions one after the other and connects their calls and function pointers. The first is the program's entry.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when one calls a function that isn't among them.
 */
export function linkFunctions(functions: readonly FunctionSpec[], littleEndian: boolean): LinkedProgram {
  const starts = new Map<string, number>();
  let size = 0;
  for (const { name, code } of functions) {
    if (!starts.has(name)) starts.set(name, size / SLOT_BYTES);
    size += code.length;
  }

  const code = new Uint8Array(size);
  const instructions = new Instructions(code, littleEndian);
  const linked = {
    code,
    references: [] as Reference[],
    coreRelocations: [] as CoreRelocation[],
    functions: [] as LinkedFunction[],
    lines: [] as LineInfo[],
  };
  let start = 0;
  for (const spec of functions) {
    code.set(spec.code, start * SLOT_BYTES);
    linked.functions.push({ slot: start, typeId: spec.typeId, name: spec.name });
    for (const relocation of spec.coreRelocations) {
      linked.coreRelocations.push({ ...relocation, slot: start + relocation.slot });
    }
    for (const line of spec.lines) linked.lines.push(lineAt(line, start + line.slot));
    for (const reference of spec.references) {
      const moved = moveReference(reference, start);
      if (!connect(instructions, moved, starts, spec.name)) linked.references.push(moved);
    }
    start += spec.code.length / SLOT_BYTES;
  }
  return linked;
}

/** Returns false for a reference to something that isn't a function of the program. */
function connect(
  instructions: Instructions,
  reference: Reference,
  starts: ReadonlyMap<string, number>,
  from: string,
): boolean {
  if (reference.kind !== "call" && reference.kind !== "functionPointer") return false;
  const target = starts.get(reference.name);
  if (target === undefined) {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `function ${quoteName(from)} refers to function ${quoteName(reference.name)}, which isn't part of the program`,
    );
  }
  if (reference.kind === "call") setFunctionCall(instructions, reference.slot, target);
  else setFunctionPointer(instructions, reference.slot, target);
  return true;
}

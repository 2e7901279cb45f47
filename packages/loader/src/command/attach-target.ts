import type { Btf } from "../btf/index.ts";
import { BpfError } from "../errors/index.ts";
import { btfById, type ProgramInfo } from "../info/index.ts";
import { ifAllowed } from "./allowed.ts";

const read = new Map<number, Btf | undefined>();

/**
 * The function, tracepoint or structure that a program was loaded for: `"vfs_read"`. `undefined` when there is none, its BTF is gone,
 * or this user may not read that.
 */
export function attachTargetOf({ attachBtfObjId = 0, attachBtfId = 0 }: ProgramInfo): string | undefined {
  if (attachBtfObjId === 0 || attachBtfId === 0) return undefined;
  if (!read.has(attachBtfObjId))
    read.set(
      attachBtfObjId,
      ifAllowed(() => btfIfThere(attachBtfObjId)),
    );
  return read.get(attachBtfObjId)?.typeName(attachBtfId);
}

function btfIfThere(id: number): Btf | undefined {
  try {
    return btfById(id);
  } catch (error) {
    if (error instanceof BpfError && error.code === "ERR_BPF_NOT_FOUND") return undefined;
    throw error;
  }
}

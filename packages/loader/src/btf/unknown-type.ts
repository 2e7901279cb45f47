import type { Btf } from "./btf.ts";
import type { TypeId } from "./types.ts";

/** As deep as arrays may nest. */
const MAX_DEPTH = 128;

/**
 * Whether BTF does not say what a member is: clang writes `void` for types that it has no kind for, `_Atomic int` and arrays of it
 * among them. Such a member has a name and a place, and takes the bytes up to the next one.
 */
export function isUnknownType(btf: Btf, id: TypeId): boolean {
  let current = btf.resolveId(id);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if (current === 0) return true;
    if (btf.kind(current) !== "array") return false;
    current = btf.resolveId(btf.word(current, 3));
  }
  return false;
}

/** Bytes that a member of unknown type may take; `next` is the offset in bits of the member behind it, if there is one. */
export function unknownBytes(
  owner: { readonly kind: "struct" | "union"; readonly size: number },
  bitOffset: number,
  next: number | undefined,
): number {
  const size = owner.size * 8;
  const end = owner.kind === "union" || next === undefined ? size : Math.min(next, size);
  return Math.max(0, Math.floor((end - bitOffset) / 8));
}

import type { Btf, TypeId } from "bpf-loader/btf";
import { codecFromBtf } from "bpf-loader/codec";

/** Longest string that a comment shows. */
const LONGEST_SHOWN = 40;

/** A value in an object's bytes, as C would write it; `undefined` for one that is not there, or has many parts, or is long. */
export function shownValue(btf: Btf, typeId: TypeId, content: Uint8Array, offset: number): string | undefined {
  if (offset + btf.sizeOf(typeId) > content.length) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const value = codecFromBtf(btf, typeId).read(view, offset);
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "string":
      return value.length <= LONGEST_SHOWN ? JSON.stringify(value) : undefined;
    default:
      return undefined;
  }
}

import { BpfError } from "../errors/index.ts";

/** Copies bytes. For keys of ordinary size a loop is faster than making a subarray. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  if (length <= 64) for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i] ?? 0;
  else to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}

/** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` unless `target` has exactly as many bytes as a value. `what` names the map. */
export function checkTarget(target: Uint8Array, wanted: number, what: string): void {
  if (target.length === wanted) return;
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${what}: the target has ${target.length} bytes, a value ${wanted}`);
}

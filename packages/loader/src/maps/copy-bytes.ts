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

import type { ByteRange } from "./header.ts";

const MACHINE_IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * A range of bytes as 32-bit numbers of the given byte order: a view where byte order and alignment allow it, else a
 * copy. The range is inside of `bytes`; what is left over at its end is left out.
 */
export function wordsOf(bytes: Uint8Array, range: ByteRange, littleEndian: boolean): Uint32Array {
  const { start } = range;
  const count = Math.floor(range.length / 4);
  const offset = bytes.byteOffset + start;
  const sameOrder = littleEndian === MACHINE_IS_LITTLE_ENDIAN;
  if (sameOrder && offset % 4 === 0) return new Uint32Array(bytes.buffer, offset, count);

  const words = new Uint32Array(count);
  const copy = new Uint8Array(words.buffer);
  copy.set(bytes.subarray(start, start + count * 4));
  if (!sameOrder) {
    const view = new DataView(words.buffer);
    for (let index = 0; index < count; index++) words[index] = view.getUint32(index * 4, littleEndian);
  }
  return words;
}

import { Btf } from "../../packages/loader/src/btf/index.ts";

/** A little-endian BTF blob of types in words, and strings. */
export function blobOf(types: readonly number[], strings: string): Btf {
  const stringBytes = new TextEncoder().encode(strings);
  const typeBytes = types.length * 4;
  const header = [0x0001eb9f, 24, 0, typeBytes, typeBytes, stringBytes.length];
  const bytes = new Uint8Array(24 + typeBytes + stringBytes.length);
  const view = new DataView(bytes.buffer);
  [...header, ...types].forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  bytes.set(stringBytes, 24 + typeBytes);
  return Btf.parse(bytes);
}

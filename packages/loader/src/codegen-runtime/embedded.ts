/**
 * How generated modules get at the bytes of their objects.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { endianness } from "node:os";
import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";

/** Whether this machine is little endian: what modules for both byte orders read by. */
export const littleEndian: boolean = /* @__PURE__ */ endianness() === "LE";

/** The codec for this machine's byte order. */
export function hostOrder<T>(little: Codec<T>, big: Codec<T>): Codec<T> {
  return littleEndian ? little : big;
}

/**
 * Chooses among objects that were compiled for several targets: that of this architecture (`process.arch`), else that of its byte
 * order (`bpfel`, `bpfeb`).
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none for this machine
 */
export function forThisMachine(objects: Readonly<Record<string, () => Uint8Array>>): Uint8Array {
  const make = objects[process.arch] ?? objects[littleEndian ? "bpfel" : "bpfeb"];
  if (make !== undefined) return make();
  const there = Object.keys(objects).join(", ");
  const what = `the object was compiled for ${there}, and this machine is ${process.arch}`;
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `${what}; generate it with --target ${there.replaceAll(" ", "")},${process.arch}`,
  );
}

/**
 * The object file beside a generated module.
 *
 * @param sha256 in hexadecimal: of the file that the module was generated from
 * @throws BpfError `ERR_BPF_NOT_FOUND` when it can't be read, `ERR_BPF_INVALID_ARGUMENT` when it is another
 */
export function objectFile(url: URL, sha256: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(url);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new BpfError("ERR_BPF_NOT_FOUND", `the object file of this module can't be read: ${problem}`, {
      cause: error,
    });
  }
  // Few modules need it: loading it costs milliseconds.
  const { createHash } = process.getBuiltinModule("node:crypto");
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) {
    const name = quoteName(decodeURIComponent(url.pathname));
    const problem = `object file ${name} is not the one that its module was generated from; run bpf-codegen again`;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", problem);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

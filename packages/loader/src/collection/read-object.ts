import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { LoadableSpec } from "./loadable-spec.ts";

/**
 * Reads an object file. No system call of BPF is made, and the result is the same on every machine.
 *
 * @throws ObjectFormatError when it is not a BPF object (its `cause` has the section and offset).
 * @throws BpfError `ERR_BPF_NOT_FOUND` when it can't be read, naming the path.
 */
export function loadCollectionSpec(path: string | URL): LoadableSpec {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const bytes = read(file);
  try {
    // The kernel shows the object's name in those of its data sections: "counter.bss".
    return LoadableSpec.parse(bytes, basename(file).replace(/(?:\.bpf)?\.(?:o|elf)$/, ""));
  } catch (cause) {
    if (!(cause instanceof ObjectFormatError)) throw cause;
    throw new ObjectFormatError(`${quoteName(file)}: ${cause.message}`, {}, { cause });
  }
}

/**
 * Reads an object file that is in memory; the bytes must not change as long as the result is used. `name` is for messages and for
 * the names of data sections in the kernel.
 *
 * @throws ObjectFormatError when it is not a BPF object.
 */
export function loadCollectionSpecFromBytes(bytes: Uint8Array, name?: string): LoadableSpec {
  return LoadableSpec.parse(bytes, name);
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["EISDIR", "it is a directory"],
  ["EACCES", "there is no permission to read it"],
  ["ENOTDIR", "a part of its path is no directory"],
  ["ELOOP", "its symbolic links go round in circles"],
]);

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason = reasons.get(code) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new BpfError("ERR_BPF_NOT_FOUND", `object file ${quoteName(file)} can't be read: ${reason}`, { cause });
  }
}

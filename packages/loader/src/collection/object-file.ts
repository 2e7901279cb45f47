import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";

/**
 * Reads a file and has `parse` make something of it, by the name that the kernel shows in those of its data sections:
 * `"counter"`, for `"counter.bss"`.
 *
 * @throws ObjectFormatError naming the file, with that of `parse` as its cause.
 * @throws BpfError `ERR_BPF_NOT_FOUND` when it can't be read.
 */
export function parseObjectFile<T>(path: string | URL, parse: (bytes: Uint8Array, name: string) => T): T {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const bytes = read(file);
  try {
    return parse(bytes, basename(file).replace(/(?:\.bpf)?\.(?:o|elf)$/, ""));
  } catch (cause) {
    if (!(cause instanceof ObjectFormatError)) throw cause;
    throw new ObjectFormatError(`${quoteName(file)}: ${cause.message}`, {}, { cause });
  }
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

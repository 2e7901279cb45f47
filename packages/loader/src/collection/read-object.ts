import { LoadableSpec } from "./loadable-spec.ts";
import { parseObjectFile } from "./object-file.ts";

/**
 * Reads an object file. No system call of BPF is made, and the result is the same on every machine.
 *
 * @throws ObjectFormatError when it is not a BPF object (its `cause` has the section and offset).
 * @throws BpfError `ERR_BPF_NOT_FOUND` when it can't be read, naming the path.
 */
export function loadCollectionSpec(path: string | URL): LoadableSpec {
  return parseObjectFile(path, (bytes, name) => LoadableSpec.parse(bytes, name));
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

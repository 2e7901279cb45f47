import { join } from "node:path";
import { quoteName } from "../errors/index.ts";
import { pinDescriptor } from "../links/index.ts";
import { Errno, explainSyscall, FileDescriptor, objectPath, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** Where libbpf pins maps, and every distribution mounts a bpf file system. */
const DEFAULT_PIN_PATH = "/sys/fs/bpf";

/** A map that is shared by its name in a bpf file system. */
export interface PinnedMap {
  readonly descriptor: FileDescriptor;
  /** Path of the pin that was made; `undefined` when the map was there before. */
  readonly created: string | undefined;
}

/**
 * Opens the map that is pinned by this name, or creates and pins one.
 *
 * @throws BpfError when there is no bpf file system, or the pin is none of a map.
 */
export function openOrPin(name: string, pinPath: string | undefined, create: () => FileDescriptor): PinnedMap {
  const path = join(pinPath ?? DEFAULT_PIN_PATH, name);
  const what = `map ${quoteName(name)}`;
  const present = open(path, what);
  if (present !== undefined) return { descriptor: present, created: undefined };
  const descriptor = create();
  try {
    return { descriptor, created: pinDescriptor(descriptor.value, path, what) };
  } catch (error) {
    descriptor.close();
    // Somebody else may have been faster.
    const other = open(path, what);
    if (other !== undefined) return { descriptor: other, created: undefined };
    throw error;
  }
}

function open(path: string, what: string): FileDescriptor | undefined {
  const result = tryBpf(Command.OBJ_GET, objectPath, { pathname: path });
  if (result === -Errno.ENOENT) return undefined;
  if (result < 0) throw explainSyscall(result, "BPF_OBJ_GET", `${what} at ${quoteName(path)}`);
  return new FileDescriptor(result, what);
}

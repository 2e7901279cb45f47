import { BpfError, quoteName } from "../errors/index.ts";
import { pinDescriptor, tryOpenPin } from "../links/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { MapFlag } from "../uapi/index.ts";

/** What a map is opened for; both when neither is said. */
export interface MapAccess {
  /** The map can't be changed through this object: EPERM. Since Linux 4.15. */
  readonly readOnly?: boolean;
  /** The map can't be read through this object: EPERM. Since Linux 4.15. */
  readonly writeOnly?: boolean;
}

/**
 * The bits of `MapFlag` for it.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for both
 */
export function accessFlags({ readOnly = false, writeOnly = false }: MapAccess): number {
  if (readOnly && writeOnly) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "a map can't be opened readOnly and writeOnly: leave one out");
  }
  return (readOnly ? MapFlag.RDONLY : 0) | (writeOnly ? MapFlag.WRONLY : 0);
}

/** A map that is shared by its name in a bpf file system. */
export interface PinnedMap {
  readonly descriptor: FileDescriptor;
  /** Path of the pin that was made; `undefined` when the map was there before. */
  readonly created: string | undefined;
}

/**
 * Opens the map that is pinned at `path`, or creates and pins one.
 *
 * @throws BpfError when there is no bpf file system, or the pin is none of a map.
 */
export function openOrPin(name: string, path: string, create: () => FileDescriptor): PinnedMap {
  const what = `map ${quoteName(name)}`;
  const present = tryOpenPin(path, "map", what);
  if (present !== undefined) return { descriptor: present, created: undefined };
  const descriptor = create();
  try {
    return { descriptor, created: pinDescriptor(descriptor.value, path, what) };
  } catch (error) {
    descriptor.close();
    // Somebody else may have been faster.
    const other = tryOpenPin(path, "map", what);
    if (other !== undefined) return { descriptor: other, created: undefined };
    throw error;
  }
}

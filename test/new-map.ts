import type { TestContext } from "vitest";
import { BpfError } from "../packages/loader/src/errors/index.ts";
import { bpf, FileDescriptor, mapCreate } from "../packages/loader/src/sys/index.ts";
import type { MapType } from "../packages/loader/src/uapi/index.ts";
import { Command, mapTypeName } from "../packages/loader/src/uapi/index.ts";

/** Sizes in bytes; `flags` are bits of `MapFlag`. */
export interface NewMap {
  readonly key?: number;
  readonly value?: number;
  readonly entries: number;
  readonly flags?: number;
  /** Descriptor of a map like those that a map of maps is to hold. */
  readonly inner?: number;
}

/** A new map of the kernel, without an object. */
export function newMap(type: MapType, { key = 0, value = 0, entries, flags = 0, inner }: NewMap): FileDescriptor {
  const fd = bpf(
    Command.MAP_CREATE,
    mapCreate,
    {
      mapType: type,
      keySize: key,
      valueSize: value,
      maxEntries: entries,
      mapFlags: flags,
      innerMapFd: inner,
      mapName: "test",
    },
    "map for a test",
  );
  return new FileDescriptor(fd, "map for a test");
}

/** {@link newMap}; where the kernel does not make such a map, the test is skipped with the reason. */
export function newMapOrSkip(context: TestContext, type: MapType, map: NewMap): FileDescriptor {
  try {
    return newMap(type, map);
  } catch (error) {
    if (error instanceof BpfError) context.skip(`this kernel makes no ${mapTypeName(type)}: ${error.message}`);
    throw error;
  }
}

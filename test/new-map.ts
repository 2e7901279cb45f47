import { bpf, FileDescriptor, mapCreate } from "../packages/loader/src/sys/index.ts";
import type { MapType } from "../packages/loader/src/uapi/index.ts";
import { Command } from "../packages/loader/src/uapi/index.ts";

/** Sizes in bytes; `flags` are bits of `MapFlag`. */
export interface NewMap {
  readonly key?: number;
  readonly value?: number;
  readonly entries: number;
  readonly flags?: number;
}

/** A new map of the kernel, without an object. */
export function newMap(type: MapType, { key = 0, value = 0, entries, flags = 0 }: NewMap): FileDescriptor {
  const fd = bpf(
    Command.MAP_CREATE,
    mapCreate,
    { mapType: type, keySize: key, valueSize: value, maxEntries: entries, mapFlags: flags, mapName: "test" },
    "map for a test",
  );
  return new FileDescriptor(fd, "map for a test");
}

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BpfError } from "../errors/index.ts";
import { mounts } from "../links/mounts.ts";
import { openAnyPin } from "../links/pin.ts";
import { readBtfInfo } from "./btf-object.ts";
import { readLinkInfo } from "./link-info.ts";
import { readMapInfo } from "./map-info.ts";
import type { NumberedKind } from "./object-by-id.ts";
import { readProgramInfo } from "./program-info.ts";

/** What has a name in a bpf file system. */
export interface PinnedObject {
  /** Where it is: opened by `openPinned()`, or `openPinnedMap()`, `Program.fromPin()`, `openPinnedLink()`. */
  readonly path: string;
  readonly kind: NumberedKind;
  /** Undefined for maps and programs before Linux 4.13. */
  readonly id: number | undefined;
}

/**
 * What is pinned in a directory and those below it; without one, in all bpf file systems that this process sees. Directories and pins
 * that it may not open are left out, and so are the files of iterators.
 */
export function pinnedObjects(directory?: string): readonly PinnedObject[] {
  const mounted = mounts().flatMap(({ path, type }) => (type === "bpf" ? [path] : []));
  const roots = directory === undefined ? new Set(mounted) : [directory];
  return [...roots].flatMap(filesIn).flatMap((path) => {
    const object = pinnedAt(path);
    return object === undefined ? [] : [object];
  });
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function pinnedAt(path: string): PinnedObject | undefined {
  let pin: ReturnType<typeof openAnyPin>;
  try {
    pin = openAnyPin(path);
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
  const { kind, descriptor } = pin;
  try {
    return { path, kind, id: idOf(kind, descriptor.value, descriptor.what) };
  } finally {
    descriptor.close();
  }
}

function idOf(kind: NumberedKind, fd: number, what: string): number | undefined {
  switch (kind) {
    case "map":
      return readMapInfo(fd, what).id;
    case "program":
      return readProgramInfo(fd, what).id;
    case "link":
      return readLinkInfo(fd, what).id;
    case "btf":
      return readBtfInfo(fd, what).id;
  }
}

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readLinkInfo } from "../info/link-info.ts";
import { readMapInfo } from "../info/map-info.ts";
import type { NumberedKind } from "../info/object-by-id.ts";
import { readProgramInfo } from "../info/program-info.ts";
import { mounts } from "../links/mounts.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { openPinned } from "./objects.ts";

/** Where an object is pinned, in the bpf file systems that this process sees. Those that it may not look into are left out. */
export function pinsOf(kind: Exclude<NumberedKind, "btf">, id: number | undefined): readonly string[] {
  const roots = new Set(mounts().flatMap(({ path, type }) => (type === "bpf" ? [path] : [])));
  return [...roots].flatMap(filesIn).filter((path) => id !== undefined && isPinOf(path, kind, id));
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

function isPinOf(path: string, kind: NumberedKind, id: number): boolean {
  let pinned: ReturnType<typeof openPinned>;
  try {
    pinned = openPinned(path);
  } catch {
    return false; // the files of iterators are in there, too, and what others forbid to open
  }
  try {
    return pinned.kind === kind && idOf(kind, pinned.descriptor) === id;
  } finally {
    pinned.descriptor.close();
  }
}

function idOf(kind: NumberedKind, { value, what }: FileDescriptor): number | undefined {
  if (kind === "map") return readMapInfo(value, what).id;
  if (kind === "program") return readProgramInfo(value, what).id;
  return readLinkInfo(value, what).id;
}

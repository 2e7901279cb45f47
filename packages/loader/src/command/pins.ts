import { pinnedObjects } from "../info/index.ts";
import type { NumberedKind } from "../info/object-by-id.ts";

/** Where an object is pinned, in the bpf file systems that this process sees. Those that it may not look into are left out. */
export function pinsOf(kind: NumberedKind, id: number | undefined): readonly string[] {
  if (id === undefined) return [];
  return pinnedObjects().flatMap((pinned) => (pinned.kind === kind && pinned.id === id ? [pinned.path] : []));
}

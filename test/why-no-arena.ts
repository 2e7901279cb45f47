import { MapFlag, MapType } from "bpf-loader/uapi";
import { newMap } from "./new-map.ts";

/** Why there are no arenas here; `undefined` when there are. */
export function whyNoArena(): string | undefined {
  try {
    newMap(MapType.ARENA, { entries: 1, flags: MapFlag.MMAPABLE }).close();
    return undefined;
  } catch (error) {
    return `the kernel has no arenas, which came with Linux 6.9: ${String(error)}`;
  }
}

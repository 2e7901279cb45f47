import { MapType } from "../uapi/index.ts";
import type { MapHandle } from "./map-handle.ts";

/**
 * How all entries of a map are come by while it changes.
 *
 * - `byBucket`: hash maps. A look-up of many goes on at a number of a bucket, so that each entry comes once whatever happens
 *   meanwhile (__htab_map_lookup_and_delete_batch). Key by key, the next one is found by one that a look-up says is still there.
 * - `byIndex`: arrays. Keys are never gone.
 * - `atOnce`: all others, whose walk starts again from the first key when the last one is gone, and whose look-up may answer for
 *   another key (LPM tries). They are read in one go before the first entry is handed out.
 */
export type WalkOrder = "byBucket" | "byIndex" | "atOnce";

const orders: ReadonlyMap<MapType, WalkOrder> = new Map<MapType, WalkOrder>([
  [MapType.HASH, "byBucket"],
  [MapType.PERCPU_HASH, "byBucket"],
  [MapType.LRU_HASH, "byBucket"],
  [MapType.LRU_PERCPU_HASH, "byBucket"],
  [MapType.HASH_OF_MAPS, "byBucket"],
  [MapType.ARRAY, "byIndex"],
  [MapType.PERCPU_ARRAY, "byIndex"],
  [MapType.PROG_ARRAY, "byIndex"],
  [MapType.PERF_EVENT_ARRAY, "byIndex"],
  [MapType.CGROUP_ARRAY, "byIndex"],
  [MapType.ARRAY_OF_MAPS, "byIndex"],
  [MapType.DEVMAP, "byIndex"],
  [MapType.CPUMAP, "byIndex"],
  [MapType.XSKMAP, "byIndex"],
  [MapType.SOCKMAP, "byIndex"],
  [MapType.REUSEPORT_SOCKARRAY, "byIndex"],
]);

/** What is walked. */
export interface WalkedMap {
  /** Asked again for every call, so that a map closed meanwhile is noticed. */
  readonly handle: MapHandle;
  readonly order: WalkOrder;
  /** Bytes. */
  readonly keySize: number;
  readonly maxEntries: number;
}

/** The order for a kind of map. */
export function walkOrder(type: MapType): WalkOrder {
  return orders.get(type) ?? "atOnce";
}

/**
 * Tags of maps: what the fields of a generated object say about each map, and the functions that make them.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import {
  arrayMapTag,
  hashMapTag,
  MapTag,
  perCpuArrayMapTag,
  perCpuHashMapTag,
  ringBufTag,
} from "../collection/index.ts";
import type { ArrayMap, HashMap, PerCpuArrayMap, PerCpuHashMap, PlainMap, RingBuf } from "../maps/index.ts";

/** A hash map, plain or LRU. */
export type HashMapTag<K, V> = MapTag<HashMap<K, V>>;
/** An array. */
export type ArrayMapTag<V> = MapTag<ArrayMap<V>>;
/** A hash map with a value for each CPU, plain or LRU. */
export type PerCpuHashMapTag<K, V> = MapTag<PerCpuHashMap<K, V>>;
/** An array with a value for each CPU. */
export type PerCpuArrayMapTag<V> = MapTag<PerCpuArrayMap<V>>;
/** A ring buffer; `T` is a record. */
export type RingBufTag<T> = MapTag<RingBuf<T>>;
/** A map of any other kind. */
export type PlainMapTag = MapTag<PlainMap>;

/** `BPF_MAP_TYPE_HASH`, `BPF_MAP_TYPE_LRU_HASH`. */
export const hashMap: <K, V>(name: string, key: Codec<K>, value: Codec<V>) => HashMapTag<K, V> = hashMapTag;
/** `BPF_MAP_TYPE_ARRAY`. */
export const arrayMap: <V>(name: string, value: Codec<V>) => ArrayMapTag<V> = arrayMapTag;
/** `BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`. */
export const perCpuHashMap: <K, V>(name: string, key: Codec<K>, value: Codec<V>) => PerCpuHashMapTag<K, V> =
  perCpuHashMapTag;
/** `BPF_MAP_TYPE_PERCPU_ARRAY`. */
export const perCpuArrayMap: <V>(name: string, value: Codec<V>) => PerCpuArrayMapTag<V> = perCpuArrayMapTag;
/** `BPF_MAP_TYPE_RINGBUF`; without a codec its records are bytes. */
export const ringBuf: <T = Uint8Array>(name: string, record?: Codec<T>) => RingBufTag<T> = ringBufTag;

/** Every other kind of map. */
export function plainMap(name: string): PlainMapTag {
  return new MapTag(name);
}

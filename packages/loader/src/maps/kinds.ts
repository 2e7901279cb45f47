import type { Codec } from "../codec/index.ts";
import { RingBuf } from "../events/ring-buf.ts";
import { mapInfo, objectInfo } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import { ArenaMap } from "./arena-map.ts";
import { ArrayMap } from "./array-map.ts";
import type { BpfMap, OpenedMap } from "./bpf-map.ts";
import { HashMap } from "./hash-map.ts";
import { PerCpuArrayMap } from "./per-cpu-array-map.ts";
import { PerCpuHashMap } from "./per-cpu-hash-map.ts";
import { PlainMap } from "./plain-map.ts";

/** Which class a kind of map has. A kind that is not here is a {@link PlainMap}. */
export const mapKinds: ReadonlyMap<MapType, new (opened: OpenedMap) => BpfMap> = new Map<
  MapType,
  new (opened: OpenedMap) => BpfMap
>([
  [MapType.HASH, HashMap],
  [MapType.LRU_HASH, HashMap],
  [MapType.ARRAY, ArrayMap],
  [MapType.PERCPU_HASH, PerCpuHashMap],
  [MapType.LRU_PERCPU_HASH, PerCpuHashMap],
  [MapType.PERCPU_ARRAY, PerCpuArrayMap],
  [MapType.RINGBUF, RingBuf],
  [MapType.ARENA, ArenaMap],
]);

/** What is known of a map that the kernel doesn't tell. */
export interface OpenMapOptions {
  /** Name for messages; the kernel's own, cut to 15 bytes, when not given. */
  readonly name?: string;
  /** Codec of the keys; bytes when not given. */
  readonly key?: Codec<unknown> | undefined;
  /** Codec of the values, of one CPU's value for per-CPU maps, of the records of a ring buffer; bytes when not given. */
  readonly value?: Codec<unknown> | undefined;
}

/**
 * A map with the interface of its kind, from its descriptor. The object owns the descriptor then; when this throws, the
 * caller still does.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a codec's size is not what the kernel has
 */
export function openMap(fd: FileDescriptor, options: OpenMapOptions = {}): BpfMap {
  const { info } = objectInfo(fd.value, mapInfo, fd.what);
  const Class = mapKinds.get(info.type) ?? PlainMap;
  return new Class({
    fd,
    name: options.name ?? info.name,
    type: info.type,
    id: info.id,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: info.mapFlags,
    key: options.key,
    value: options.value,
  });
}

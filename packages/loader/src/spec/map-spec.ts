import type { TypeId } from "../btf/types.ts";
import type { MapType } from "../uapi/map-type.ts";

/** What kind of section a map's initial content comes from. */
export type DataSectionKind = "data" | "rodata" | "bss" | "kconfig";

/** A map's content as the object gives it: the bytes of a data section. */
export interface DataSection {
  readonly kind: DataSectionKind;
  /** The one value's bytes, in the object's byte order; `.bss` is zeros. */
  content: Uint8Array;
}

/** One entry of a program array or map-in-map that the object fills statically. */
export interface StaticSlot {
  readonly index: number;
  /** Name of the program or map. */
  readonly name: string;
}

/** What is needed to create a map. Plain data, freely edited before loading. */
export interface MapSpec {
  name: string;
  type: MapType;
  /** Bytes. */
  keySize: number;
  /** Bytes. */
  valueSize: number;
  /** Entries; bytes for ring buffers. */
  maxEntries: number;
  /** Bits of `MapFlag`. */
  flags: number;
  pinning: "none" | "byName";
  /** Used when `flags` has `NUMA_NODE`. */
  numaNode: number;
  /** Meaning depends on the kind of map. Since Linux 5.16. */
  mapExtra: bigint;
  /** Type of a key in the collection's BTF; 0 = not known. */
  keyTypeId: TypeId;
  /** Type of a value (or of a ring buffer's record, when declared) in the collection's BTF; 0 = not known. */
  valueTypeId: TypeId;
  /** BTF declaration tags of the definition. */
  tags: string[];
  /** Template of the inner maps of a map-in-map. */
  innerMap: MapSpec | undefined;
  /** Static content of a program array or map-in-map. */
  slots: StaticSlot[];
  /** Bytes of a legacy definition after the five known fields; a map with a non-zero one can't be created. */
  extra: Uint8Array;
  /** Present when the map is a data section. */
  section: DataSection | undefined;
}

import type { TypeId } from "../btf/types.ts";
import type { MapType } from "../uapi/map-type.ts";
import { copyDataSection } from "./section-content.ts";
import type { DataSection } from "./section-content.ts";

/** A function pointer in the initial value of a struct_ops map. */
export interface StructOpsFunction {
  /** Bytes from the start of the value. */
  readonly offset: number;
  /** Name of the program. */
  readonly name: string;
}

/** What a struct_ops map implements. Since Linux 5.6. */
export interface StructOps {
  /** The struct in the collection's BTF: `struct tcp_congestion_ops`. */
  readonly typeId: TypeId;
  /** The value as the object gives it, function pointers zero, laid out as the object's BTF says. */
  content: Uint8Array;
  functions: StructOpsFunction[];
}

/** One entry of a program array or map-in-map that the object fills statically. */
export interface StaticSlot {
  readonly index: number;
  /** Name of the program or map. */
  readonly name: string;
}

/** What is needed to create a map. Plain data, freely edited before loading. */
export interface MapSpec {
  /** In full; the kernel keeps 15 characters. */
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
  /** `byName`: shared by its pin, in the directory that the load's `pinPath` says. */
  pinning: "none" | "byName";
  /**
   * False for structures in sections that start with `?`: not created unless it is asked for by name. Programs that refer to a map which
   * is not created load where the verifier finds the use dead.
   */
  autocreate: boolean;
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
  /** Present when the map is a data section, or an arena with global variables. */
  section: DataSection | undefined;
  /** Present when the type is STRUCT_OPS. */
  structOps: StructOps | undefined;
}

/** A map of which nothing but the name and type is known. */
export function newMapSpec(name: string, type: MapType): MapSpec {
  return {
    name,
    type,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    pinning: "none",
    autocreate: true,
    numaNode: 0,
    mapExtra: 0n,
    keyTypeId: 0,
    valueTypeId: 0,
    tags: [],
    innerMap: undefined,
    slots: [],
    extra: new Uint8Array(0),
    section: undefined,
    structOps: undefined,
  };
}

/** A copy that shares nothing with the original. */
export function copyMapSpec(map: MapSpec): MapSpec {
  return {
    ...map,
    tags: [...map.tags],
    innerMap: map.innerMap === undefined ? undefined : copyMapSpec(map.innerMap),
    slots: map.slots.map((slot) => ({ ...slot })),
    extra: Uint8Array.from(map.extra),
    section: map.section === undefined ? undefined : copyDataSection(map.section),
    structOps:
      map.structOps === undefined
        ? undefined
        : {
            ...map.structOps,
            content: Uint8Array.from(map.structOps.content),
            functions: map.structOps.functions.map((entry) => ({ ...entry })),
          },
  };
}

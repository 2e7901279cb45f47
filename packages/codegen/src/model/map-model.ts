import type { TypeId } from "bpf-loader/btf";
import type { TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { MapSpec } from "bpf-loader/spec";
import { MapFlag, MapType, mapTypeName } from "bpf-loader/uapi";
import type { MapKind, MapModel, MapSideModel } from "./object-model.ts";
import { valueModel } from "./type-models.ts";
import type { TypeTable } from "./type-table.ts";

const kinds: ReadonlyMap<number, MapKind> = new Map<number, MapKind>([
  [MapType.HASH, "hash"],
  [MapType.LRU_HASH, "hash"],
  [MapType.ARRAY, "array"],
  [MapType.PERCPU_HASH, "perCpuHash"],
  [MapType.LRU_PERCPU_HASH, "perCpuHash"],
  [MapType.PERCPU_ARRAY, "perCpuArray"],
  [MapType.RINGBUF, "ringBuf"],
]);

/** Class of the live map. */
export function mapKind(map: MapSpec): MapKind {
  return kinds.get(map.type) ?? "plain";
}

/** A map whose types are in the table; its model can be made when these have names. */
export interface PendingMap {
  readonly spec: MapSpec;
  readonly make: (property: string) => MapModel;
}

/** @param eventType type of a ring buffer's records, in place of the declared one */
export function mapModel(table: TypeTable, spec: MapSpec, eventType: TypeId | undefined): PendingMap {
  const kind = mapKind(spec);
  const key = addSide(table, spec.name, "key", spec.keyTypeId, spec.keySize);
  const value = addSide(table, spec.name, "value", eventType ?? spec.valueTypeId, spec.valueSize);
  // Users of a map-in-map meet the inner maps' types when they open one.
  if (spec.innerMap !== undefined) mapModel(table, { ...spec.innerMap, innerMap: undefined }, undefined);
  return {
    spec,
    make: (property) => ({
      property,
      cName: spec.name,
      kind,
      typeName: mapTypeName(spec.type),
      maxEntries: spec.maxEntries,
      flags: flagNames(spec.flags),
      pinned: spec.pinning === "byName",
      key: sideModel(table, key),
      value: sideModel(table, value),
    }),
  };
}

/** Key or value: its shape, or only how many bytes it has. */
interface Side {
  readonly shape: TypeShape | undefined;
  readonly size: number;
}

function addSide(table: TypeTable, map: string, side: "key" | "value", typeId: TypeId, size: number): Side {
  if (typeId === 0) return { shape: undefined, size };
  return { shape: table.add(typeId, `${map}_${side}`, `${side} of map ${quoteName(map)}`), size };
}

function sideModel(table: TypeTable, { shape, size }: Side): MapSideModel | undefined {
  const declaration = shape?.typeName ?? "";
  // A ring buffer's record has a type and no size.
  if (shape !== undefined && shape.kind !== "opaque") return { declaration, value: valueModel(table, shape) };
  if (size === 0) return undefined;
  const cName = shape?.typeName ?? `unsigned char[${size}]`;
  return { declaration, value: { kind: "bytes", size, align: shape?.align ?? 1, cName } };
}

function flagNames(flags: number): string[] {
  const names: string[] = [];
  let rest = flags;
  for (const [name, bit] of Object.entries(MapFlag)) {
    if ((flags & bit) === 0) continue;
    names.push(`BPF_F_${name}`);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names;
}

import type { TypeId } from "bpf-loader/btf";
import type { TypeShape } from "bpf-loader/codec";
import { quoteName } from "bpf-loader/errors";
import type { MapSpec } from "bpf-loader/spec";
import { MapFlag, mapTypeName } from "bpf-loader/uapi";
import { hasRecords, hasValues, mapKindOf } from "./map-kinds.ts";
import type { MapModel, MapSideModel } from "./object-model.ts";
import { structOpsModel } from "./struct-ops-model.ts";
import { valueModel } from "./type-models.ts";
import type { TypeTable } from "./type-table.ts";
import type { TypeUses } from "./type-uses.ts";
import type { Rule } from "./value-rules.ts";

/** A map whose types are in the table; its model can be made when these have names. */
export interface PendingMap {
  readonly spec: MapSpec;
  readonly make: (property: string) => MapModel;
}

/** @param eventType type of the records of a ring buffer or perf event array, in place of the declared one */
export function mapModel(uses: TypeUses, spec: MapSpec, eventType: TypeId | undefined): PendingMap {
  const { table } = uses;
  const kind = mapKindOf(spec.type);
  // A perf event array may be defined by the size of its descriptors, which says nothing about its records.
  const hasOtherValues = kind === "perfEventArray" && spec.valueSize !== 0;
  const valueType = hasOtherValues || !hasValues(kind) ? 0 : spec.valueTypeId;
  const valueSize = hasRecords(kind) ? 0 : spec.valueSize;
  const key = addSide(uses, spec.name, "key", spec.keyTypeId, spec.keySize);
  const value = addSide(uses, spec.name, "value", eventType ?? valueType, valueSize);
  // Users of a map-in-map meet the inner maps' types when they open one.
  const structOps = spec.structOps === undefined ? undefined : structOpsModel(uses, spec, spec.structOps);
  const inner = spec.innerMap === undefined ? undefined : mapModel(uses, spec.innerMap, undefined);
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
      autocreate: spec.autocreate,
      key: sideModel(table, key),
      value: sideModel(table, value),
      inner: inner?.make(""),
      structOps: structOps?.(),
    }),
  };
}

/** Key or value: its shape, or only how many bytes it has. */
interface Side {
  readonly shape: TypeShape | undefined;
  readonly rule: Rule | undefined;
  readonly size: number;
}

function addSide(uses: TypeUses, map: string, side: "key" | "value", typeId: TypeId, size: number): Side {
  if (typeId === 0) return { shape: undefined, rule: undefined, size };
  const rule = uses.table.rules.ofPlace(`${map}.${side}`);
  return { shape: uses.add(typeId, `${map}_${side}`, () => `${side} of map ${quoteName(map)}`, rule), rule, size };
}

function sideModel(table: TypeTable, { shape, rule, size }: Side): MapSideModel | undefined {
  const declaration = shape?.typeName ?? "";
  // A ring buffer's record has a type and no size.
  if (shape !== undefined && shape.kind !== "opaque") return { declaration, value: valueModel(table, shape, rule) };
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

/**
 * What a compiled object defines, as plain data: collections, maps, programs, variables. Needs no kernel and runs anywhere.
 *
 * @module
 */
export { CollectionSpec } from "./collection-spec.ts";
export type { CollectionParts } from "./collection-spec.ts";
export type { DataSection, DataSectionKind } from "./section-content.ts";
export { copyMapSpec, newMapSpec } from "./map-spec.ts";
export type { MapSpec, StaticSlot, StructOps, StructOpsFunction } from "./map-spec.ts";
export type { ProgramSpec } from "./program-spec.ts";
export { minCoreBtf } from "./min-core-btf.ts";
export { parseSectionName } from "./section-name.ts";
export type { SectionName } from "./section-name.ts";
export { sectionTable } from "./section-table.ts";
export type { AttachKind, SectionRule } from "./section-table.ts";
export type { KconfigSpec, VariableSpec } from "./variable-spec.ts";

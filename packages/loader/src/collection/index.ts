/**
 * Loading: from a spec to live maps, programs and variables.
 *
 * @module
 */
export { assign, loadAndAssign, loadAndAssignSync } from "./assign.ts";
export { Collection } from "./collection.ts";
export { checkMapCompatible } from "./compatible-map.ts";
export { ebpf } from "./ebpf.ts";
export type { AnyFieldDecorator, Ebpf, FieldDecorator, LiveOf, OptionalProgramTag } from "./ebpf.ts";
export { loadCollection, loadCollectionSync } from "./load-collection.ts";
export type { CollectionOptions } from "./load-collection.ts";
export type { Abortable, Choice, LoadOptions, VerifierLogOptions } from "./load-options.ts";
export { LoadableSpec } from "./loadable-spec.ts";
export { mapTags } from "./map-tags.ts";
export type { MapTags } from "./map-tags.ts";
export { openPinned } from "./open-pinned.ts";
export { loadCollectionSpec, loadCollectionSpecFromBytes } from "./read-object.ts";
export { MapTag, ProgramTag, VariableTag } from "./tag.ts";
export type { AnyMapTag, AnyProgramTag, AnyVariableTag, ProgramTagOptions, Tag, TagOptions } from "./tag.ts";
export type { Assigned, AssignedSpecs, Owned, SpecOf, TagTree } from "./target.ts";

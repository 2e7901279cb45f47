/**
 * BTF: the types of an object or a kernel, and what depends on them. Format: the kernel's Documentation/bpf/btf.rst.
 *
 * @module
 */
export { Btf } from "./btf.ts";
export type { ResolvedType, WordChange } from "./btf.ts";
export { BtfBuilder } from "./builder.ts";
export type { BtfBuilderOptions } from "./builder.ts";
export type { NewBtfType } from "./encode-type.ts";
export { areTypesCompatible } from "./core-compatible.ts";
export type { TypeIn } from "./core-compatible.ts";
export { CoreRelocationKind } from "./core-relocation.ts";
export type { CoreRelocation } from "./core-relocation.ts";
export { CoreResolver } from "./core-resolver.ts";
export type { CoreResult, PoisonedInstruction } from "./core-resolver.ts";
export { essentialName } from "./essential-name.ts";
export { withDataSectionLayouts } from "./data-section-layout.ts";
export type { DataSectionLayout, VariableLayout } from "./data-section-layout.ts";
export { encodeExtInfo } from "./encode-ext-info.ts";
export { parseExtInfo } from "./ext-info.ts";
export type { CoreRelocationRecord, ExtInfo, FunctionInfo, LineRecord } from "./ext-info.ts";
export { formatLayout, layoutOf } from "./layout.ts";
export type { LayoutGap, LayoutMember, StructLayout } from "./layout.ts";
export type { Members } from "./members.ts";
export { kernelBtfForLoad } from "./kernel-blob.ts";
export type { KernelBtfSupport } from "./kernel-blob.ts";
export { kernelFunctions } from "./kernel-functions.ts";
export type { KernelFunction } from "./kernel-functions.ts";
export { toC } from "./to-c.ts";
export type { CPrintOptions } from "./to-c.ts";
export { dedupBtf, mergeBtf } from "./merge.ts";
export type { MergedBtf, MergedInput, MergeInput, MergeOptions, TypeOfInput } from "./merge.ts";
export { minimalBtf } from "./minimal-btf.ts";
export type { CoreNeeds } from "./minimal-btf.ts";
export type * from "./types.ts";

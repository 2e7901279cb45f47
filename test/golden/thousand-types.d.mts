import type { GenerateOptions } from "bpf-codegen";

/** Number of types. */
export const TYPES: number;

/** An object of nothing but types, which use each other, and the options that have all of them emitted. */
export function thousandTypes(): { readonly bytes: Uint8Array; readonly options: GenerateOptions };

/**
 * What the kernel tells about its BPF objects.
 *
 * @module
 */
export { btfById, openModuleBtf } from "./btf-object.ts";
export { mapIdentity, programIdentity } from "./identity.ts";
export type { MapIdentity, ProgramIdentity } from "./identity.ts";
export { KernelSymbols } from "./kernel-symbols.ts";
export type { KernelSymbol } from "./kernel-symbols.ts";

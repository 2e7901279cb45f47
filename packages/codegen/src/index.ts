/**
 * TypeScript bindings for compiled eBPF objects.
 *
 * @module
 */

export { defineConfig } from "./config.ts";
export type { Config, ModuleConfig } from "./config.ts";
export { describe, generate } from "./generate.ts";
export type { Generated, GenerateOptions } from "./generate.ts";
export type * from "./model/object-model.ts";
export { version } from "./version.ts";

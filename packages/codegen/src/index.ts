/**
 * TypeScript bindings for compiled eBPF objects.
 *
 * @module
 */

export { defineConfig } from "./config.ts";
export type {
  CompilerConfig,
  Config,
  Embedding,
  ImportExtension,
  KernelTypes,
  ModuleConfig,
  TagRule,
  ValueRule,
} from "./config.ts";
export type { JsonForms } from "./emit/json.ts";
export { describe, generate, generateModules } from "./generate.ts";
export type {
  CompanionModule,
  DescribeOptions,
  Embed,
  Generated,
  GeneratedModules,
  GenerateOptions,
  ObjectFile,
  SharingModule,
  TargetObject,
} from "./generate.ts";
export type * from "./model/object-model.ts";
export { version } from "./version.ts";

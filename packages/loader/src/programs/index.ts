/**
 * Programs in the kernel: loading one, running it on test data, attaching it.
 *
 * @module
 */
export { attachTarget, moduleTypesFd } from "./attach-target.ts";
export type { AttachTarget } from "./attach-target.ts";
export { KernelTypes } from "./kernel-types.ts";
export type { KernelType, ModuleTypes } from "./kernel-types.ts";
export { FIRST_LOG_BYTES, loadProgram, loadProgramAsync } from "./load-attempts.ts";
export type { LoadOutcome, LogRequest, ProgramLoadValues } from "./load-attempts.ts";
export { loadFailure } from "./load-failure.ts";
export { Program } from "./program.ts";
export type { ProgramDetails } from "./program.ts";
export type { RunOptions, RunResult } from "./test-run.ts";

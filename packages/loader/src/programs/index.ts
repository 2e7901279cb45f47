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
export type { MissingMap, Poison } from "./verifier-error.ts";
export { Program } from "./program.ts";
export type { FromPinOptions, ProgramDetails } from "./program.ts";
export type { OpenProgramOptions } from "./open-program.ts";
export { tryBindMap } from "./bind-map.ts";
export type { Benchmark } from "./benchmark.ts";
export type { FlowKeys, NetfilterState, SkbContext, SkLookupContext, XdpContext } from "./test-contexts.ts";
export type {
  AnyRun,
  BenchmarkOptions,
  FlowDissectorRun,
  FlowDissectorRunOptions,
  FlowDissectorRunResult,
  NetfilterRun,
  NetfilterRunOptions,
  NetfilterRunResult,
  NoRun,
  RawTracepointRun,
  RawTracepointRunOptions,
  RunOptions,
  RunOutcome,
  RunResult,
  SkbRun,
  SkbRunOptions,
  SkbRunResult,
  SkLookupRun,
  SkLookupRunOptions,
  SkLookupRunResult,
  StructOpsRun,
  StructOpsRunOptions,
  SyscallRun,
  SyscallRunOptions,
  SyscallRunResult,
  TestRun,
  TracingRun,
  XdpRun,
  XdpRunOptions,
  XdpRunResult,
} from "./test-run-kinds.ts";
export { BpfToken } from "./token.ts";
export { holdToken, isWorthRetrying, withPrivileges } from "./privilege-options.ts";
export type { HeldToken, PrivilegeOptions } from "./privilege-options.ts";
export { readVerifierStatistics, STATISTICS_LEVEL } from "./verifier-statistics.ts";
export type { VerifierStatistics } from "./verifier-statistics.ts";

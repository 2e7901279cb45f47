/**
 * Loads eBPF objects into the Linux kernel, attaches them, and reads and writes their maps, variables and event streams.
 *
 * Reading objects without a kernel: `bpf-loader/spec`, `/btf`, `/elf`, `/asm`, `/codec`.
 *
 * @module
 */

// Specs: what an object defines.
export { Btf } from "./btf/index.ts";
export { CollectionSpec } from "./spec/index.ts";
export type {
  AttachKind,
  DataSection,
  KconfigSpec,
  MapSpec,
  ProgramSpec,
  SectionRule,
  StaticSlot,
  VariableSpec,
} from "./spec/index.ts";

// Loading.
export {
  assign,
  Collection,
  ebpf,
  loadAndAssign,
  loadAndAssignSync,
  LoadableSpec,
  loadCollection,
  loadCollectionSpec,
  loadCollectionSpecFromBytes,
  loadCollectionSync,
} from "./collection/index.ts";
export type {
  Abortable,
  Assigned,
  AssignedSpecs,
  Choice,
  CollectionOptions,
  Ebpf,
  LoadOptions,
  MapTag,
  Owned,
  ProgramTag,
  Tag,
  TagTree,
  VariableTag,
  VerifierLogOptions,
} from "./collection/index.ts";

// Live objects.
export { BpfToken, Program } from "./programs/index.ts";
export type {
  AnyRun,
  Benchmark,
  BenchmarkOptions,
  FlowDissectorRun,
  FlowDissectorRunOptions,
  FlowDissectorRunResult,
  FlowKeys,
  FromPinOptions,
  NetfilterRun,
  NetfilterRunOptions,
  NetfilterRunResult,
  NetfilterState,
  NoRun,
  RawTracepointRun,
  RawTracepointRunOptions,
  RunOptions,
  RunOutcome,
  RunResult,
  SkbContext,
  SkbRun,
  SkbRunOptions,
  SkbRunResult,
  SkLookupContext,
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
  VerifierStatistics,
  XdpContext,
  XdpRun,
  XdpRunOptions,
  XdpRunResult,
} from "./programs/index.ts";
export {
  ArrayMap,
  BpfMap,
  EntryBatch,
  HashMap,
  KeyedMap,
  openMapByFd,
  openMapById,
  openPinnedMap,
  PerCpuArrayMap,
  PerCpuHashMap,
  PlainMap,
  RingBuf,
  Variable,
} from "./maps/index.ts";
export type {
  BatchOptions,
  FromFdOptions,
  FromOptions,
  LookupOptions,
  MapAccess,
  NewArrayMap,
  NewHashMap,
  NewMapOptions,
  NewRingBuf,
  RawEntries,
  RawKeys,
  RingFromOptions,
  UpdateOptions,
} from "./maps/index.ts";
export { IterLink, Link, openLinkById, openPinnedLink } from "./links/index.ts";
export type { OpenPinnedLinkOptions, PinOptions } from "./links/index.ts";
export { enableStats, StatsSwitch } from "./info/index.ts";
export type { LinkInfo, MapInfo, ProgramInfo, ProgramStats } from "./info/index.ts";
export type {
  AttachOptions,
  AttachOptionsByKind,
  CgroupOptions,
  FreplaceOptions,
  IterOptions,
  KprobeMultiOptions,
  KprobeOptions,
  KsyscallOptions,
  LsmCgroupOptions,
  LsmOptions,
  NetfilterOptions,
  NetkitOptions,
  NetnsOptions,
  PerfEventOptions,
  RawTracepointOptions,
  SockmapOptions,
  TcxOptions,
  TracepointOptions,
  TracingOptions,
  UprobeMultiOptions,
  UprobeOptions,
  UsdtOptions,
  XdpOptions,
} from "./links/index.ts";

// Codecs of scalars, to name the types of keys and values by hand; structs come from `bpf-loader/codec` or generated bindings.
export {
  array,
  bool,
  bytes,
  CodecError,
  codecFromBtf,
  cstring,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "./codec/index.ts";
export type { Codec, CodecOptions, CodecValue, Pointer, UnknownEnum } from "./codec/index.ts";

// Errors and the kernel's constants.
export {
  BatchError,
  BpfError,
  IncompatibleMapError,
  MissingCapabilityError,
  NotSupportedError,
  ObjectFormatError,
  SyscallError,
  VerifierError,
} from "./errors/index.ts";
export type { BpfErrorCode } from "./errors/index.ts";
export { AttachType, MapFlag, MapType, ProgramFlag, ProgramType } from "./uapi/index.ts";

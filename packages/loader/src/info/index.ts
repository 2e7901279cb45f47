/**
 * What the kernel tells about its maps, programs, links and BTF objects: of those with a known id, and of all there are. Objects that
 * are open here have a method `info()`.
 *
 * ```ts
 * import { programs } from "bpf-loader/info";
 *
 * for (const { id, name, runCount } of programs()) console.log(id, name, runCount);
 * ```
 *
 * @module
 */
export { btfById } from "./btf-object.ts";
export type { BtfInfo } from "./btf-object.ts";
export type { JitedFunction, JitedLine, JitedProgram } from "./jited-program.ts";
export { KernelSymbols } from "./kernel-symbols.ts";
export type { KernelSymbol } from "./kernel-symbols.ts";
export type {
  CgroupLinkInfo,
  IterLinkInfo,
  KprobeMultiLinkInfo,
  LinkDetails,
  NetfilterLinkInfo,
  NetnsLinkInfo,
  OtherLinkInfo,
  PerfEventLinkInfo,
  PerfEventTarget,
  RawTracepointLinkInfo,
  SockmapLinkInfo,
  StructOpsLinkInfo,
  TcxLinkInfo,
  TracingLinkInfo,
  TracingMultiLinkInfo,
  UprobeMultiLinkInfo,
  XdpLinkInfo,
} from "./link-details.ts";
export type { LinkInfo, LinkSummary } from "./link-info.ts";
export type { MapInfo } from "./map-info.ts";
export { pinnedObjects } from "./pinned-objects.ts";
export type { PinnedObject } from "./pinned-objects.ts";
export { ProgramInfo } from "./program-info.ts";
export type { ProgramStats } from "./program-info.ts";
export { programNames } from "./program-names.ts";
export { enableStats, StatsSwitch } from "./stats.ts";
export type { StatsKind } from "./stats.ts";
export { taskProgram, taskPrograms } from "./task-fd.ts";
export type { TaskProgram } from "./task-fd.ts";
export type { TranslatedFunction, TranslatedProgram } from "./translated-program.ts";
export {
  btfIds,
  btfInfoById,
  btfObjects,
  linkIds,
  linkInfoById,
  links,
  mapIds,
  mapInfoById,
  maps,
  programIds,
  programInfoById,
  programs,
} from "./walk.ts";

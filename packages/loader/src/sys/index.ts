export type { Addon, MapSlot, Pointers } from "./addon-interface.ts";
export { addon } from "./addon.ts";
export {
  btfInfo,
  btfLoad,
  enableStats,
  getFdById,
  getNextId,
  infoByFd,
  iterCreate,
  linkCreate,
  linkDetach,
  linkInfo,
  linkInfoCgroup,
  linkInfoIter,
  linkInfoKprobeMulti,
  linkInfoNetfilter,
  linkInfoNetns,
  linkInfoPerfEvent,
  linkInfoRawTracepoint,
  linkInfoSockmap,
  linkInfoStructOps,
  linkInfoTcx,
  linkInfoTracing,
  linkInfoTracingMulti,
  linkInfoUprobeMulti,
  linkInfoXdp,
  linkUpdate,
  mapCreate,
  mapFreeze,
  mapInfo,
  objectPath,
  PerfAttrFlag,
  perfEventAttr,
  PerfOpenFlag,
  PerfRequest,
  PerfSampleType,
  PerfSoftware,
  PerfType,
  programAttach,
  programBindMap,
  programInfo,
  programLoad,
  programQuery,
  programStreamRead,
  rawTracepointOpen,
  taskFdQuery,
  testRun,
  tokenCreate,
} from "./attributes/index.ts";
export { bpf, objectInfo } from "./call.ts";
export { Errno, errnoName, errnoText } from "./errno.ts";
export { explainSyscall, type FailureContext } from "./explain.ts";
export { FileDescriptor } from "./file-descriptor.ts";
export { interfaceIndex, networkInterfaces, type NetworkInterface } from "./interfaces.ts";
export { kernelIsAtLeast, kernelRelease, kernelVersionCode, pageSize, possibleCpus, readKernelBtf } from "./kernel.ts";
export { raisedMemoryLimit } from "./memory-limit.ts";
export {
  decode,
  encode,
  stringFromBytes,
  type Decoded,
  type Encoded,
  type Field,
  type FieldType,
  type Layout,
  type Values,
} from "./layout.ts";
export {
  netlinkAttribute,
  netlinkAttributes,
  NetlinkFlag,
  netlinkRoute,
  netlinkU32,
  type NetlinkMessage,
} from "./netlink.ts";
export { duplicate, objectKind, requireObjectKind, type ObjectKind } from "./object-kind.ts";
export { objectName } from "./object-name.ts";
export { onlineCpus } from "./online-cpus.ts";
export { openPath, perfEventIoctl, perfEventOpen } from "./perf-event.ts";
export { hasCapability, lockedDown, type Capability } from "./privileges.ts";
export { describeLack, has, lacks, probeFeature, type FeatureProbe, type Support } from "./probe.ts";
export { openProcess } from "./process-descriptor.ts";
export { securityPrograms, type SecurityProgram } from "./security-programs.ts";
export {
  callBpf,
  callBpfAsync,
  tryBpf,
  tryBpfAsync,
  tryObjectInfo,
  type CallResult,
  type ObjectInfo,
} from "./try-bpf.ts";

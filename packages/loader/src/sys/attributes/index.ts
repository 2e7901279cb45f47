export { btfInfo, btfLoad } from "./btf.ts";
export {
  iterCreate,
  linkCreate,
  linkDetach,
  linkUpdate,
  programAttach,
  programQuery,
  rawTracepointOpen,
} from "./link.ts";
export {
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
} from "./link-info.ts";
export { mapCreate, mapFreeze, mapInfo } from "./map.ts";
export { enableStats, getFdById, getNextId, infoByFd, objectPath, taskFdQuery, tokenCreate } from "./object.ts";
export {
  PerfAttrFlag,
  perfEventAttr,
  PerfOpenFlag,
  PerfRequest,
  PerfSampleType,
  PerfSoftware,
  PerfType,
} from "./perf-event.ts";
export { programBindMap, programInfo, programLoad, programStreamRead, testRun } from "./program.ts";

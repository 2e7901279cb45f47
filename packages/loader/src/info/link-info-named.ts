/**
 * Links whose information has a name in it.
 *
 * @module
 */

import { linkInfoIter, linkInfoRawTracepoint, stringFromBytes } from "../sys/index.ts";
import type { IterLinkInfo, RawTracepointLinkInfo } from "./link-details.ts";
import { partOf } from "./link-query.ts";
import type { LinkQuery } from "./link-query.ts";
import { fetchBuffers } from "./object-buffers.ts";

/** More than any name of a tracepoint or of what iterators walk. */
const MOST_NAME_BYTES = 4096;

export function rawTracepointDetails(query: LinkQuery): RawTracepointLinkInfo {
  const { fd, object } = query;
  const { told, buffers } = fetchBuffers(
    fd,
    linkInfoRawTracepoint,
    object,
    partOf(query, linkInfoRawTracepoint),
    ({ tpNameLen }) => {
      const tpName = nameBuffer(tpNameLen);
      return { values: { tpName, tpNameLen: tpName.length }, buffers: tpName };
    },
    ({ tpNameLen }, name) => tpNameLen <= name.length,
  );
  // Before 6.15 it is zero, too.
  return { kind: "rawTracepoint", tracepoint: stringFromBytes(buffers), cookie: told.info.cookie || undefined };
}

export function iterDetails(query: LinkQuery): IterLinkInfo {
  const { fd, object } = query;
  const { buffers } = fetchBuffers(
    fd,
    linkInfoIter,
    object,
    partOf(query, linkInfoIter),
    ({ targetNameLen }) => {
      const targetName = nameBuffer(targetNameLen);
      return { values: { targetName, targetNameLen: targetName.length }, buffers: targetName };
    },
    ({ targetNameLen }, name) => targetNameLen <= name.length,
  );
  const target = stringFromBytes(buffers);
  const { info } = partOf(query, linkInfoIter);
  // What is behind the name is a union, by target: see `fill_link_info` in the kernel's struct bpf_iter_reg.
  const isMap = target === "bpf_map_elem" || target === "bpf_sk_storage_map" || target === "sockmap";
  const isCgroup = target === "cgroup";
  const isTask = target.startsWith("task");
  return {
    kind: "iter",
    target,
    mapId: isMap ? info.mapId : undefined,
    cgroupId: isCgroup ? info.cgroupId || undefined : undefined,
    cgroupOrder: isCgroup ? info.cgroupOrder || undefined : undefined,
    tid: isTask ? info.taskTid || undefined : undefined,
    pid: isTask ? info.taskPid || undefined : undefined,
  };
}

function nameBuffer(told: number): Uint8Array {
  return new Uint8Array(Math.max(1, Math.min(told, MOST_NAME_BYTES)));
}

/**
 * Links with many probes.
 *
 * @module
 */

import { linkInfoKprobeMulti, linkInfoTracingMulti, linkInfoUprobeMulti, stringFromBytes } from "../sys/index.ts";
import type { KprobeMultiLinkInfo, TracingMultiLinkInfo, UprobeMultiLinkInfo } from "./link-details.ts";
import { partOf } from "./link-query.ts";
import type { LinkQuery } from "./link-query.ts";
import { fetchBuffers } from "./object-buffers.ts";

/** MAX_KPROBE_MULTI_CNT and MAX_UPROBE_MULTI_CNT of the kernel's kernel/trace/bpf_trace.c. */
const MOST_PROBES = 1 << 20;
/** PATH_MAX. */
const PATH_BYTES = 4096;
/** What the kernel leaves as it was in a buffer that it does not know. */
const UNTOUCHED = 0xff;

export function kprobeMultiDetails(query: LinkQuery): KprobeMultiLinkInfo {
  const { fd, object } = query;
  const first = partOf(query, linkInfoKprobeMulti);
  const none = { addresses: undefined, cookies: undefined, missed: undefined };
  // Before 6.6 the kernel tells nothing of it: no link is without a function.
  if (first.info.count === 0) return { kind: "kprobeMulti", count: undefined, atReturn: undefined, ...none };
  const { told, buffers } = fetchBuffers(
    fd,
    linkInfoKprobeMulti,
    object,
    first,
    ({ count }) => {
      const room = Math.min(count, MOST_PROBES);
      const addrs = new Uint8Array(room * 8);
      const cookies = new Uint8Array(room * 8).fill(UNTOUCHED);
      return { values: { addrs, cookies, count: room }, buffers: { addrs, cookies, room } };
    },
    ({ count }, { room }) => count <= room,
  );
  const { count, flags } = told.info;
  const addresses = wordsOf(buffers.addrs, count);
  return {
    kind: "kprobeMulti",
    count,
    atReturn: (flags & 1) !== 0,
    addresses: shown(addresses),
    cookies: touched(buffers.cookies, count),
    // The structure grew with this field of another type of link.
    missed: told.length >= LENGTH_WITH_MISSED ? told.info.missed : undefined,
  };
}

/** Of `struct bpf_link_info` since Linux 6.7, for `perf_event.kprobe.missed`. */
const LENGTH_WITH_MISSED = 56;

export function uprobeMultiDetails(query: LinkQuery): UprobeMultiLinkInfo {
  const { fd, object } = query;
  const first = partOf(query, linkInfoUprobeMulti);
  if (first.info.count === 0) {
    const none = { count: undefined, atReturn: undefined, pid: undefined, offsets: undefined };
    return { kind: "uprobeMulti", path: undefined, ...none, semaphoreOffsets: undefined, cookies: undefined };
  }
  const { told, buffers } = fetchBuffers(
    fd,
    linkInfoUprobeMulti,
    object,
    first,
    ({ count }) => {
      const room = Math.min(count, MOST_PROBES);
      const path = new Uint8Array(PATH_BYTES);
      const offsets = new Uint8Array(room * 8);
      const refCtrOffsets = new Uint8Array(room * 8);
      const cookies = new Uint8Array(room * 8);
      const values = { path, pathSize: path.length, offsets, refCtrOffsets, cookies, count: room };
      return { values, buffers: { path, offsets, refCtrOffsets, cookies, room } };
    },
    ({ count }, { room }) => count <= room,
  );
  const { count, flags, pid } = told.info;
  return {
    kind: "uprobeMulti",
    path: stringFromBytes(buffers.path),
    count,
    atReturn: (flags & 1) !== 0,
    pid,
    offsets: wordsOf(buffers.offsets, count),
    semaphoreOffsets: wordsOf(buffers.refCtrOffsets, count),
    cookies: wordsOf(buffers.cookies, count),
  };
}

export function tracingMultiDetails(query: LinkQuery): TracingMultiLinkInfo {
  const { fd, object } = query;
  const first = partOf(query, linkInfoTracingMulti);
  // Before 7.3 the kernel tells nothing of it: no link is without a function.
  if (first.info.count === 0) {
    const none = { attachType: undefined, count: undefined, btfObjectId: undefined, typeIds: undefined };
    return { kind: "tracingMulti", ...none, addresses: undefined, cookies: undefined };
  }
  const { told, buffers } = fetchBuffers(
    fd,
    linkInfoTracingMulti,
    object,
    first,
    ({ count }) => {
      const room = Math.min(count, MOST_PROBES);
      const ids = new Uint8Array(room * 4);
      const addrs = new Uint8Array(room * 8);
      const cookies = new Uint8Array(room * 8);
      return { values: { ids, addrs, cookies, count: room }, buffers: { ids, addrs, cookies, room } };
    },
    ({ count }, { room }) => count <= room,
  );
  const { attachType, count, btfObjId } = told.info;
  return {
    kind: "tracingMulti",
    attachType,
    count,
    btfObjectId: btfObjId,
    typeIds: [...new Uint32Array(buffers.ids.buffer, 0, Math.min(count, buffers.room))],
    addresses: shown(wordsOf(buffers.addrs, count)),
    cookies: wordsOf(buffers.cookies, count),
  };
}

function wordsOf(bytes: Uint8Array, count: number): readonly bigint[] {
  return [...new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.min(count, bytes.length / 8))];
}

/** Addresses are 0 for those who may not see them. */
function shown(addresses: readonly bigint[]): readonly bigint[] | undefined {
  return addresses.some((address) => address !== 0n) ? addresses : undefined;
}

function touched(bytes: Uint8Array, count: number): readonly bigint[] | undefined {
  return bytes.some((byte) => byte !== UNTOUCHED) ? wordsOf(bytes, count) : undefined;
}

import { RingBuf } from "../events/ring-buf.ts";
import type { FileDescriptor } from "../sys/index.ts";
import type { MapType } from "../uapi/index.ts";
import { ArenaMap } from "./arena-map.ts";
import { ArrayMap } from "./array-map.ts";
import { BloomFilter } from "./bloom-filter.ts";
import type { BpfMap, MapCodecs, OpenedMap } from "./bpf-map.ts";
import { CgroupArray } from "./cgroup-array.ts";
import { CgroupAttachmentStorage, PerCpuCgroupAttachmentStorage } from "./cgroup-attachment-storage.ts";
import { CpuMap } from "./cpu-map.ts";
import { DevMap, DevMapHash } from "./device-map.ts";
import { HashMap } from "./hash-map.ts";
import { InstructionArray } from "./instruction-array.ts";
import { CgroupStorage, InodeStorage, SocketStorage, TaskStorage } from "./local-storage.ts";
import { LpmTrie } from "./lpm-trie.ts";
import { adopt, dupMapFd, openMapId, openMapPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, MapClass } from "./map-class.ts";
import { MapArray, MapHash } from "./map-of-maps.ts";
import { openedMap, openedTypedMap } from "./opened-map.ts";
import type { OpenMapOptions } from "./opened-map.ts";
import { PerCpuArrayMap } from "./per-cpu-array-map.ts";
import { PerCpuHashMap } from "./per-cpu-hash-map.ts";
import { PerfEventArray } from "./perf-event-array.ts";
import { PlainMap } from "./plain-map.ts";
import { StructOpsMap } from "./struct-ops-map.ts";
import { UserRingBuf } from "./user-ring-buf.ts";
import { ProgramArray } from "./program-array.ts";
import { Queue, Stack } from "./queue.ts";
import { ReuseportSockArray, SockHash, SockMap, XskMap } from "./socket-map.ts";
import { StackTraceMap } from "./stack-trace-map.ts";

/** Every class with an interface for certain kinds of map. */
const classes: readonly MapClass<BpfMap>[] = [
  HashMap,
  ArrayMap,
  PerCpuHashMap,
  PerCpuArrayMap,
  RingBuf,
  PerfEventArray,
  ArenaMap,
  LpmTrie,
  Queue,
  Stack,
  BloomFilter,
  ProgramArray,
  MapArray,
  MapHash,
  CgroupArray,
  DevMap,
  DevMapHash,
  CpuMap,
  XskMap,
  SockMap,
  SockHash,
  ReuseportSockArray,
  SocketStorage,
  TaskStorage,
  InodeStorage,
  CgroupStorage,
  CgroupAttachmentStorage,
  PerCpuCgroupAttachmentStorage,
  StackTraceMap,
  InstructionArray,
  StructOpsMap,
  UserRingBuf,
];

/** Which class a kind of map has. A kind that is not here is a {@link PlainMap}. */
export const mapKinds: ReadonlyMap<MapType, MapClass<BpfMap>> = new Map(
  classes.flatMap((Class) => Class.mapTypes.map((type) => [type, Class])),
);

/** The kinds of map that have the same interface as this one, itself included. */
export function alikeMapTypes(type: MapType): readonly MapType[] {
  return mapKinds.get(type)?.mapTypes ?? [type];
}

/**
 * A map with the interface of its kind, from its descriptor. The object owns the descriptor then; when this throws, the
 * caller still does.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a codec's size is not what the kernel has
 */
export function openMap(fd: FileDescriptor, options: OpenMapOptions = {}): BpfMap {
  return ofItsKind(openedMap(fd, options));
}

/**
 * Opens the map that has this id, whatever its kind is: find out by `instanceof`. Needs CAP_SYS_ADMIN. Since Linux 4.13.
 *
 * ```ts
 * using map = openMapById(12);
 * if (map instanceof HashMap) for (const [key, value] of map) console.log(key, value);
 * ```
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none; MissingCapabilityError
 */
export function openMapById(id: number, options: FromOptions<unknown, unknown> = {}): BpfMap {
  return adopt(openMapId(id, options), (fd) => ofItsKind(openedTypedMap(fd, options)));
}

/**
 * Opens the map that is pinned at a path, as {@link openMapById} does. Since Linux 4.4.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is there, `ERR_BPF_INVALID_ARGUMENT` when it is no map
 */
export function openPinnedMap(path: string, options: FromOptions<unknown, unknown> = {}): BpfMap {
  return adopt(openMapPin(path, options), (fd) => ofItsKind(openedTypedMap(fd, { ...options, pinnedAt: path })));
}

/**
 * Opens the map behind a descriptor of this process, as {@link openMapById} does. The descriptor stays the caller's: the new
 * object has a duplicate.
 *
 * @throws SyscallError `EBADF`; BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no map
 */
export function openMapByFd(fd: number, options: FromFdOptions<unknown, unknown> = {}): BpfMap {
  return adopt(dupMapFd(fd), (own) => ofItsKind(openedTypedMap(own, options)));
}

function ofItsKind(opened: OpenedMap): BpfMap {
  const Class = mapKinds.get(opened.type) ?? PlainMap;
  const openInner = opened.openInner ?? ((fd: number, codecs?: MapCodecs): BpfMap => openMapByFd(fd, codecs));
  return new Class({ ...opened, openInner });
}

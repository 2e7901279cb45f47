import { NotSupportedError } from "../errors/index.ts";
import { Errno, explainSyscall, mapInfo, requireObjectKind, tryObjectInfo } from "../sys/index.ts";
import type { ObjectInfo } from "../sys/index.ts";
import type { MapType } from "../uapi/index.ts";
import { fdInfoCount, fdInfoNumber, readFdInfo } from "./fdinfo.ts";
import type { FdInfo } from "./fdinfo.ts";
import { Reported } from "./reported.ts";

/** What the kernel tells about a map. What it does not tell is `undefined`; zero is what it told. */
export interface MapInfo {
  readonly type: MapType;
  /** Its number. Since Linux 4.13. */
  readonly id: number | undefined;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; of one CPU's value in a per-CPU map. */
  readonly valueSize: number;
  /** Entries; bytes of a ring buffer, pages of an arena. */
  readonly maxEntries: number;
  /** Bits of `MapFlag`. */
  readonly flags: number;
  /** At most 15 characters; empty when none was given. Since Linux 4.15. */
  readonly name: string | undefined;
  /** Network device that it is offloaded to; 0 = none. Since Linux 4.16. */
  readonly ifindex: number | undefined;
  /** Device number of the device's network namespace. Since Linux 4.16. */
  readonly netnsDev: bigint | undefined;
  /** Inode number of the device's network namespace. Since Linux 4.16. */
  readonly netnsIno: bigint | undefined;
  /** The BTF object that its types are of; 0 = none. Since Linux 4.18. */
  readonly btfId: number | undefined;
  /** Type of the keys in it; 0 = not known. Since Linux 4.18. */
  readonly btfKeyTypeId: number | undefined;
  /** Type of the values in it; 0 = not known. Since Linux 4.18. */
  readonly btfValueTypeId: number | undefined;
  /** The kernel's structure that a struct_ops map implements; `undefined` for others, too. Since Linux 5.6. */
  readonly btfVmlinuxValueTypeId: number | undefined;
  /** BTF object, of a module maybe, which that is of; `undefined` for others, too. Since Linux 6.9. */
  readonly btfVmlinuxId: number | undefined;
  /** Hash functions of a bloom filter, address of an arena; else 0. Since Linux 5.16. */
  readonly mapExtra: bigint | undefined;
  /** Bytes of the kernel's memory, approximately. From /proc. Since Linux 4.10. */
  readonly memlock: number | undefined;
  /** Whether user space may not write to it any more. From /proc. Since Linux 5.2. */
  readonly frozen: boolean | undefined;
}

/**
 * Asks the kernel about the map behind `fd`. /proc/self/fdinfo fills in what the call left out, and serves where there is no such
 * call, before Linux 4.13.
 *
 * @param object for messages: `map "flows"`.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is no map
 */
export function readMapInfo(fd: number, object: string): MapInfo {
  requireObjectKind(fd, "map", object);
  const told = tryObjectInfo(fd, mapInfo);
  if (typeof told === "number" && told !== -Errno.EINVAL) throw explainSyscall(told, "BPF_OBJ_GET_INFO_BY_FD", object);
  return combineMapInfo(typeof told === "number" ? undefined : told, readFdInfo(fd), object);
}

/**
 * Puts together what the call and the file said; either may be missing. What the call said counts.
 *
 * @throws NotSupportedError when neither said anything
 */
export function combineMapInfo(
  told: Pick<ObjectInfo<typeof mapInfo>, "info" | "length"> | undefined,
  fdInfo: FdInfo | undefined,
  object: string,
): MapInfo {
  const info = told === undefined ? undefined : new Reported(mapInfo, told);
  const type = told?.info.type ?? fdInfoCount(fdInfo, "map_type");
  if (type === undefined) {
    throw new NotSupportedError(
      "information about maps",
      "4.13",
      `${object}: neither BPF_OBJ_GET_INFO_BY_FD (Linux 4.13) nor /proc/self/fdinfo says anything about it; is /proc mounted?`,
    );
  }
  const extra = info?.get("mapExtra");
  const frozen = fdInfoCount(fdInfo, "frozen");
  return {
    type,
    id: info?.get("id") ?? fdInfoCount(fdInfo, "map_id"),
    keySize: told?.info.keySize ?? fdInfoCount(fdInfo, "key_size") ?? 0,
    valueSize: told?.info.valueSize ?? fdInfoCount(fdInfo, "value_size") ?? 0,
    maxEntries: told?.info.maxEntries ?? fdInfoCount(fdInfo, "max_entries") ?? 0,
    flags: told?.info.mapFlags ?? fdInfoCount(fdInfo, "map_flags") ?? 0,
    name: info?.get("name"),
    ifindex: info?.get("ifindex"),
    netnsDev: info?.get("netnsDev"),
    netnsIno: info?.get("netnsIno"),
    btfId: info?.get("btfId"),
    btfKeyTypeId: info?.get("btfKeyTypeId"),
    btfValueTypeId: info?.get("btfValueTypeId"),
    btfVmlinuxValueTypeId: info?.getNonZero("btfVmlinuxValueTypeId"),
    btfVmlinuxId: info?.getNonZero("btfVmlinuxId"),
    mapExtra: extra ?? fdInfoNumber(fdInfo, "map_extra"),
    memlock: fdInfoCount(fdInfo, "memlock"),
    frozen: frozen === undefined ? undefined : frozen !== 0,
  };
}

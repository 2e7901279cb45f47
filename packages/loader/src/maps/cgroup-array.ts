import { openCgroup } from "../links/cgroup-directory.ts";
import { MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { DescriptorMap } from "./descriptor-map.ts";
import type { Descriptor } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { checkIndex } from "./index-codec.ts";

/** An array of cgroups to be created. */
export interface NewCgroupArray extends NewMapOptions {
  /** Cgroups that it has room for. */
  readonly maxEntries: number;
}

/**
 * Cgroups for programs to compare with: BPF_MAP_TYPE_CGROUP_ARRAY (since Linux 4.8), used by `bpf_current_task_under_cgroup`
 * and `bpf_skb_under_cgroup`. The kernel lets nobody read it.
 *
 * ```ts
 * objs.maps.watched.set(0, "/sys/fs/cgroup/system.slice");
 * ```
 */
export class CgroupArray extends DescriptorMap<number> {
  static readonly mapTypes: readonly MapType[] = [MapType.CGROUP_ARRAY];

  /**
   * Creates an array without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewCgroupArray): CgroupArray {
    return createMapAs(CgroupArray, { type: MapType.CGROUP_ARRAY, keySize: 4, valueSize: 4, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): CgroupArray {
    return mapFromId(CgroupArray, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): CgroupArray {
    return mapFromPin(CgroupArray, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): CgroupArray {
    return mapFromFd(CgroupArray, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, { setHints: { EBADF: "what was given is no open directory of a cgroup hierarchy of version 2" } });
  }

  /**
   * Puts a cgroup in, in place of the one that is there: the path of its directory, or an open descriptor of that. It stays
   * in here, without tasks, when its directory is removed.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such directory; `ERR_BPF_INVALID_ARGUMENT` when it is in no
   *   hierarchy of version 2, and for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  set(index: number, cgroup: string | Descriptor): void {
    checkIndex(index, this.maxEntries, this.handle.what);
    const opened = typeof cgroup === "string" ? openCgroup(cgroup) : undefined;
    // One of the two: `opened` is there for each path.
    const fd = opened?.value ?? (cgroup as Descriptor).fd;
    try {
      this.put(index, (view, offset) => view.setUint32(offset, fd, hostIsLittleEndian), undefined);
    } finally {
      opened?.close();
    }
  }

  /** Takes all out. */
  clear(): void {
    for (let index = 0; index < this.maxEntries; index++) this.delete(index);
  }
}

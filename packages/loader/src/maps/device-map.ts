import { codecs } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { interfaceIndex } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import type { Descriptor, EntryRules, SetOptions } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { ReadableDescriptorMap } from "./readable-descriptor-map.ts";
import { readProgramId, writeWithProgram } from "./redirect-value.ts";

/** A map of network interfaces to be created. */
export interface NewDevMap extends NewMapOptions {
  /** Interfaces that it has room for. */
  readonly maxEntries: number;
  /** True: entries can have a program. Since Linux 5.8. */
  readonly programs?: boolean;
}

/** Where packets are to go. */
export interface DeviceTarget {
  /** Name or index of a network interface in this thread's network namespace. */
  readonly interface: string | number;
  /** XDP program that runs on each packet before it leaves there (`SEC("xdp/devmap")`). Since Linux 5.8. */
  readonly program?: Descriptor | undefined;
}

/** What the kernel says of an entry. */
export interface Device {
  /** Index of the network interface. */
  readonly ifindex: number;
  /** Of the program that runs on packets that go there; `undefined` when there is none. */
  readonly programId: number | undefined;
}

const SET_HINTS = {
  EINVAL:
    "the kernel takes interfaces of this process's network namespace, and programs that were loaded for SEC(\"xdp/devmap\"), none of a device's own",
};

abstract class DeviceMap extends ReadableDescriptorMap<number, Device> {
  constructor(opened: OpenedMap, rules: EntryRules<number>) {
    super(opened, { ...rules, setHints: SET_HINTS });
  }

  /**
   * Puts a network interface in, by name or index, or with a program. True unless `options.flag` forbids it: `noExist` and
   * there is one, `exist` and there is none. It goes when the interface does.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` when no interface has that name, `ERR_BPF_CLOSED`; `ERR_BPF_INVALID_ARGUMENT` for a
   *   program where the map's values have no room for one (they are 4 bytes, not `struct bpf_devmap_val`)
   * @throws SyscallError `EINVAL` when the kernel refuses interface or program
   */
  set(key: number, target: string | number | DeviceTarget, options?: SetOptions): boolean {
    const { interface: device, program } = typeof target === "object" ? target : { interface: target };
    const ifindex = typeof device === "number" ? device : interfaceIndex(device);
    // 0 takes the entry out of a DEVMAP.
    if (!Number.isInteger(ifindex) || ifindex < 1 || ifindex > 0x7fff_ffff) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${String(ifindex)} is no index of a network interface: they are counted from 1`,
      );
    }
    return this.put(key, (view, offset) => writeWithProgram(view, offset, ifindex, program, this), options);
  }

  /** Takes the entry out. False when there was none. */
  override delete(key: number): boolean {
    // The kernel says 0 for an array's empty entry, too.
    return this.has(key) && super.delete(key);
  }

  /** @internal */
  protected override readValue(view: DataView, offset: number): Device {
    return {
      ifindex: view.getUint32(offset, hostIsLittleEndian),
      programId: readProgramId(view, offset, this.valueSize),
    };
  }
}

/** Network interfaces to redirect packets to, by index: BPF_MAP_TYPE_DEVMAP (since Linux 4.14). */
export class DevMap extends DeviceMap {
  static readonly mapTypes: readonly MapType[] = [MapType.DEVMAP];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, programs, ...options }: NewDevMap): DevMap {
    const valueSize = programs === true ? 8 : 4;
    return createMapAs(DevMap, { type: MapType.DEVMAP, keySize: 4, valueSize, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): DevMap {
    return mapFromId(DevMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): DevMap {
    return mapFromPin(DevMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): DevMap {
    return mapFromFd(DevMap, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {});
  }
}

/** Network interfaces to redirect packets to, by any number: BPF_MAP_TYPE_DEVMAP_HASH (since Linux 5.4). */
export class DevMapHash extends DeviceMap {
  static readonly mapTypes: readonly MapType[] = [MapType.DEVMAP_HASH];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, programs, ...options }: NewDevMap): DevMapHash {
    const valueSize = programs === true ? 8 : 4;
    return createMapAs(DevMapHash, { type: MapType.DEVMAP_HASH, keySize: 4, valueSize, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): DevMapHash {
    return mapFromId(DevMapHash, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): DevMapHash {
    return mapFromPin(DevMapHash, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): DevMapHash {
    return mapFromFd(DevMapHash, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, { key: codecs(hostIsLittleEndian).u32 });
  }
}

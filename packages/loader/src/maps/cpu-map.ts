import { checkU32 } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import type { Descriptor, SetOptions } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { ReadableDescriptorMap } from "./readable-descriptor-map.ts";
import { readProgramId, writeWithProgram } from "./redirect-value.ts";

/** A map of CPUs to be created. */
export interface NewCpuMap extends NewMapOptions {
  /** CPUs that it has room for: at most as many as there are. */
  readonly maxEntries: number;
  /** True: entries can have a program. Since Linux 5.9. */
  readonly programs?: boolean;
}

/** A CPU that packets are to go to. */
export interface CpuTarget {
  /** Packets that may wait there, 1 to 16384; more are dropped. */
  readonly queueSize: number;
  /** XDP program that runs on that CPU on each packet (`SEC("xdp/cpumap")`). Since Linux 5.9. */
  readonly program?: Descriptor | undefined;
}

/** What the kernel says of an entry. */
export interface CpuQueue {
  /** Packets that may wait. */
  readonly queueSize: number;
  /** Of the program that runs there; `undefined` when there is none. */
  readonly programId: number | undefined;
}

/**
 * CPUs to redirect packets to: BPF_MAP_TYPE_CPUMAP (since Linux 4.15). The index is the CPU's number. Each entry has a
 * thread of the kernel, which takes the packets into the network stack.
 */
export class CpuMap extends ReadableDescriptorMap<number, CpuQueue> {
  static readonly mapTypes: readonly MapType[] = [MapType.CPUMAP];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, programs, ...options }: NewCpuMap): CpuMap {
    const valueSize = programs === true ? 8 : 4;
    return createMapAs(CpuMap, { type: MapType.CPUMAP, keySize: 4, valueSize, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): CpuMap {
    return mapFromId(CpuMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): CpuMap {
    return mapFromPin(CpuMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): CpuMap {
    return mapFromFd(CpuMap, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      setHints: {
        // For whatever it does not like about the program, too (__cpu_map_entry_alloc()).
        ENOMEM: 'there is no memory for the queue, or the program was not loaded for SEC("xdp/cpumap")',
        EINVAL: 'the program was not loaded for SEC("xdp/cpumap")',
        EOVERFLOW: "the queue may have up to 16384 packets",
        ENODEV: "there is no such CPU",
      },
    });
  }

  /**
   * Lets packets go to a CPU. True unless `options.flag` forbids it: `noExist`, which the kernel always refuses here, and
   * `exist` and there is none.
   *
   * @throws SyscallError `ENODEV` when there is no such CPU, `EOVERFLOW` for too long a queue, `ENOMEM` also when
   *   the kernel refuses the program
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a CPU that is not less than `maxEntries`, for a queue of 0, and for a
   *   program where the map's values have no room for one; `ERR_BPF_CLOSED`
   */
  set(cpu: number, { queueSize, program }: CpuTarget, options?: SetOptions): boolean {
    checkU32(queueSize, "queueSize");
    // It takes the entry out.
    if (queueSize === 0) throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "a queue of 0 packets is none; use delete()");
    return this.put(cpu, (view, offset) => writeWithProgram(view, offset, queueSize, program, this), options);
  }

  /** Lets no more packets go there. False when none did. */
  override delete(cpu: number): boolean {
    // The kernel says 0 for an empty entry, too.
    return this.has(cpu) && super.delete(cpu);
  }

  /** @internal */
  protected override readValue(view: DataView, offset: number): CpuQueue {
    return {
      queueSize: view.getUint32(offset, hostIsLittleEndian),
      programId: readProgramId(view, offset, this.valueSize),
    };
  }
}

import { BpfError } from "../errors/index.ts";
import { Program } from "../programs/index.ts";
import type { OpenProgramOptions } from "../programs/index.ts";
import { MapType } from "../uapi/index.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import type { Descriptor } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { ReadableDescriptorMap } from "./readable-descriptor-map.ts";

/** An array of programs to be created. */
export interface NewProgramArray extends NewMapOptions {
  /** Programs that it has room for. */
  readonly maxEntries: number;
}

/**
 * Programs to jump to by `bpf_tail_call`: BPF_MAP_TYPE_PROG_ARRAY (since Linux 4.2).
 *
 * All programs in it, and all that use it, are of one type, with the same attach type where it matters. The array is
 * emptied when the last descriptor and pin of it are gone, even while programs use it: keep it open, or pin it.
 *
 * ```ts
 * objs.maps.jump.set(0, objs.programs.parseIpv6);
 * ```
 */
export class ProgramArray extends ReadableDescriptorMap<number, number> {
  static readonly mapTypes: readonly MapType[] = [MapType.PROG_ARRAY];

  /**
   * Creates an array without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewProgramArray): ProgramArray {
    return createMapAs(ProgramArray, { type: MapType.PROG_ARRAY, keySize: 4, valueSize: 4, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): ProgramArray {
    return mapFromId(ProgramArray, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): ProgramArray {
    return mapFromPin(ProgramArray, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): ProgramArray {
    return mapFromFd(ProgramArray, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, {
      setHints: {
        EINVAL:
          "the array's first user decided what it takes: programs of one type, attach type and way of running (JIT or interpreter, sleepable or not), and this one differs; or it is an extension (freplace)",
        EBADF: "what was given is no open program",
      },
    });
  }

  /**
   * Puts a program in, in place of the one that is there. {@link get} gives its id, {@link open} the program.
   *
   * @throws SyscallError `EINVAL` when the program differs in type from what the array holds or is used by
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  set(index: number, program: Descriptor): void {
    this.put(index, (view, offset) => view.setUint32(offset, program.fd, hostIsLittleEndian), undefined);
  }

  /**
   * Opens the program that is there; `undefined` when there is none. It is the caller's to close, and stays what it is when another
   * takes its place here. `options` say what the kernel does not tell of it.
   *
   * @throws MissingCapabilityError without CAP_SYS_ADMIN, which opening by id takes
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  open(index: number, options?: OpenProgramOptions): Program | undefined {
    for (let id = this.get(index); id !== undefined; id = this.get(index)) {
      try {
        return Program.fromId(id, options);
      } catch (error) {
        if (!(error instanceof BpfError && error.code === "ERR_BPF_NOT_FOUND")) throw error;
        // Another took its place meanwhile, and it is gone.
      }
    }
    return undefined;
  }

  /** @internal The program's id. */
  protected override readValue(view: DataView, offset: number): number {
    return view.getUint32(offset, hostIsLittleEndian);
  }
}

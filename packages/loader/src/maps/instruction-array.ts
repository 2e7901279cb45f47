import type { Codec } from "../codec/index.ts";
import { codecs } from "../codec/index.ts";
import { MapType } from "../uapi/index.ts";
import { ArrayMapBase } from "./map-bases.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { hostIsLittleEndian } from "./direct-read.ts";

const { u32 } = codecs(hostIsLittleEndian);

/** An array of instructions to be created. */
export interface NewInstructionArray extends NewMapOptions {
  /** Instructions. */
  readonly maxEntries: number;
}

/** Where an instruction of a program went: `struct bpf_insn_array_value`. Numbers count instructions of 8 bytes, the last one bytes. */
export interface InstructionPlace {
  /** In the program as it was loaded. */
  readonly original: number;
  /** In the program as the verifier rewrote it; 0xffff_ffff when it took the instruction out. */
  readonly translated: number;
  /** In the machine code, bytes from its start. */
  readonly jited: number;
}

const instructionPlace: Codec<InstructionPlace> = {
  name: "struct bpf_insn_array_value",
  size: 16,
  align: 4,
  read: (view, offset) => ({
    original: u32.read(view, offset),
    translated: u32.read(view, offset + 4),
    jited: u32.read(view, offset + 8),
  }),
  write(view, offset, { original }) {
    u32.write(view, offset, original);
    // The kernel refuses others than 0: they are its own.
    for (let at = 4; at < 16; at += 4) u32.write(view, offset + at, 0);
  },
};

/**
 * Where instructions of a program went, which is what indirect jumps go by: BPF_MAP_TYPE_INSN_ARRAY (since Linux 6.19). It is
 * filled with original places and frozen before its program is loaded; the verifier fills in the rest.
 */
export class InstructionArray extends ArrayMapBase<InstructionPlace> {
  static readonly mapTypes: readonly MapType[] = [MapType.INSN_ARRAY];

  /**
   * Creates an array without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, ...options }: NewInstructionArray): InstructionArray {
    return createMapAs(InstructionArray, { type: MapType.INSN_ARRAY, keySize: 4, valueSize: 16, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): InstructionArray {
    return mapFromId(InstructionArray, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): InstructionArray {
    return mapFromPin(InstructionArray, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): InstructionArray {
    return mapFromFd(InstructionArray, fd, options);
  }

  constructor(opened: OpenedMap) {
    super(opened, instructionPlace);
  }
}

import { BpfError } from "../errors/index.ts";
import { KernelSymbols } from "../info/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BpfMap } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { KeyWalk } from "./key-walk.ts";
import { walkOrder } from "./walk-order.ts";

/** A map of stacks to be created. */
export interface NewStackTraceMap extends NewMapOptions {
  /** Stacks that it has room for; the kernel rounds it up to a power of two. */
  readonly maxEntries: number;
  /** Frames that a stack can have, up to 127, more where kernel.perf_event_max_stack allows. Default: 127. */
  readonly maxDepth?: number;
  /** True: build ids in place of addresses. Since Linux 4.17. */
  readonly buildIds?: boolean;
}

/** A frame of a stack. */
export interface StackFrame {
  /** Where it returns to. 0 in a map with build ids, when the frame has one. */
  readonly address: bigint;
  /** Function of the kernel; `undefined` for addresses of processes. */
  readonly symbol: string | undefined;
  /** Bytes from the start of the function. */
  readonly offset: number | undefined;
  /** Module of the kernel, `"bpf"` for loaded programs. */
  readonly module: string | undefined;
}

/** A frame of a process's stack in a map with build ids. */
export type BuildIdFrame =
  | {
      /** Of the executable or library, in hexadecimal, as `file` and `readelf -n` show it. */
      readonly buildId: string;
      /** Bytes from the start of the file. */
      readonly fileOffset: bigint;
    }
  /** The file has no build id, or it could not be read at that moment. */
  | { readonly address: bigint };

/** struct bpf_stack_build_id of include/uapi/linux/bpf.h. */
const BUILD_ID_FRAME = 32;
const BUILD_ID_VALID = 1;
const BUILD_ID_BYTES = 20;

/** Shared by all maps: what was read last. */
let symbols: KernelSymbols | undefined;

/**
 * Stacks that programs took with `bpf_get_stackid`, by the id that it gave: BPF_MAP_TYPE_STACK_TRACE (since Linux 4.6).
 *
 * ```ts
 * for (const { symbol, offset, address } of objs.maps.stacks.symbolise(event.kernelStack) ?? [])
 *   console.log(symbol === undefined ? `0x${address.toString(16)}` : `${symbol}+0x${offset?.toString(16)}`);
 * ```
 */
export class StackTraceMap extends BpfMap implements Iterable<[number, BigUint64Array]> {
  static readonly mapTypes: readonly MapType[] = [MapType.STACK_TRACE];

  /**
   * Creates a map without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create({ maxEntries, maxDepth = 127, buildIds = false, ...options }: NewStackTraceMap): StackTraceMap {
    const valueSize = maxDepth * (buildIds ? BUILD_ID_FRAME : 8);
    const flags = buildIds ? MapFlag.STACK_BUILD_ID : 0;
    return createMapAs(StackTraceMap, { type: MapType.STACK_TRACE, keySize: 4, valueSize, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): StackTraceMap {
    return mapFromId(StackTraceMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): StackTraceMap {
    return mapFromPin(StackTraceMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): StackTraceMap {
    return mapFromFd(StackTraceMap, fd, options);
  }

  /** Whether frames are build ids and offsets in files, not addresses (`BPF_F_STACK_BUILD_ID`, since Linux 4.17). */
  readonly hasBuildIds: boolean;

  constructor(opened: OpenedMap) {
    super(opened);
    this.hasBuildIds = (opened.flags & MapFlag.STACK_BUILD_ID) !== 0;
  }

  /** Frames that a stack can have; the rest of a deeper one is missing. */
  get maxDepth(): number {
    return Math.floor(this.valueSize / (this.hasBuildIds ? BUILD_ID_FRAME : 8));
  }

  /**
   * The addresses of a stack, innermost first; `undefined` when there is none of that id: it was deleted, or replaced by
   * another (`BPF_F_REUSE_STACKID`). A negative id, the error that the program got, is none either.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` in a map with build ids, see {@link buildIds}; `ERR_BPF_CLOSED`
   */
  get(id: number): BigUint64Array | undefined {
    if (this.hasBuildIds) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${this.handle.what} has build ids in place of addresses; use buildIds()`,
      );
    }
    if (!this.#lookup(id)) return undefined;
    const { view, valueOffset } = this.handle.elements;
    let depth = this.maxDepth;
    const at = (frame: number): bigint => view.getBigUint64(valueOffset + frame * 8, hostIsLittleEndian);
    // The kernel fills the rest with zeros.
    while (depth > 0 && at(depth - 1) === 0n) depth--;
    return BigUint64Array.from({ length: depth }, (_, frame) => at(frame));
  }

  /**
   * The frames of a stack in a map with build ids, innermost first; `undefined` as {@link get}.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` in a map of addresses; `ERR_BPF_CLOSED`
   */
  buildIds(id: number): BuildIdFrame[] | undefined {
    if (!this.hasBuildIds) {
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${this.handle.what} has addresses, and no build ids; use get()`);
    }
    if (!this.#lookup(id)) return undefined;
    const { view, bytes, valueOffset } = this.handle.elements;
    const frames: BuildIdFrame[] = [];
    for (let frame = 0; frame < this.maxDepth; frame++) {
      const at = valueOffset + frame * BUILD_ID_FRAME;
      const status = view.getInt32(at, hostIsLittleEndian);
      // BPF_STACK_BUILD_ID_EMPTY: the stack ends.
      if (status === 0) break;
      const place = view.getBigUint64(at + 24, hostIsLittleEndian);
      if (status !== BUILD_ID_VALID) frames.push({ address: place });
      else {
        const buildId = Buffer.from(bytes.subarray(at + 4, at + 4 + BUILD_ID_BYTES)).toString("hex");
        frames.push({ buildId, fileOffset: place });
      }
    }
    return frames;
  }

  /**
   * The frames of a stack with the functions of the kernel that they are in; addresses of processes stay addresses. `undefined` as
   * {@link get}. The first call reads /proc/kallsyms, some 0.2 s, and keeps 10 MB.
   *
   * @param options.refresh reads it again: modules and programs may have come since
   * @throws MissingCapabilityError when the kernel shows no addresses to this process (kernel.kptr_restrict)
   * @throws BpfError as {@link get}
   */
  symbolise(id: number, options: { readonly refresh?: boolean } = {}): StackFrame[] | undefined {
    const addresses = this.get(id);
    if (addresses === undefined) return undefined;
    if (symbols === undefined || options.refresh === true) symbols = KernelSymbols.read();
    const known = symbols;
    return Array.from(addresses, (address) => {
      const found = known.find(address);
      return { address, symbol: found?.name, offset: found?.offset, module: found?.module };
    });
  }

  /** Whether there is a stack of that id. */
  has(id: number): boolean {
    return this.#lookup(id);
  }

  /** Takes a stack out, so that its id can be used again. False when there was none. */
  delete(id: number): boolean {
    if (!this.#select(id)) return false;
    return this.handle.elements.delete();
  }

  /** Takes all stacks out. Those that programs add meanwhile may stay. */
  clear(): void {
    for (const id of this.keys()) this.delete(id);
  }

  /** Stacks, counted by walking all ids. */
  get size(): number {
    let count = 0;
    for (const _ of this.keys()) count++;
    return count;
  }

  /** The ids of the stacks that are there. Stacks may be taken out while iterating. */
  *keys(): Generator<number, void, undefined> {
    const { handle, keySize, maxEntries } = this;
    // The kernel rounds the number up to a power of two.
    const walk = new KeyWalk({ handle, order: walkOrder(this.type), keySize, maxEntries: 2 * maxEntries });
    while (walk.advance()) yield walk.view.getUint32(walk.offset, hostIsLittleEndian);
  }

  /** Ids with addresses: see {@link get}. */
  *entries(): Generator<[number, BigUint64Array], void, undefined> {
    for (const id of this.keys()) {
      const addresses = this.get(id);
      if (addresses !== undefined) yield [id, addresses];
    }
  }

  [Symbol.iterator](): Generator<[number, BigUint64Array], void, undefined> {
    return this.entries();
  }

  #lookup(id: number): boolean {
    return this.#select(id) && this.handle.elements.lookup(0);
  }

  /** False for an id that no stack has: the error that a program got in place of one. */
  #select(id: number): boolean {
    const { elements } = this.handle;
    // As stack_map_alloc() rounds it.
    const buckets = 2 ** Math.ceil(Math.log2(this.maxEntries));
    if (!Number.isInteger(id) || id < 0 || id >= buckets) return false;
    elements.view.setUint32(elements.keyOffset, id, hostIsLittleEndian);
    return true;
  }
}

import { toPointer } from "../codec/index.ts";
import type { Codec, Pointer } from "../codec/index.ts";
import { BpfError, NotSupportedError } from "../errors/index.ts";
import { addon } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { mapArenaMemory } from "./arena-memory.ts";
import { checkIndex } from "./index-codec.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import { closedError } from "./map-handle.ts";
import { PlainMap } from "./plain-map.ts";
import type { VariableSection } from "./variable.ts";

/** An arena as memory of this process. */
export interface ArenaMemory {
  /** All of it. A page that nothing has touched costs nothing. */
  readonly buffer: ArrayBuffer;
  /** Where the object's variables start, in bytes. */
  readonly dataOffset: number;
}

/** An arena to be created. */
export interface NewArena extends NewMapOptions {
  /** Pages that it has room for. */
  readonly maxEntries: number;
  /**
   * Where it is mapped, a multiple of the page size, and the same in all processes: with it, those that open the arena can map it, too.
   * Anywhere, and in this process only, when not given.
   */
  readonly address?: bigint;
}

/**
 * Memory that programs share with processes, with pointers in it: BPF_MAP_TYPE_ARENA (since Linux 6.9). Its variables are read
 * and written as those of other sections are; what programs allocate is reached through their pointers.
 *
 * ```ts
 * for (let at = objs.variables.head; at !== 0n; at = node.next) node = objs.maps.arena.read(at, Node);
 * ```
 */
export class ArenaMap extends PlainMap {
  static readonly mapTypes: readonly MapType[] = [MapType.ARENA];

  #memory: ArenaMemory | undefined;
  #ownsMemory = false;

  /**
   * Creates an arena, without an object, and maps it: for programs of several objects (`mapReplacements`) or processes.
   *
   * ```ts
   * using arena = ArenaMap.create({ maxEntries: 16, address: 1n << 44n, pinPath: "/sys/fs/bpf/arena" });
   * ```
   *
   * @throws BpfError that says which field is wrong, that the kernel lacks this kind of map, or that something is at the address;
   *   MissingCapabilityError
   */
  static create({ maxEntries, address = 0n, ...options }: NewArena): ArenaMap {
    const flags = MapFlag.MMAPABLE;
    const map = { type: MapType.ARENA, maxEntries, flags, mapExtra: address };
    return createMapAs(ArenaMap, map, options, (arena) => arena.#tryMap(address));
  }

  /** Opens the arena with this id. It has {@link bytes} if it was created with an address. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options?: FromOptions<never, never>): ArenaMap {
    return mapFromId(ArenaMap, id, options);
  }

  /** Opens the arena that is pinned at a path, as {@link fromId}. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options?: FromOptions<never, never>): ArenaMap {
    return mapFromPin(ArenaMap, path, options);
  }

  /** Opens the arena behind a descriptor, of which it makes a duplicate, as {@link fromId}. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options?: FromFdOptions<never, never>): ArenaMap {
    return mapFromFd(ArenaMap, fd, options);
  }

  /**
   * Gives it the memory that was mapped when it was loaded: the kernel maps an arena at one address only, and so once per process.
   * A clone has none.
   *
   * @param owned whether closing the map unmaps it
   * @internal
   */
  adopt(memory: ArenaMemory, owned: boolean): void {
    this.#memory = memory;
    this.#ownsMemory = owned;
  }

  /** @internal */
  get memory(): ArenaMemory | undefined {
    return this.#memory;
  }

  /**
   * The arena as memory: what programs allocate and the variables of the object. A page that nobody has touched costs nothing, and is
   * there when it is read or written here; programs find it then, too.
   *
   * @throws BpfError `ERR_BPF_CLOSED`; `ERR_BPF_NOT_SUPPORTED` when this process can't map it: it was not made here, and has no address
   *   of its own (`map_extra`); or it has BPF_F_SEGV_ON_FAULT
   * @throws SyscallError `EEXIST` when something else is at its address: this process has mapped it already
   */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#mapped());
  }

  /**
   * Where in {@link bytes} something is that a pointer of a program points to.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a null pointer, and one that points out of the arena
   */
  offsetOf(pointer: bigint): number {
    const buffer = this.#mapped();
    const base = BigInt(addon().addressOf(buffer));
    // Programs may leave out the upper half: the kernel puts it back (BPF_ADDR_SPACE_CAST).
    const offset = Number(BigInt.asUintN(32, pointer - base));
    const isWhole = pointer >> 32n === 0n || pointer - base === BigInt(offset);
    if (pointer !== 0n && isWhole && offset < buffer.byteLength) return offset;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what}: 0x${pointer.toString(16)} is not in the arena` + (pointer === 0n ? ": it is null" : ""),
    );
  }

  /** What programs and this process have to write to point to `offset` in {@link bytes}. */
  pointerTo(offset: number): Pointer {
    const buffer = this.#mapped();
    checkIndex(offset, buffer.byteLength, this.handle.what);
    return toPointer(BigInt(addon().addressOf(buffer) + offset));
  }

  /** The value that a pointer points to: `arena.read(head, Node)`. Errors as for {@link offsetOf}. */
  read<T>(pointer: bigint, codec: Codec<T>): T {
    return codec.read(new DataView(this.#mapped()), this.#placeOf(pointer, codec.size));
  }

  /** Writes the value that a pointer points to. Errors as for {@link offsetOf}, and a CodecError for what is no such value. */
  write<T>(pointer: bigint, codec: Codec<T>, value: T): void {
    codec.write(new DataView(this.#mapped()), this.#placeOf(pointer, codec.size), value);
  }

  #placeOf(pointer: bigint, size: number): number {
    const offset = this.offsetOf(pointer);
    if (offset + size <= this.#mapped().byteLength) return offset;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what}: ${size} bytes at 0x${pointer.toString(16)} reach out of the arena`,
    );
  }

  #mapped(): ArrayBuffer {
    if (this.closed) throw closedError(this.handle.what);
    // Without an address, the first to map it decides where it is.
    const { mapExtra = 0n } = this.#memory === undefined ? this.info() : {};
    if (mapExtra !== 0n) this.#tryMap(mapExtra);
    if (this.#memory !== undefined) return this.#memory.buffer;
    throw new NotSupportedError(
      "reading an arena that is not mapped",
      undefined,
      `${this.handle.what} is not mapped by this process: the kernel maps an arena at one address only, and once in a process; use the map that the load gave`,
    );
  }

  #tryMap(address: bigint): void {
    // Reading a page that programs did not make would end the process.
    if ((this.flags & MapFlag.SEGV_ON_FAULT) !== 0) return;
    const buffer = mapArenaMemory(this.fd, this.maxEntries, address, this.handle.what);
    this.#memory = { buffer, dataOffset: 0 };
    this.#ownsMemory = true;
  }

  /**
   * What its variables are in; `undefined` without memory. Their offsets are from the start of the arena.
   *
   * @internal
   */
  variableSection(): VariableSection | undefined {
    const buffer = this.#memory?.buffer;
    if (buffer === undefined) return undefined;
    const isClosed = (): boolean => this.closed || buffer.byteLength === 0;
    return {
      name: this.name,
      valueSize: buffer.byteLength,
      get closed() {
        return isClosed();
      },
      mappedMemory: () => ({ buffer, writable: true }),
      elements: () => {
        throw closedError(this.handle.what);
      },
    };
  }

  override close(): void {
    const memory = this.#memory;
    this.#memory = undefined;
    if (memory !== undefined && this.#ownsMemory) addon().unmap(memory.buffer);
    super.close();
  }
}

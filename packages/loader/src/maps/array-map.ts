import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { addon } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BpfMap, elementCodec, lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { directRead, hostIsLittleEndian } from "./direct-read.ts";
import type { DirectRead } from "./direct-read.ts";
import { checkTarget, copyBytes } from "./copy-bytes.ts";
import type { BatchOptions, EntryBatch, RawEntries } from "./entry-batch.ts";
import { checkIndex, indexCodec } from "./index-codec.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";
import type { MapElements } from "./map-elements.ts";
import { MapEntries } from "./map-entries.ts";
import { closedError } from "./map-handle.ts";
import { mapMemory } from "./mapped-memory.ts";
import type { MappedMemory } from "./mapped-memory.ts";

/** An array to be created. */
export interface NewArrayMap<V> extends NewMapOptions {
  /** Codec of the elements. */
  readonly value: Codec<V>;
  /** Number of elements. */
  readonly maxEntries: number;
  /** True: this process reads and writes the elements in mapped memory, without system calls. Since Linux 5.5. */
  readonly mapped?: boolean;
}

/**
 * An array of the kernel: BPF_MAP_TYPE_ARRAY (since Linux 3.19). All elements are there from the start, as zeros.
 *
 * With `BPF_F_MMAPABLE` (since 5.5), elements are read and written in mapped memory, in some 10 ns; otherwise by system
 * calls, a microsecond each. A mapped value of 8 bytes or less is read whole; a longer one as a program may be writing it.
 */
export class ArrayMap<V> extends BpfMap implements Iterable<V> {
  static readonly mapTypes: readonly MapType[] = [MapType.ARRAY];

  readonly #value: Codec<V>;
  readonly #entries: MapEntries<number, V>;
  /** Elements as 8-byte words in mapped memory, and a copy of one, for the codec. */
  #words: BigUint64Array | undefined;
  #copyWords: BigUint64Array = new BigUint64Array(0);
  #copy: DataView = new DataView(this.#copyWords.buffer);
  /** The same memory as {@link #words}. */
  #bytes: Uint8Array = new Uint8Array(0);
  #memory: MappedMemory | undefined;
  /** For values that a typed array can read, and how many of them lie from one element to the next. */
  #direct: DirectRead | undefined;
  #directStep = 1;
  /** False from the start, or when the kernel refuses to map through this descriptor. */
  #isMappable: boolean;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap, value: Codec<unknown> = elementCodec(opened, "value")) {
    super(opened);
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#value = value as Codec<V>;
    const { handle, keySize, maxEntries } = this;
    const index = indexCodec(maxEntries, handle.what);
    this.#entries = new MapEntries({ handle, order: "byIndex", keySize, maxEntries }, index, this.#value);
    this.#isMappable = (opened.flags & MapFlag.MMAPABLE) !== 0;
  }

  /**
   * Creates an array, without an object.
   *
   * ```ts
   * using counters = ArrayMap.create({ value: u64, maxEntries: 16, mapped: true });
   * ```
   *
   * @throws BpfError that says which field is wrong; MissingCapabilityError
   */
  static create<V>({ value, maxEntries, mapped, ...options }: NewArrayMap<V>): ArrayMap<V> {
    const flags = mapped === true ? MapFlag.MMAPABLE : 0;
    return createMapAs(ArrayMap<V>, { type: MapType.ARRAY, keySize: 4, value, maxEntries, flags }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): ArrayMap<V> {
    return mapFromId(ArrayMap<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): ArrayMap<V> {
    return mapFromPin(ArrayMap<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): ArrayMap<V> {
    return mapFromFd(ArrayMap<V>, fd, options);
  }

  /** Number of elements: `maxEntries`. */
  get length(): number {
    return this.maxEntries;
  }

  /**
   * The element at an index.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not from 0 to `length` − 1; `ERR_BPF_CLOSED`
   */
  get(index: number, options?: LookupOptions): V {
    checkIndex(index, this.maxEntries, this.handle.what);
    const flags = lookupFlags(options);
    if (this.#direct !== undefined && flags === 0) {
      const value = this.#direct(index * this.#directStep);
      // What the codec would read.
      if (value !== undefined) return value as V;
    }
    const words = flags === 0 ? (this.#words ?? this.#mapWords()) : undefined;
    if (words !== undefined) {
      const copy = this.#copyWords;
      const from = index * copy.length;
      for (let i = 0; i < copy.length; i++) copy[i] = words[from + i] ?? 0n;
      return this.#value.read(this.#copy, 0);
    }
    const elements = this.select(index);
    if (!elements.lookup(flags)) throw noElement(this.handle.what, index);
    return this.#value.read(elements.view, elements.valueOffset);
  }

  /**
   * Copies the bytes of an element, and makes no object: for loops that must not leave garbage.
   *
   * @param target has exactly `valueSize` bytes; in a per-CPU array {@link stride} for each possible CPU
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not from 0 to `length` − 1, or a target of another size;
   *   `ERR_BPF_CLOSED`
   */
  getInto(index: number, target: Uint8Array, options?: LookupOptions): void {
    checkIndex(index, this.maxEntries, this.handle.what);
    const flags = lookupFlags(options);
    const words = flags === 0 ? (this.#words ?? this.#mapWords()) : undefined;
    if (words !== undefined) {
      checkTarget(target, this.valueSize, this.handle.what);
      copyBytes(this.#bytes, index * this.stride, target, 0, this.valueSize);
      return;
    }
    const elements = this.select(index);
    checkTarget(target, elements.valueBytes, this.handle.what);
    if (!elements.lookup(flags)) throw noElement(this.handle.what, index);
    copyBytes(elements.bytes, elements.valueOffset, target, 0, elements.valueBytes);
  }

  /**
   * Writes the element at an index. False only with `noExist`: it always exists.
   *
   * @throws CodecError when the value does not fit its type; nothing is written then
   * @throws SyscallError `EPERM` when the map is frozen
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not from 0 to `length` − 1; `ERR_BPF_CLOSED`
   */
  set(index: number, value: V, options?: UpdateOptions): boolean {
    checkIndex(index, this.maxEntries, this.handle.what);
    const flags = updateFlags(options);
    const words = flags === 0 ? (this.#words ?? this.#mapWords()) : undefined;
    if (words !== undefined && this.#memory?.writable === true) {
      const copy = this.#copyWords;
      this.#value.write(this.#copy, 0, value);
      const to = index * copy.length;
      for (let i = 0; i < copy.length; i++) words[to + i] = copy[i] ?? 0n;
      return true;
    }
    const elements = this.select(index);
    this.#value.write(elements.view, elements.valueOffset, value);
    return elements.update(flags);
  }

  /** The indexes: 0 to `length` − 1. */
  *keys(): Generator<number, void, undefined> {
    for (let index = 0; index < this.length; index++) yield index;
  }

  /** The elements in order: from mapped memory, or many with each system call. */
  *values(): Generator<V, void, undefined> {
    if (this.mappedMemory() === undefined) return yield* this.#entries.values();
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  /** Indexes with elements. */
  *entries(): Generator<[number, V], void, undefined> {
    if (this.mappedMemory() === undefined) return yield* this.#entries.entries();
    for (let index = 0; index < this.length; index++) yield [index, this.get(index)];
  }

  /** The elements in order, as a JavaScript array has it. */
  [Symbol.iterator](): Generator<V, void, undefined> {
    return this.values();
  }

  /** Calls `callback` for each element in order. */
  forEach(callback: (value: V, index: number, map: this) => void): void {
    if (this.mappedMemory() === undefined) this.#entries.forEach((value, index) => callback(value, index, this));
    else for (let index = 0; index < this.length; index++) callback(this.get(index), index, this);
  }

  /**
   * All elements in order, a batch for each system call: for bytes that are passed on as they are. Since Linux 5.6, per CPU since 5.13;
   * before, by a call for each element.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a size that is no integer from 1 on
   */
  batches(options?: Omit<BatchOptions, "remove">): Generator<EntryBatch<number, V>, void, undefined> {
    return this.#entries.batches({ ...options, remove: false });
  }

  /**
   * Writes many elements: pairs of index and value, or bytes, such as a batch of {@link batches}. How many were written.
   *
   * @throws BatchError when the kernel refuses an element: `done` tells how many were written before, and they stay
   * @throws CodecError when a value doesn't fit its type; its path starts with the number of the pair. Others before it may be written
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not from 0 to `length` − 1
   */
  setMany(entries: Iterable<readonly [number, V]> | RawEntries, options?: UpdateOptions): number {
    return this.#entries.set(entries, options);
  }

  /**
   * The elements as memory that is shared with programs, without a copy: {@link stride} bytes for each. `undefined` unless the map has
   * `BPF_F_MMAPABLE`, and both programs and this process may write to it. Detached by {@link close}.
   *
   * ```ts
   * const counters = new BigUint64Array(map.memory!, 0, map.length);
   * ```
   *
   * A typed array reads and writes elements of its own size whole; other values can be seen half-written.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get memory(): ArrayBuffer | undefined {
    const memory = this.mappedMemory();
    return memory?.writable === true ? memory.buffer : undefined;
  }

  /** Bytes from one element to the next in {@link memory}: the value's size, rounded up to a multiple of 8. */
  get stride(): number {
    return this.#wordsPerElement() * 8;
  }

  /**
   * The values as mapped memory, element by element at multiples of 8 bytes; `undefined` where
   * the kernel does not map them. The same at each call, gone with {@link close}.
   *
   * @internal
   */
  mappedMemory(): MappedMemory | undefined {
    if (this.#isMappable && this.#memory === undefined) {
      if (this.closed) throw closedError(this.handle.what);
      this.#memory = mapMemory(this.fd, this.#wordsPerElement() * 8 * this.length, this.handle.what);
      this.#isMappable = this.#memory !== undefined;
    }
    return this.#memory;
  }

  /** @internal */
  elements(): MapElements {
    return this.handle.elements;
  }

  override close(): void {
    const memory = this.#memory;
    this.#memory = undefined;
    this.#words = undefined;
    this.#bytes = new Uint8Array(0);
    this.#direct = undefined;
    if (memory !== undefined) addon().unmap(memory.buffer);
    super.close();
  }

  #wordsPerElement(): number {
    return Math.ceil(this.valueSize / 8);
  }

  #mapWords(): BigUint64Array | undefined {
    const memory = this.mappedMemory();
    if (memory === undefined) return undefined;
    this.#copyWords = new BigUint64Array(this.#wordsPerElement());
    this.#copy = new DataView(this.#copyWords.buffer);
    this.#direct = directRead(this.#value, memory.buffer, 0);
    this.#directStep = (this.#copyWords.length * 8) / this.#value.size;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new BigUint64Array(memory.buffer, 0, this.#copyWords.length * this.length);
    return this.#words;
  }

  /**
   * The elements, with this one's index where the calls take it.
   *
   * @internal
   */
  protected select(index: number): MapElements {
    checkIndex(index, this.maxEntries, this.handle.what);
    const { elements } = this.handle;
    elements.view.setUint32(elements.keyOffset, index, hostIsLittleEndian);
    return elements;
  }
}

/** The error for an element that the kernel denies. */
export function noElement(what: string, index: number): BpfError {
  return new BpfError("ERR_BPF_NOT_FOUND", `${what} has no element ${index}`);
}

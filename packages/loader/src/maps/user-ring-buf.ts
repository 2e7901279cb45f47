import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import type { EventOptions, RingStats } from "../events/ring-buf.ts";
import { UserRingWriter } from "../events/user-ring-writer.ts";
import type { UserRingMemory } from "../events/user-ring-writer.ts";
import { addon, explainSyscall, pageSize } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import { BpfMap } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromRecordOptions, NewMap, NewMapOptions } from "./map-class.ts";
import { closedError } from "./map-handle.ts";

/** A user ring buffer to be created. */
export interface NewUserRingBuf<T> extends NewMapOptions {
  /** Bytes; rounded up to the page size times a power of two. */
  readonly size: number;
  /** Codec of the records; bytes when not given. */
  readonly record?: Codec<T> | undefined;
}

interface OpenRing {
  readonly memory: UserRingMemory;
  readonly writer: UserRingWriter;
  /** Room that was taken and neither submitted nor discarded: the program does not get past it. */
  readonly reserved: Set<number>;
}

/** Room in a user ring buffer. */
export interface ReservedRecord {
  /** The record's bytes, to be filled; they hold whatever was there. Not to be touched after {@link submit} or {@link discard}. */
  readonly bytes: Uint8Array;
  /** Hands it over to the program. */
  submit(): void;
  /** Gives it up: the program skips it. */
  discard(): void;
}

/** Nothing says when a ring that is nearly full has room for one more record, so that it is looked at so often. */
const ROOM_PAUSE_MS = 1;
/** The largest record: 30 bits. */
const LARGEST_RECORD = 0x3fff_ffff;

/**
 * A ring buffer in the other direction: BPF_MAP_TYPE_USER_RINGBUF (since Linux 6.1). This process writes records to mapped memory,
 * without system calls, and programs read them with `bpf_user_ringbuf_drain()` when they run.
 *
 * ```ts
 * if (!objs.maps.commands.push({ action: "drop", address })) console.log("full");
 * ```
 *
 * One process writes to a ring, and one thread of it.
 */
export class UserRingBuf<T> extends BpfMap {
  static readonly mapTypes: readonly MapType[] = [MapType.USER_RINGBUF];

  readonly #codec: Codec<T> | undefined;
  #ring: OpenRing | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(opened: OpenedMap) {
    super(opened);
    // T is what the caller says that the codec writes.
    this.#codec = opened.value as Codec<T> | undefined;
  }

  /**
   * Creates a ring, without an object.
   *
   * @throws BpfError that says which field is wrong; MissingCapabilityError
   */
  static create<T = Uint8Array>({ size, record, ...options }: NewUserRingBuf<T>): UserRingBuf<T> {
    const map: NewMap = { type: MapType.USER_RINGBUF, valueSize: 0, value: record, maxEntries: size };
    return createMapAs(UserRingBuf<T>, map, options);
  }

  /** Opens the ring with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<T = Uint8Array>(id: number, { record, ...options }: FromRecordOptions<T> = {}): UserRingBuf<T> {
    return mapFromId(UserRingBuf<T>, id, { ...options, value: record });
  }

  /** Opens the ring that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<T = Uint8Array>(path: string, { record, ...options }: FromRecordOptions<T> = {}): UserRingBuf<T> {
    return mapFromPin(UserRingBuf<T>, path, { ...options, value: record });
  }

  /** Opens the ring behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<T = Uint8Array>(fd: number, { record, ...options }: FromRecordOptions<T> = {}): UserRingBuf<T> {
    return mapFromFd(UserRingBuf<T>, fd, { ...options, value: record });
  }

  /**
   * Writes a record. False when the ring is full.
   *
   * @throws CodecError when it is not what the type says; `ERR_BPF_INVALID_ARGUMENT` when it is longer than the ring; `ERR_BPF_CLOSED`
   */
  push(record: T): boolean {
    const ring = this.#open();
    const codec = this.#codec;
    // Without a codec T is Uint8Array: see OpenedMap.
    const length = codec === undefined ? (record as Uint8Array).length : codec.size;
    this.#checkLength(length);
    const { writer } = ring;
    const offset = writer.reserve(length);
    if (offset < 0) return false;
    let written = false;
    try {
      if (codec === undefined) new Uint8Array(writer.view.buffer, offset, length).set(record as Uint8Array);
      else codec.write(writer.view, offset, record);
      written = true;
    } finally {
      writer.finish(offset, !written);
    }
    return true;
  }

  /** {@link push}, as soon as there is room. False when the ring was closed before. */
  async pushWhenFree(record: T, options: EventOptions = {}): Promise<boolean> {
    const codec = this.#codec;
    const length = codec === undefined ? (record as Uint8Array).length : codec.size;
    while (!this.closed) {
      if (this.push(record)) return true;
      if (!(await this.writable(length, options))) break;
    }
    return false;
  }

  /**
   * Takes room for a record of any length, to be filled and then submitted or discarded; the program reads nothing behind it before.
   * `undefined` when the ring is full. {@link close} discards what is left over.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a length that the ring can't hold; `ERR_BPF_CLOSED`
   */
  reserve(length: number): ReservedRecord | undefined {
    this.#checkLength(length);
    const { writer, reserved } = this.#open();
    const offset = writer.reserve(length);
    if (offset < 0) return undefined;
    reserved.add(offset);
    const finish = (discard: boolean): void => {
      if (reserved.delete(offset)) writer.finish(offset, discard);
      else
        throw new BpfError(
          "ERR_BPF_INVALID_ARGUMENT",
          `${this.handle.what}: the record was submitted or discarded before`,
        );
    };
    return {
      bytes: new Uint8Array(writer.view.buffer, offset, length),
      submit: () => finish(false),
      discard: () => finish(true),
    };
  }

  /**
   * Resolves when there is room for a record of `length` bytes: looks once in a millisecond. False when the ring was closed; rejects
   * with the signal's reason.
   */
  writable(length: number, { signal }: EventOptions = {}): Promise<boolean> {
    this.#checkLength(length);
    const { writer } = this.#open();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearInterval(timer);
        this.#waiting.delete(onClose);
        signal?.removeEventListener("abort", onAbort);
      };
      const onClose = (): void => {
        settle();
        resolve(false);
      };
      const onAbort = (): void => {
        settle();
        reject(signal?.reason as Error);
      };
      const look = (): void => {
        if (!writer.hasRoom(length)) return;
        settle();
        resolve(true);
      };
      const timer = setInterval(look, ROOM_PAUSE_MS);
      this.#waiting.add(onClose);
      signal?.addEventListener("abort", onAbort);
      if (signal?.aborted === true) onAbort();
      else look();
    });
  }

  /** How full the ring is. */
  stats(): RingStats {
    const { consumer, producer } = this.#open().writer.positions();
    return {
      size: this.maxEntries,
      available: producer - consumer,
      consumerPosition: consumer,
      producerPosition: producer,
    };
  }

  /** Discards what was reserved, and gives back descriptor and memory. Programs can still read what was submitted. Idempotent. */
  override close(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    for (const end of this.#waiting) end();
    if (ring !== undefined) {
      for (const offset of ring.reserved) ring.writer.finish(offset, true);
      ring.reserved.clear();
      addon().unmap(ring.memory.consumer);
      addon().unmap(ring.memory.ring);
    }
    super.close();
  }

  #checkLength(length: number): void {
    if (Number.isInteger(length) && length >= 0 && length <= LARGEST_RECORD && length + 8 <= this.maxEntries) return;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what}: a record of ${length} bytes does not fit into ${this.maxEntries}, with the 8 of its header`,
    );
  }

  #open(): OpenRing {
    this.#ring ??= this.#map();
    return this.#ring;
  }

  /** The kernel lets nobody but itself write the program's position (ringbuf_map_mmap_user). */
  #map(): OpenRing {
    const { what } = this.handle;
    if (this.closed) throw closedError(what);
    const page = pageSize();
    const size = this.maxEntries;
    const consumer = addon().map(this.fd, page, 0, false);
    if (typeof consumer === "number") throw explainSyscall(consumer, "mmap", what);
    const ring = addon().map(this.fd, page + 2 * size, page, true);
    if (typeof ring === "number") {
      addon().unmap(consumer);
      throw explainSyscall(ring, "mmap", what);
    }
    const memory: UserRingMemory = { consumer, ring, size, pageSize: page };
    return { memory, writer: new UserRingWriter(memory), reserved: new Set() };
  }
}

import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { BpfMap } from "../maps/bpf-map.ts";
import type { OpenedMap } from "../maps/bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "../maps/map-class.ts";
import type { FromRecordOptions, NewMap, NewMapOptions } from "../maps/map-class.ts";
import { closedError } from "../maps/map-handle.ts";
import { addon, explainSyscall, pageSize } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { consumeRecords, copyRecord, decodeRecord } from "./consume.ts";
import type { ConsumeOptions } from "./consume.ts";
import { whenReadable } from "./readable.ts";
import { copyRecords, ReadOnlyView, RingCursor } from "./ring-cursor.ts";
import type { RingMemory } from "./ring-cursor.ts";
import { RingIterator } from "./ring-iterator.ts";
import type { RingSource } from "./ring-iterator.ts";
import { RingWaiters } from "./ring-waiters.ts";

/** Options of an iteration. */
export interface EventOptions {
  /** Ends the iteration by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** State of a ring buffer, in bytes. */
export interface RingStats {
  /** Bytes of records that can be in the ring: `maxEntries`. */
  readonly size: number;
  /** Bytes from consumer to producer: records with their headers, those given up and those being written included. */
  readonly available: number;
  /** Bytes consumed since the ring was made. */
  readonly consumerPosition: number;
  /** Bytes reserved by programs since the ring was made. */
  readonly producerPosition: number;
}

interface OpenRing extends RingSource<RingCursor> {
  /** Iterators hold this object only, and the map must not be collected, which closes it, while one waits. */
  readonly owner: BpfMap;
  readonly memory: RingMemory;
  readonly rawView: ReadOnlyView;
  consuming: boolean;
}

/** A ring buffer to be created. */
export interface NewRingBuf<T> extends NewMapOptions {
  /** Bytes; rounded up to the page size times a power of two. */
  readonly size: number;
  /** Codec of the records; bytes when not given. */
  readonly record?: Codec<T> | undefined;
}

/**
 * A ring buffer: BPF_MAP_TYPE_RINGBUF (since Linux 5.8). Programs write records, this process reads them from mapped
 * memory; no system call is made while there are some.
 *
 * ```ts
 * for await (const event of objs.maps.events) console.log(event.pid, event.comm);
 * ```
 *
 * Records stay in the ring until they are taken, so a slow reader holds up nobody; programs drop records when the ring is
 * full. Each record goes to one reader: several iterators share them. Other processes must not read the same ring.
 * Several rings are read by a loop for each, which take turns.
 */
export class RingBuf<T> extends BpfMap implements AsyncIterable<T> {
  static readonly mapTypes: readonly MapType[] = [MapType.RINGBUF];

  readonly #codec: Codec<T> | undefined;
  #ring: OpenRing | undefined;

  constructor(opened: OpenedMap) {
    super(opened);
    // T is what the caller says that the codec reads.
    this.#codec = opened.value as Codec<T> | undefined;
  }

  /**
   * Creates a ring, without an object.
   *
   * ```ts
   * using events = RingBuf.create({ size: 1 << 20, record: Event });
   * ```
   *
   * @throws BpfError that says which field is wrong; MissingCapabilityError
   */
  static create<T = Uint8Array>({ size, record, ...options }: NewRingBuf<T>): RingBuf<T> {
    const map: NewMap = { type: MapType.RINGBUF, valueSize: 0, value: record, maxEntries: size };
    return createMapAs(RingBuf<T>, map, options);
  }

  /** Opens the ring with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<T = Uint8Array>(id: number, { record, ...options }: FromRecordOptions<T> = {}): RingBuf<T> {
    return mapFromId(RingBuf<T>, id, { ...options, value: record });
  }

  /** Opens the ring that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<T = Uint8Array>(path: string, { record, ...options }: FromRecordOptions<T> = {}): RingBuf<T> {
    return mapFromPin(RingBuf<T>, path, { ...options, value: record });
  }

  /** Opens the ring behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<T = Uint8Array>(fd: number, { record, ...options }: FromRecordOptions<T> = {}): RingBuf<T> {
    return mapFromFd(RingBuf<T>, fd, { ...options, value: record });
  }

  /** The records, as {@link events} without options has them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.events();
  }

  /**
   * The records as they come, decoded; without a codec, a copy of their bytes. Ends when the ring is closed. While it
   * waits for a record, the process stays alive.
   *
   * The iteration throws a `CodecError` at a record that is shorter than the type, which is then gone, and at `abort` the
   * signal's reason.
   *
   * @throws BpfError `ERR_BPF_CLOSED`; `ERR_BPF_INVALID_ARGUMENT` for a ring that overwrites its oldest records: see {@link snapshot}
   */
  events(options: EventOptions = {}): AsyncIterableIterator<T> {
    return new RingIterator(this.#reader(), (cursor) => this.#decode(cursor), options.signal);
  }

  /** As {@link events}, with a copy of each record's bytes: for records of several types or of any length. */
  rawEvents(options: EventOptions = {}): AsyncIterableIterator<Uint8Array> {
    return new RingIterator(this.#reader(), copyRecord, options.signal);
  }

  /**
   * Calls `callback` for each record that is there by now, without waiting. Returns how many there were. Some 10 times
   * faster than an iteration.
   *
   * An error of the callback, or a `CodecError` for a record that is shorter than the type, ends it; that record is gone.
   */
  consume(callback: (record: T) => void, options?: ConsumeOptions): number {
    return this.#consume((cursor) => callback(this.#decode(cursor)), options);
  }

  /**
   * As {@link consume}, without decoding or copying: a record is `length` bytes at `offset` in `view`, and gone when the
   * callback returns. The memory is read-only; never write to `view.buffer`.
   */
  consumeRaw(callback: (view: DataView, offset: number, length: number) => void, options?: ConsumeOptions): number {
    const { rawView } = this.#reader();
    return this.#consume((cursor) => callback(rawView, cursor.offset, cursor.length), options);
  }

  /**
   * Resolves when there is a record to read: for loops around {@link consume}. False when the ring was closed.
   *
   * ```ts
   * while (await events.readable({ signal })) events.consume(count);
   * ```
   */
  readable(options: EventOptions = {}): Promise<boolean> {
    const { cursor, waiters } = this.#reader();
    return whenReadable(cursor, waiters, options.signal);
  }

  /**
   * Hands what is in the ring to those who wait: records that were written with BPF_RB_NO_WAKEUP only wake nobody, and stay until
   * another record wakes the reader, or this does.
   */
  flush(): void {
    const ring = this.#ring;
    if (ring !== undefined && !ring.consuming) ring.waiters.serve();
  }

  /**
   * The records that are in a ring with BPF_F_RB_OVERWRITE now, from the oldest that is left, decoded; without a codec, as bytes. They
   * stay there, and programs write on meanwhile. Since Linux 6.19.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for other rings; CodecError for a record that is shorter than the type
   */
  snapshot(): T[] {
    if ((this.flags & MapFlag.RB_OVERWRITE) === 0) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${this.handle.what} has no snapshots: it does not overwrite its oldest records (BPF_F_RB_OVERWRITE); read its events`,
      );
    }
    return copyRecords(this.#open().memory).map((data) => {
      const record = { view: new DataView(data.buffer), offset: 0, length: data.length };
      return decodeRecord(this.#codec, record, this.handle.what);
    });
  }

  /** How full the ring is. */
  stats(): RingStats {
    const { consumer, producer } = this.#open().cursor.positions();
    return {
      size: this.maxEntries,
      available: producer - consumer,
      consumerPosition: consumer,
      producerPosition: producer,
    };
  }

  /** Ends all iterations, and gives back descriptor and memory. Idempotent. */
  override close(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    if (ring !== undefined) {
      ring.cursor.close();
      for (const iterator of ring.iterators) iterator.end();
      ring.waiters.close();
      addon().unmap(ring.memory.consumer);
      addon().unmap(ring.memory.ring);
    }
    super.close();
  }

  #consume(use: (cursor: RingCursor) => void, options: ConsumeOptions | undefined): number {
    const batch = Math.min(this.maxEntries / 8, PUBLISH_BYTES);
    return consumeRecords(this.#reader(), use, options, batch, this.handle.what);
  }

  #decode(cursor: RingCursor): T {
    return decodeRecord(this.#codec, cursor, this.handle.what);
  }

  /** The ring, for readers who take records out of it. */
  #reader(): OpenRing {
    if ((this.flags & MapFlag.RB_OVERWRITE) === 0) return this.#open();
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what} overwrites its oldest records (BPF_F_RB_OVERWRITE): they are read by snapshot()`,
    );
  }

  #open(): OpenRing {
    if (this.#ring === undefined) this.#ring = this.#map();
    return this.#ring;
  }

  #map(): OpenRing {
    const { what } = this.handle;
    if (this.closed) throw closedError(what);
    const page = pageSize();
    const size = this.maxEntries;
    const consumer = addon().map(this.fd, page, 0, true);
    if (typeof consumer === "number") throw explainSyscall(consumer, "mmap", what);
    const ring = addon().map(this.fd, page + 2 * size, page, false);
    if (typeof ring === "number") {
      addon().unmap(consumer);
      throw explainSyscall(ring, "mmap", what);
    }
    const memory: RingMemory = { consumer, ring, size, pageSize: page };
    const cursor = new RingCursor(memory);
    return {
      owner: this,
      memory,
      cursor,
      waiters: new RingWaiters(cursor, { fd: this.fd, what, toldOnce: false }),
      rawView: new ReadOnlyView(ring),
      consuming: false,
      iterators: new Set(),
    };
  }
}

/** Space is given back to the programs after so many bytes at the latest: often enough for them, seldom enough for us. */
const PUBLISH_BYTES = 65_536;

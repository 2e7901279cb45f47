import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { consumeRecords, copyRecord, decodeRecord } from "../events/consume.ts";
import type { ConsumeOptions } from "../events/consume.ts";
import { PerfBuffer } from "../events/perf-buffer.ts";
import type { PerfBufferShape } from "../events/perf-buffer.ts";
import type { PerfCursor } from "../events/perf-cursor.ts";
import { perfBufferShape } from "../events/perf-options.ts";
import type { PerfBufferOptions } from "../events/perf-options.ts";
import { whenReadable } from "../events/readable.ts";
import type { EventOptions } from "../events/ring-buf.ts";
import { RingIterator } from "../events/ring-iterator.ts";
import type { RingSource } from "../events/ring-iterator.ts";
import { RingWaiters } from "../events/ring-waiters.ts";
import { MapType } from "../uapi/index.ts";
import type { BpfMap, OpenedMap } from "./bpf-map.ts";
import { DescriptorMap } from "./descriptor-map.ts";
import type { Descriptor } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromRecordOptions, NewMapOptions } from "./map-class.ts";
import { closedError } from "./map-handle.ts";

/** A record as its program wrote it. */
export interface PerfRecord {
  /** The CPU that it was written on. */
  readonly cpu: number;
  /** When: nanoseconds of CLOCK_MONOTONIC, as `bpf_ktime_get_ns()` has them. `undefined` unless `order` is `"time"`. */
  readonly time: bigint | undefined;
  /** A copy of its bytes, with up to 7 more that the kernel fills in: its size and 4 are a multiple of 8. */
  readonly data: Uint8Array;
}

/** A perf event array to be created. */
export interface NewPerfEventArray<T> extends NewMapOptions {
  /** Slots. Default: as many as there are possible CPUs. */
  readonly maxEntries?: number;
  /** Codec of the records; bytes when not given. */
  readonly record?: Codec<T> | undefined;
}

interface OpenBuffer extends RingSource<PerfCursor> {
  /** Iterators hold this object only, and the map must not be collected, which closes it, while one waits. */
  readonly owner: BpfMap;
  readonly buffer: PerfBuffer;
  readonly shape: PerfBufferShape;
  consuming: boolean;
}

const PUBLISH_BYTES = 65_536;

/**
 * Perf events by CPU: BPF_MAP_TYPE_PERF_EVENT_ARRAY (since Linux 4.3). Programs write records to the ring of their CPU with
 * `bpf_perf_event_output()` (since 4.4), and this process reads them from mapped memory.
 *
 * ```ts
 * objs.maps.events.open({ wakeupRecords: 16 }); // before programs are attached: without rings their records go nowhere
 * for await (const event of objs.maps.events) console.log(event.pid, event.comm);
 * ```
 *
 * A full ring drops new records, and says so: see {@link lost}. A {@link RingBuf} keeps the order of records and takes less memory;
 * this is for kernels before 5.8.
 */
export class PerfEventArray<T> extends DescriptorMap<number> implements AsyncIterable<T> {
  static readonly mapTypes: readonly MapType[] = [MapType.PERF_EVENT_ARRAY];

  readonly #codec: Codec<T> | undefined;
  #open: OpenBuffer | undefined;
  #lost = 0;

  constructor(opened: OpenedMap) {
    super(opened, {
      setHints: {
        EBADF: "the descriptor is not open, or is no perf event",
        EINVAL: "programs can't read this kind of perf event: it is inherited by child processes",
      },
    });
    // T is what the caller says that the codec reads.
    this.#codec = opened.value as Codec<T> | undefined;
  }

  /**
   * Creates an array, without an object.
   *
   * @throws BpfError that says which field is wrong; MissingCapabilityError
   */
  static create<T = Uint8Array>({ record, maxEntries = 0, ...options }: NewPerfEventArray<T> = {}): PerfEventArray<T> {
    const map = { type: MapType.PERF_EVENT_ARRAY, keySize: 4, valueSize: 4, value: record, maxEntries };
    return createMapAs(PerfEventArray<T>, map, options);
  }

  /** Opens the array with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<T = Uint8Array>(id: number, { record, ...options }: FromRecordOptions<T> = {}): PerfEventArray<T> {
    return mapFromId(PerfEventArray<T>, id, { ...options, value: record });
  }

  /** Opens the array that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<T = Uint8Array>(path: string, { record, ...options }: FromRecordOptions<T> = {}): PerfEventArray<T> {
    return mapFromPin(PerfEventArray<T>, path, { ...options, value: record });
  }

  /** Opens the array behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<T = Uint8Array>(fd: number, { record, ...options }: FromRecordOptions<T> = {}): PerfEventArray<T> {
    return mapFromFd(PerfEventArray<T>, fd, { ...options, value: record });
  }

  /**
   * Makes a ring for each CPU that is online, and puts it into the CPU's slot. CPUs that come later have none, and programs on them
   * write nowhere. Whoever reads before opens with the defaults.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it is open, or for wrong options; `MissingCapabilityError`: CAP_PERFMON (or
   *   CAP_SYS_ADMIN before Linux 5.8), or CAP_IPC_LOCK for rings above kernel.perf_event_mlock_kb
   */
  open(options: PerfBufferOptions = {}): void {
    if (this.#open !== undefined)
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${this.handle.what} is open already: open it before it is read`);
    this.#open = this.#openBuffer(options);
  }

  /** The records, as {@link events} without options has them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.events();
  }

  /**
   * The records as they come, decoded; without a codec, a copy of their bytes. Ends when the map is closed. While it waits for a
   * record, the process stays alive.
   *
   * The iteration throws a `CodecError` at a record that is shorter than the type, which is then gone, and at `abort` the
   * signal's reason.
   *
   * @throws BpfError `ERR_BPF_CLOSED`, and as {@link open}
   */
  events(options: EventOptions = {}): AsyncIterableIterator<T> {
    return new RingIterator(this.#reader(), (cursor) => this.#decode(cursor), options.signal);
  }

  /** As {@link events}, not decoded, with CPU and time. */
  rawEvents(options: EventOptions = {}): AsyncIterableIterator<PerfRecord> {
    const reader = this.#reader();
    return new RingIterator(reader, (cursor) => recordOf(cursor, cursor.cpu, timeOf(cursor, reader)), options.signal);
  }

  /**
   * Calls `callback` for each record that is there by now, without waiting. Returns how many there were. Some 10 times faster than
   * an iteration.
   *
   * An error of the callback, or a `CodecError` for a record that is shorter than the type, ends it; that record is gone.
   */
  consume(callback: (record: T, cpu: number) => void, options?: ConsumeOptions): number {
    return this.#consume((cursor) => callback(this.#decode(cursor), cursor.cpu), options);
  }

  /**
   * As {@link consume}, without decoding or copying: a record is `length` bytes at `offset` in `view`, and gone when the callback
   * returns. `length` has up to 7 bytes more than the program wrote: it and 4 are a multiple of 8.
   */
  consumeRaw(
    callback: (view: DataView, offset: number, length: number, cpu: number) => void,
    options?: ConsumeOptions,
  ): number {
    return this.#consume((cursor) => callback(cursor.view, cursor.offset, cursor.length, cursor.cpu), options);
  }

  /**
   * Resolves when there is a record to read: for loops around {@link consume}. False when the map was closed.
   *
   * ```ts
   * while (await events.readable({ signal })) events.consume(count);
   * ```
   */
  readable(options: EventOptions = {}): Promise<boolean> {
    const { cursor, waiters } = this.#reader();
    return whenReadable(cursor, waiters, options.signal);
  }

  /** Hands what is there to those who wait, also below `wakeupRecords` or `wakeupBytes`. */
  flush(): void {
    const open = this.#open;
    if (open !== undefined && !open.consuming) open.waiters.serve();
  }

  /**
   * The records that are in the rings now, for rings with `overwrite`: of each CPU from the oldest that is left to the newest, or by
   * time. They stay there. Programs can't write meanwhile, and what they output then is dropped.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for rings without `overwrite`
   */
  snapshot(): PerfRecord[] {
    const { buffer, shape } = this.#openOrDefault();
    if (!shape.overwrite) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${this.handle.what} has no snapshots: open it with { overwrite: true }, or read its events`,
      );
    }
    const timed = shape.order === "time";
    const records: PerfRecord[] = [];
    buffer.setPaused(true);
    try {
      for (const ring of buffer.rings()) {
        const newest: PerfRecord[] = [];
        for (const { timeHigh, timeLow } of ring.newestFirst()) {
          const time = timed ? (BigInt(timeHigh) << 32n) | BigInt(timeLow) : undefined;
          newest.push(recordOf(ring, ring.cpu, time));
        }
        for (const record of newest.toReversed()) records.push(record);
      }
    } finally {
      buffer.setPaused(false);
    }
    if (timed) records.sort((a, b) => ((a.time ?? 0n) < (b.time ?? 0n) ? -1 : 1));
    return records;
  }

  /** Drops what programs output, until {@link resume}: their helper returns -EAGAIN. What is there can be read. Since Linux 4.7. */
  pause(): void {
    this.#openOrDefault().buffer.setPaused(true);
  }

  /** Ends {@link pause}. */
  resume(): void {
    this.#openOrDefault().buffer.setPaused(false);
  }

  /**
   * Records that were dropped because the ring of their CPU was full. The kernel tells of them in front of the next record that fits,
   * and so they are counted when that one is read.
   */
  get lost(): number {
    return this.#lost;
  }

  /** The CPUs that have a ring: those that were online at {@link open}. */
  get cpus(): readonly number[] {
    return this.#openOrDefault().buffer.cpus;
  }

  /**
   * Puts an event of perf_event_open(2) into a slot, for programs to read with `bpf_perf_event_read_value()`. It stays there until it
   * is deleted, or this map is closed.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not there, while the rings of {@link open} are in the slots
   */
  set(index: number, event: number | Descriptor): void {
    if (this.#open !== undefined) throw this.#hasRings();
    this.#setSlot(index, typeof event === "number" ? event : event.fd);
  }

  /** Empties a slot. False when it was empty. */
  override delete(index: number): boolean {
    if (this.#open !== undefined) throw this.#hasRings();
    return super.delete(index);
  }

  /** Ends all iterations, empties the slots of the rings, and gives back descriptors and memory. Idempotent. */
  override close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) {
      open.buffer.cursor.close();
      for (const iterator of open.iterators) iterator.end();
      open.waiters.close();
      open.buffer.close();
    }
    super.close();
  }

  #consume(use: (cursor: PerfCursor) => void, options: ConsumeOptions | undefined): number {
    const reader = this.#reader();
    const batch = Math.min(reader.shape.bytesPerCpu / 8, PUBLISH_BYTES);
    return consumeRecords(reader, use, options, batch, this.handle.what);
  }

  #decode(cursor: PerfCursor): T {
    return decodeRecord(this.#codec, cursor, this.handle.what);
  }

  #openOrDefault(): OpenBuffer {
    this.#open ??= this.#openBuffer({});
    return this.#open;
  }

  #reader(): OpenBuffer {
    const open = this.#openOrDefault();
    if (!open.shape.overwrite) return open;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what} overwrites its oldest records: they are read by snapshot()`,
    );
  }

  #openBuffer(options: PerfBufferOptions): OpenBuffer {
    const { what } = this.handle;
    if (this.closed) throw closedError(what);
    const shape = perfBufferShape(options, what);
    const lost = (count: number, cpu: number): void => {
      this.#lost += count;
      // Not amid the reading of records.
      if (options.onLost !== undefined) queueMicrotask(() => options.onLost?.(count, cpu));
    };
    const buffer = new PerfBuffer(
      {
        what,
        slots: this.maxEntries,
        set: (cpu, fd) => this.#setSlot(cpu, fd),
        clear: (cpu) => void super.delete(cpu),
      },
      shape,
      lost,
    );
    const { cursor, wakeup } = buffer;
    return {
      owner: this,
      buffer,
      shape,
      cursor,
      waiters: new RingWaiters(cursor, { fd: wakeup.value, what, toldOnce: true }),
      consuming: false,
      iterators: new Set(),
    };
  }

  #setSlot(index: number, fd: number): void {
    this.put(index, (view, offset) => view.setUint32(offset, fd, hostIsLittleEndian), undefined);
  }

  #hasRings(): BpfError {
    return new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.handle.what} is open: its slots have the rings of the CPUs`,
    );
  }
}

function timeOf(cursor: PerfCursor, { shape }: OpenBuffer): bigint | undefined {
  return shape.order === "time" ? cursor.time : undefined;
}

function recordOf(
  place: { readonly view: DataView; readonly offset: number; readonly length: number },
  cpu: number,
  time: bigint | undefined,
): PerfRecord {
  return { cpu, time, data: copyRecord(place) };
}

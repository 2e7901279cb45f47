import { within } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { BatchMemory } from "./batch-memory.ts";
import { lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, UpdateOptions } from "./bpf-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { EntryBatch } from "./entry-batch.ts";
import type { BatchOptions, RawEntries, RawKeys } from "./entry-batch.ts";
import { EntryReader, usualBatch } from "./entry-reader.ts";
import { EntryWriter } from "./entry-writer.ts";
import { checkIndex } from "./index-codec.ts";
import type { WalkedMap } from "./walk-order.ts";

const NO_VALUES = new Uint8Array(0);
const INDEX_BYTES = 4;

/** All entries of a map, or many of them: what maps with keys have in common. Each call is a walk or a write of its own. */
export class MapEntries<K, V> {
  readonly #map: WalkedMap;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;

  constructor(map: WalkedMap, key: Codec<K>, value: Codec<V>) {
    this.#map = map;
    this.#key = key;
    this.#value = value;
  }

  *keys(): Generator<K, void, undefined> {
    const reader = this.#reader();
    const { memory } = reader;
    for (let count = reader.next(); count > 0; count = reader.next()) {
      for (let index = 0; index < count; index++) {
        this.#checkOpen();
        yield this.#key.read(memory.view, index * memory.keySize);
      }
    }
  }

  *values(): Generator<V, void, undefined> {
    const reader = this.#reader();
    const { memory } = reader;
    for (let count = reader.next(); count > 0; count = reader.next()) {
      for (let index = 0; index < count; index++) {
        this.#checkOpen();
        yield this.#value.read(memory.view, memory.valuesOffset + index * memory.valueSize);
      }
    }
  }

  *entries(options?: BatchOptions): Generator<[K, V], void, undefined> {
    const reader = this.#reader(options);
    const { memory } = reader;
    for (let count = reader.next(); count > 0; count = reader.next()) {
      for (let index = 0; index < count; index++) {
        this.#checkOpen();
        yield [
          this.#key.read(memory.view, index * memory.keySize),
          this.#value.read(memory.view, memory.valuesOffset + index * memory.valueSize),
        ];
      }
    }
  }

  forEach(callback: (value: V, key: K) => void): void {
    const reader = this.#reader();
    const { memory } = reader;
    for (let count = reader.next(); count > 0; count = reader.next()) {
      for (let index = 0; index < count; index++) {
        this.#checkOpen();
        const key = this.#key.read(memory.view, index * memory.keySize);
        callback(this.#value.read(memory.view, memory.valuesOffset + index * memory.valueSize), key);
      }
    }
  }

  *batches(options: BatchOptions = {}): Generator<EntryBatch<K, V>, void, undefined> {
    const size = options.size ?? usualBatch(this.#map, this.#map.handle.elements.valueBytes);
    const reader = this.#reader({ ...options, size });
    for (let count = reader.next(); count > 0; count = reader.next()) {
      yield new EntryBatch(reader.memory, count, this.#key, this.#value);
    }
  }

  /** Number of entries, counted by reading all. */
  count(): number {
    const reader = this.#reader();
    let total = 0;
    for (let count = reader.next(); count > 0; count = reader.next()) total += count;
    return total;
  }

  /** Deletes all entries. */
  clear(): void {
    const reader = this.#reader({ remove: true });
    while (reader.next() > 0);
  }

  set(entries: Iterable<readonly [K, V]> | RawEntries, options?: UpdateOptions): number {
    const writer = new EntryWriter(this.#map, updateFlags(options));
    if (isRaw(entries)) {
      const count = this.#rawCount(entries.keys);
      const { valueBytes } = this.#map.handle.elements;
      if (!(entries.values instanceof Uint8Array) || entries.values.length !== count * valueBytes) {
        throw this.#wrongBytes("values", `${count} × ${valueBytes} bytes, as many as keys`);
      }
      if (this.#map.order === "byIndex") this.#checkIndexes(entries.keys);
      writer.send(entries.keys, entries.values, count);
      return writer.done;
    }
    const memory = this.#writeMemory();
    let total = 0;
    let count = 0;
    for (const entry of entries) {
      let part = 0;
      try {
        this.#key.write(memory.view, count * memory.keySize, entry[0]);
        part = 1;
        this.#value.write(memory.view, memory.valuesOffset + count * memory.valueSize, entry[1]);
      } catch (error) {
        throw within(total, within(part, error));
      }
      total++;
      count = this.#sendFull(writer, memory, count + 1);
    }
    writer.send(memory.keys, memory.values, count);
    return writer.done;
  }

  delete(keys: Iterable<K> | RawKeys): number {
    const writer = new EntryWriter(this.#map, undefined);
    if (isRaw(keys)) {
      writer.send(keys.keys, NO_VALUES, this.#rawCount(keys.keys));
      return writer.done;
    }
    const memory = this.#writeMemory();
    let total = 0;
    let count = 0;
    for (const key of keys) {
      try {
        this.#key.write(memory.view, count * memory.keySize, key);
      } catch (error) {
        throw within(total, error);
      }
      total++;
      count = this.#sendFull(writer, memory, count + 1);
    }
    writer.send(memory.keys, NO_VALUES, count);
    return writer.done;
  }

  /** Entries in memory that are still to be sent. */
  #sendFull(writer: EntryWriter, memory: BatchMemory, count: number): number {
    if (count < memory.capacity) return count;
    writer.send(memory.keys, memory.values, count);
    return 0;
  }

  #writeMemory(): BatchMemory {
    const { elements } = this.#map.handle;
    return new BatchMemory(elements, this.#map.keySize, usualBatch(this.#map, elements.valueBytes));
  }

  #reader(options: BatchOptions = {}): EntryReader {
    const { size, remove = false } = options;
    if (size !== undefined && (!Number.isInteger(size) || size < 1)) {
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `size ${String(size)} of a batch is not an integer from 1 on`);
    }
    return new EntryReader(this.#map, { size, flags: lookupFlags(options satisfies LookupOptions), remove });
  }

  /** @throws BpfError `ERR_BPF_CLOSED` when the map was closed in a loop */
  #checkOpen(): void {
    void this.#map.handle.elements;
  }

  #rawCount(keys: Uint8Array): number {
    const { keySize } = this.#map;
    if (keys.length % keySize !== 0) throw this.#wrongBytes("keys", `a multiple of ${keySize} bytes`);
    return keys.length / keySize;
  }

  /** The kernel says of an index that an array does not have what it says of a full map. */
  #checkIndexes(keys: Uint8Array): void {
    const { handle, maxEntries } = this.#map;
    const view = new DataView(keys.buffer, keys.byteOffset, keys.length);
    for (let offset = 0; offset < keys.length; offset += INDEX_BYTES) {
      checkIndex(view.getUint32(offset, hostIsLittleEndian), maxEntries, handle.what);
    }
  }

  #wrongBytes(part: string, wanted: string): BpfError {
    return new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.#map.handle.what}: ${part} must be a Uint8Array of ${wanted}`,
    );
  }
}

/** A `Map`, too, has something that is called `keys`. */
function isRaw(entries: object): entries is RawKeys {
  return "keys" in entries && entries.keys instanceof Uint8Array;
}

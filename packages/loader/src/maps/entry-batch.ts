import type { Codec } from "../codec/index.ts";
import type { BatchMemory } from "./batch-memory.ts";
import type { LookupOptions } from "./bpf-map.ts";

/** Keys of a map as bytes. */
export interface RawKeys {
  /** Keys behind each other: a multiple of `keySize` bytes. */
  readonly keys: Uint8Array;
}

/** Entries of a map as bytes. */
export interface RawEntries extends RawKeys {
  /** As many values behind each other. In a per-CPU map a value is each possible CPU's, at multiples of 8 bytes. */
  readonly values: Uint8Array;
}

/** Options of reading many entries. */
export interface BatchOptions extends LookupOptions {
  /**
   * Entries of one batch, 1 or more: as many as fit a megabyte when not given. It grows by itself when a bucket of a hash map has more,
   * and kinds of maps that can only be read at once give one batch.
   */
  readonly size?: number | undefined;
  /** Deletes the entries of a batch from the map in the same step. */
  readonly remove?: boolean | undefined;
}

/**
 * Entries that one system call gave. Its memory is that of the next batch, too: what has to last longer than the step of a loop is
 * copied, `batch.values.slice()`.
 */
export class EntryBatch<K, V> implements RawEntries, Iterable<[K, V]> {
  /** Number of entries, at least 1. */
  readonly length: number;
  /** The keys' bytes, one after the other. */
  readonly keys: Uint8Array;
  /** The values' bytes, one after the other; in per-CPU maps all CPUs' of an entry. */
  readonly values: Uint8Array;

  readonly #memory: BatchMemory;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;

  /** @internal */
  constructor(memory: BatchMemory, length: number, key: Codec<K>, value: Codec<V>) {
    this.length = length;
    this.keys = memory.keys.subarray(0, length * memory.keySize);
    this.values = memory.values.subarray(0, length * memory.valueSize);
    this.#memory = memory;
    this.#key = key;
    this.#value = value;
  }

  /** The key of an entry, decoded. Indexes go from 0 to `length` − 1. */
  key(index: number): K {
    return this.#key.read(this.#memory.view, index * this.#memory.keySize);
  }

  /** The value of an entry, decoded. Indexes go from 0 to `length` − 1. */
  value(index: number): V {
    return this.#value.read(this.#memory.view, this.#memory.valuesOffset + index * this.#memory.valueSize);
  }

  /** The entries, decoded. */
  *[Symbol.iterator](): Generator<[K, V], void, undefined> {
    for (let index = 0; index < this.length; index++) yield [this.key(index), this.value(index)];
  }
}

import type { Codec } from "../codec/index.ts";
import { BpfMap, elementCodec, lookupFlags, updateFlags } from "./bpf-map.ts";
import type { LookupOptions, OpenedMap, UpdateOptions } from "./bpf-map.ts";
import { checkTarget, copyBytes } from "./copy-bytes.ts";
import type { BatchOptions, EntryBatch, RawEntries, RawKeys } from "./entry-batch.ts";
import { MapEntries } from "./map-entries.ts";
import { walkOrder } from "./walk-order.ts";

/**
 * A map whose entries come and go, with the interface of JavaScript's `Map`. Every operation on one entry is a system call, about a
 * microsecond. All entries, or many, are read and written in batches where the kernel has that (hash maps: since Linux 5.6), a tenth of
 * a microsecond each, and otherwise one by one.
 */
export abstract class KeyedMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  /** @internal */
  protected readonly keyCodec: Codec<K>;
  /** @internal */
  protected readonly valueCodec: Codec<V>;
  readonly #entries: MapEntries<K, V>;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap, value: Codec<unknown> = elementCodec(opened, "value")) {
    super(opened);
    // K and V are what the caller says that the codecs of `opened` read; the sizes are checked.
    this.keyCodec = elementCodec(opened, "key") as Codec<K>;
    this.valueCodec = value as Codec<V>;
    const { handle, keySize, maxEntries } = this;
    const order = walkOrder(opened.type);
    this.#entries = new MapEntries({ handle, order, keySize, maxEntries }, this.keyCodec, this.valueCodec);
  }

  /**
   * The value of a key.
   *
   * @throws CodecError when the key does not fit its type
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get(key: K, options?: LookupOptions): V | undefined {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.lookup(lookupFlags(options))
      ? this.valueCodec.read(elements.view, elements.valueOffset)
      : undefined;
  }

  /**
   * Copies the bytes of a key's value, and makes no object: for loops that must not leave garbage. False when there is no such key;
   * `target` is untouched then.
   *
   * ```ts
   * const stats = new BigUint64Array(2);
   * const bytes = new Uint8Array(stats.buffer);
   * if (map.getInto(key, bytes)) packets += Number(stats[0]);
   * ```
   *
   * @param target has exactly `valueSize` bytes; in a per-CPU map as many, rounded up to a multiple of 8, for each possible CPU
   * @throws CodecError when the key does not fit its type
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a target of another size; `ERR_BPF_CLOSED`
   */
  getInto(key: K, target: Uint8Array, options?: LookupOptions): boolean {
    const { elements } = this.handle;
    const { valueBytes } = elements;
    checkTarget(target, valueBytes, this.handle.what);
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    if (!elements.lookup(lookupFlags(options))) return false;
    copyBytes(elements.bytes, elements.valueOffset, target, 0, valueBytes);
    return true;
  }

  /**
   * Writes an entry. True unless `options.flag` forbids it: `noExist` and the key is there, `exist` and it is not.
   *
   * @throws CodecError when key or value don't fit their types; nothing is written then
   * @throws SyscallError `E2BIG` when the map is full, `EPERM` when it is frozen
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  set(key: K, value: V, options?: UpdateOptions): boolean {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    this.valueCodec.write(elements.view, elements.valueOffset, value);
    return elements.update(updateFlags(options));
  }

  /** Whether the map has the key. */
  has(key: K): boolean {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.lookup(0);
  }

  /** Removes an entry. False when there was none. */
  delete(key: K): boolean {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.delete();
  }

  /**
   * Writes many entries: pairs of key and value, such as a `Map`, or bytes, such as a batch of {@link batches}. How many were written;
   * those that `options.flag` forbids are passed over, as {@link set} does.
   *
   * ```ts
   * objs.maps.limits.setMany([[80, { rate: 10 }], [443, { rate: 100 }]]);
   * ```
   *
   * @throws BatchError when the kernel refuses an entry, such as `E2BIG` when the map is full: `done` tells how many were written before,
   *   and they stay
   * @throws CodecError when a key or value doesn't fit its type; its path starts with the number of the entry. Others before it may be
   *   written
   */
  setMany(entries: Iterable<readonly [K, V]> | RawEntries, options?: UpdateOptions): number {
    return this.#entries.set(entries, options);
  }

  /**
   * Removes many entries, by their keys or the bytes of those. How many there were; keys that the map does not have are passed over.
   *
   * @throws BatchError when the kernel refuses: `done` tells how many were removed before
   * @throws CodecError when a key doesn't fit its type; its path starts with its number. Others before it may be removed
   */
  deleteMany(keys: Iterable<K> | RawKeys): number {
    return this.#entries.delete(keys);
  }

  /** Removes all entries. Those that programs add meanwhile may stay. */
  clear(): void {
    this.#entries.clear();
  }

  /** Entries, counted by reading all of them. The kernel keeps no count. */
  get size(): number {
    return this.#entries.count();
  }

  /** The keys, as {@link entries} finds them. */
  keys(): Generator<K, void, undefined> {
    return this.#entries.keys();
  }

  /** The values, as {@link entries} finds them. */
  values(): Generator<V, void, undefined> {
    return this.#entries.values();
  }

  /**
   * Keys with values. They are read ahead in batches, so that one may come that was deleted or changed a moment ago, and one that is
   * added meanwhile may come or not.
   *
   * Entries may be added and deleted while iterating, by the loop and by programs. In a hash map with batches, one that is there all
   * the time comes once, and no key comes twice. Everywhere else a key may come twice when programs delete others meanwhile.
   *
   * @throws BpfError `ERR_BPF_ITERATION` when the map changes faster than it can be walked; not in hash maps with batches
   */
  entries(): Generator<[K, V], void, undefined> {
    return this.#entries.entries();
  }

  [Symbol.iterator](): Generator<[K, V], void, undefined> {
    return this.entries();
  }

  /** Calls `callback` for each entry, as {@link entries} finds them. */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    this.#entries.forEach((value, key) => callback(value, key, this));
  }

  /**
   * All entries as {@link entries} finds them, a batch for each system call: for bytes that are passed on as they are, or for reading
   * and deleting in one step.
   *
   * ```ts
   * for (const batch of objs.maps.flows.batches({ remove: true })) {
   *   for (const [key, stats] of batch) console.log(key.saddr, stats.packets);
   * }
   * ```
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a size that is no integer from 1 on
   */
  batches(options?: BatchOptions): Generator<EntryBatch<K, V>, void, undefined> {
    return this.#entries.batches(options);
  }

  /**
   * All entries, each deleted from the map in the step that reads it: what programs count is taken over without a gap. Since Linux 5.6;
   * before, and in LPM tries, an update between the two calls for an entry is lost.
   *
   * A batch is deleted when its first entry is handed over: a loop that is left early drops the rest of it. {@link batches} with
   * `remove` hands it over as a whole.
   */
  drain(options?: LookupOptions): Generator<[K, V], void, undefined> {
    return this.#entries.entries({ ...options, remove: true });
  }
}

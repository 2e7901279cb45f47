import { Errno } from "../sys/index.ts";
import { BatchMemory } from "./batch-memory.ts";
import { KeyWalk, tooFast, walkLimit } from "./key-walk.ts";
import type { WalkedMap } from "./walk-order.ts";

/** Entries of the first look-up, so that the first entry is cheap; the next ones are larger. */
const FIRST_ENTRIES = 64;
const GROWTH = 8;
const MOST_ENTRIES = 8192;
const MOST_BYTES = 1 << 20;

/** How entries are read. */
export interface ReadOptions {
  /** Entries at a time; grows from few to many when not given. */
  readonly size?: number | undefined;
  /** Bits of `UpdateFlag`: LOCK, or none. */
  readonly flags: number;
  /** Whether they are deleted in the same step. */
  readonly remove: boolean;
}

/** Entries at a time that are worth their memory. */
export function usualBatch(map: WalkedMap, valueBytes: number): number {
  return Math.max(1, Math.min(MOST_ENTRIES, map.maxEntries, Math.floor(MOST_BYTES / (map.keySize + valueBytes))));
}

/**
 * Reads all entries of a map, many at a time: by the batch commands where the kernel has them for this kind of map, and otherwise key
 * by key.
 */
export class EntryReader {
  /** What {@link next} read: its first entries. */
  readonly memory: BatchMemory;

  readonly #map: WalkedMap;
  readonly #options: ReadOptions;
  readonly #usual: number;
  #walk: KeyWalk | undefined;
  #started = false;
  #ended = false;

  constructor(map: WalkedMap, options: ReadOptions) {
    const { elements } = map.handle;
    this.#map = map;
    this.#options = options;
    this.#usual = usualBatch(map, elements.valueBytes);
    const size = Math.min(options.size ?? Math.min(FIRST_ENTRIES, this.#usual), map.maxEntries);
    this.memory = new BatchMemory(elements, map.keySize, Math.max(1, size));
  }

  /**
   * Reads the next entries. How many; 0 at the end.
   *
   * @throws BpfError `ERR_BPF_ITERATION` when the map changes faster than it can be read
   */
  next(): number {
    if (this.#ended) return 0;
    if (this.#started) this.#grow();
    if (this.#walk !== undefined) return this.#nextByKey();
    const count = this.#map.order === "atOnce" ? this.#all() : this.#batch();
    if (count !== undefined) return count;
    this.#walk = new KeyWalk(this.#map);
    this.#started = true;
    return this.#nextByKey();
  }

  /** `undefined` when the map has no such command. */
  #batch(): number | undefined {
    const { memory } = this;
    const { flags, remove } = this.#options;
    for (;;) {
      memory.count = memory.capacity;
      const result = this.#map.handle.elements.lookupBatch(memory, !this.#started, flags, remove);
      if (result === undefined) return undefined;
      const { count } = memory;
      if (result === -Errno.ENOSPC && count === 0) {
        memory.grow(this.#larger(memory.capacity, result));
        continue;
      }
      // Without an entry the cursor is where it was.
      this.#started ||= count > 0;
      this.#ended = result === -Errno.ENOENT;
      if (count > 0 || this.#ended) return count;
    }
  }

  /** Reads everything: what is deleted between two calls would send the walk back to its start. */
  #all(): number | undefined {
    const { memory } = this;
    const { flags, remove } = this.#options;
    const limit = walkLimit(this.#map);
    const part = new BatchMemory(this.#map.handle.elements, this.#map.keySize, this.#usual);
    let total = 0;
    for (;;) {
      part.count = part.capacity;
      const result = this.#map.handle.elements.lookupBatch(part, total === 0, flags, remove);
      if (result === undefined) return undefined;
      if (result === -Errno.ENOSPC && part.count === 0) {
        part.grow(this.#larger(part.capacity, result));
        continue;
      }
      if (total + part.count > limit) throw tooFast(this.#map, total + part.count);
      if (total + part.count > memory.capacity) memory.grow(Math.max(2 * memory.capacity, total + part.count), total);
      memory.keys.set(part.keys.subarray(0, part.count * part.keySize), total * part.keySize);
      memory.values.set(part.values.subarray(0, part.count * part.valueSize), total * part.valueSize);
      total += part.count;
      if (result !== -Errno.ENOENT) continue;
      this.#ended = true;
      return total;
    }
  }

  #nextByKey(): number {
    const { memory } = this;
    const { flags, remove } = this.#options;
    let count = 0;
    for (;;) {
      if (count === memory.capacity) {
        if (this.#map.order !== "atOnce") break;
        memory.grow(2 * memory.capacity, count);
      }
      if (this.#walk?.advance() !== true) {
        this.#ended = true;
        break;
      }
      const { elements } = this.#map.handle;
      this.#walk.select(elements);
      if (elements.lookup(flags) && (!remove || elements.delete())) memory.put(count++, elements);
    }
    return count;
  }

  /** Nothing of the last look-up is needed any more, and the caller has taken what it wants. */
  #grow(): void {
    const { capacity } = this.memory;
    if (this.#options.size !== undefined || capacity >= this.#usual) return;
    this.memory.grow(Math.min(this.#usual, capacity * GROWTH));
  }

  /** A bucket of the hash map has more entries than there is room for: the kernel gives all of a bucket or none. */
  #larger(capacity: number, errno: number): number {
    if (capacity <= 2 * this.#map.maxEntries) return 2 * capacity;
    const command = this.#options.remove ? "BPF_MAP_LOOKUP_AND_DELETE_BATCH" : "BPF_MAP_LOOKUP_BATCH";
    throw this.#map.handle.elements.failure(errno, command);
  }
}

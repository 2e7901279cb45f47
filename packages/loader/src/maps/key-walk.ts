import { BpfError } from "../errors/index.ts";
import { copyBytes } from "./copy-bytes.ts";
import type { MapElements } from "./map-elements.ts";
import type { WalkedMap } from "./walk-order.ts";

/** Keys fetched ahead: few at first, so that the first key is cheap, then more. */
const FIRST_CHUNK = 4;
const LARGEST_CHUNK = 256;
/** Bytes of keys fetched ahead. */
const CHUNK_BYTES = 65_536;

/**
 * Walks the keys of a hash map while it changes.
 *
 * The kernel finds the next key by the previous one, and starts again from the first when the previous one is gone.
 * So keys are fetched in chunks, without a pause in which the caller could delete one; a chunk goes on from its last key
 * that the map still has, and only when all of them are gone from the start. What remains: a key that a program deletes
 * within the microsecond between two calls makes keys come twice.
 *
 * A walk always ends: a map that changes so fast that twice its `maxEntries` keys were seen is given up with an error.
 */
export class KeyWalk {
  /** Holds the current key at {@link offset}. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same memory. */
  keys: Uint8Array = new Uint8Array(0);
  /** Bytes from the start of {@link view} to the current key. */
  offset = 0;

  readonly #map: WalkedMap;
  readonly #keySize: number;
  readonly #limit: number;
  #capacity = 0;
  #count = 0;
  #index = 0;
  #seen = 0;
  #started = false;
  #ended = false;

  constructor(map: WalkedMap) {
    this.#map = map;
    this.#keySize = map.keySize;
    this.#limit = walkLimit(map);
  }

  /**
   * Steps to the next key, or to the first. False at the end.
   *
   * @throws BpfError `ERR_BPF_ITERATION` when the map changes faster than it can be walked.
   */
  advance(): boolean {
    if (this.#index + 1 < this.#count) {
      this.#index++;
      this.offset += this.#keySize;
      return true;
    }
    return !this.#ended && this.#fetch();
  }

  /** Writes the current key to where the calls on elements take it. */
  select(elements: MapElements): void {
    copyBytes(this.keys, this.offset, elements.bytes, elements.keyOffset, this.#keySize);
  }

  #fetch(): boolean {
    const { elements } = this.#map.handle;
    const { bytes, keyOffset, nextKeyOffset } = elements;
    const keySize = this.#keySize;
    let more = this.#started && this.#selectAnchor(elements) ? elements.nextKey(false) : elements.nextKey(true);
    this.#started = true;
    this.#grow();
    this.#count = 0;
    this.#index = 0;
    this.offset = 0;
    while (more) {
      copyBytes(bytes, nextKeyOffset, this.keys, this.#count * keySize, keySize);
      this.#count++;
      if (this.#seen + this.#count > this.#limit) throw tooFast(this.#map, this.#seen + this.#count);
      if (this.#count === this.#capacity && !this.#goOn()) break;
      copyBytes(bytes, nextKeyOffset, bytes, keyOffset, keySize);
      more = elements.nextKey(false);
    }
    this.#ended = !more;
    this.#seen += this.#count;
    return this.#count > 0;
  }

  /** At the end of a chunk: makes more room where the walk has to be done at once. */
  #goOn(): boolean {
    if (this.#map.order !== "atOnce") return false;
    const { keys } = this;
    this.#allocate(this.#capacity * 4);
    this.keys.set(keys);
    return true;
  }

  /** Writes the last key of the chunk that the map still has to the key area. */
  #selectAnchor(elements: MapElements): boolean {
    if (this.#map.order === "byIndex") {
      copyBytes(this.keys, this.offset, elements.bytes, elements.keyOffset, this.#keySize);
      return true;
    }
    for (let i = this.#count - 1; i >= 0; i--) {
      copyBytes(this.keys, i * this.#keySize, elements.bytes, elements.keyOffset, this.#keySize);
      if (elements.lookup(0)) return true;
    }
    return false;
  }

  #grow(): void {
    const limit = Math.max(1, Math.min(LARGEST_CHUNK, Math.floor(CHUNK_BYTES / this.#keySize)));
    if (this.#capacity >= limit) return;
    this.#allocate(Math.min(limit, this.#capacity === 0 ? FIRST_CHUNK : this.#capacity * 4));
  }

  #allocate(capacity: number): void {
    this.#capacity = capacity;
    this.keys = new Uint8Array(capacity * this.#keySize);
    this.view = new DataView(this.keys.buffer);
  }
}

/** Keys after which a walk is given up. */
export function walkLimit({ maxEntries }: WalkedMap): number {
  return 2 * maxEntries + FIRST_CHUNK;
}

/** The error for a walk over its {@link walkLimit}. */
export function tooFast({ handle, maxEntries }: WalkedMap, seen: number): BpfError {
  return new BpfError(
    "ERR_BPF_ITERATION",
    `${handle.what} changes faster than its keys can be walked: ${seen} were seen, it holds at most ${maxEntries}`,
  );
}

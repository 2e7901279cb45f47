import { BpfError } from "../errors/index.ts";
import type { MapElements } from "./map-elements.ts";

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
  /** Bytes from the start of {@link view} to the current key. */
  offset = 0;

  readonly #elements: () => MapElements;
  readonly #keySize: number;
  readonly #what: string;
  readonly #limit: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #capacity = 0;
  #count = 0;
  #index = 0;
  #seen = 0;
  #started = false;
  #ended = false;

  /** `elements` is asked again for every chunk, so that a map closed meanwhile is noticed. */
  constructor(elements: () => MapElements, map: { keySize: number; maxEntries: number; what: string }) {
    this.#elements = elements;
    this.#keySize = map.keySize;
    this.#what = map.what;
    this.#limit = 2 * map.maxEntries + FIRST_CHUNK;
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
    copy(this.#chunk, this.offset, elements.bytes, elements.keyOffset, this.#keySize);
  }

  #fetch(): boolean {
    const elements = this.#elements();
    const { bytes, keyOffset, nextKeyOffset } = elements;
    const keySize = this.#keySize;
    let more = this.#started && this.#selectAnchor(elements) ? elements.nextKey(false) : elements.nextKey(true);
    this.#started = true;
    this.#grow();
    this.#count = 0;
    this.#index = 0;
    this.offset = 0;
    while (more) {
      copy(bytes, nextKeyOffset, this.#chunk, this.#count * keySize, keySize);
      this.#count++;
      if (this.#count === this.#capacity) break;
      copy(bytes, nextKeyOffset, bytes, keyOffset, keySize);
      more = elements.nextKey(false);
    }
    this.#ended = !more;
    this.#seen += this.#count;
    if (this.#seen > this.#limit)
      throw new BpfError(
        "ERR_BPF_ITERATION",
        `${this.#what} changes faster than its keys can be walked: ${this.#seen} were seen, it holds at most ${(this.#limit - FIRST_CHUNK) / 2}`,
      );
    return this.#count > 0;
  }

  /** Writes the last key of the chunk that the map still has to the key area. */
  #selectAnchor(elements: MapElements): boolean {
    for (let i = this.#count - 1; i >= 0; i--) {
      copy(this.#chunk, i * this.#keySize, elements.bytes, elements.keyOffset, this.#keySize);
      if (elements.lookup(0)) return true;
    }
    return false;
  }

  #grow(): void {
    const limit = Math.max(1, Math.min(LARGEST_CHUNK, Math.floor(CHUNK_BYTES / this.#keySize)));
    if (this.#capacity >= limit) return;
    this.#capacity = Math.min(limit, this.#capacity === 0 ? FIRST_CHUNK : this.#capacity * 4);
    this.#chunk = new Uint8Array(this.#capacity * this.#keySize);
    this.view = new DataView(this.#chunk.buffer);
  }
}

/** For keys of ordinary size a loop is faster than making a subarray. */
function copy(from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number, length: number): void {
  if (length <= 64) for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i] ?? 0;
  else to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
}

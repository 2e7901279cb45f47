import { BatchError, SyscallError } from "../errors/index.ts";
import { Errno } from "../sys/index.ts";
import { copyBytes } from "./copy-bytes.ts";
import type { MapElements } from "./map-elements.ts";
import type { WalkedMap } from "./walk-order.ts";

/** Writes many entries to a map, or deletes them: by the batch commands where the kernel has them, and otherwise one by one. */
export class EntryWriter {
  /** Entries written or deleted so far. */
  done = 0;

  readonly #map: WalkedMap;
  /** Bits of `UpdateFlag`; `undefined` deletes. */
  readonly #flags: number | undefined;
  readonly #cursor: Uint8Array;
  readonly #count: Uint32Array;

  constructor(map: WalkedMap, flags: number | undefined) {
    this.#map = map;
    this.#flags = flags;
    this.#cursor = new Uint8Array(map.handle.elements.cursorBytes);
    this.#count = new Uint32Array(this.#cursor.buffer, 0, 1);
  }

  /**
   * Writes or deletes `count` entries. Those that the flags forbid, and deletes of keys that are not there, are passed over.
   *
   * @throws BatchError for one that the kernel refuses: those before it are done
   */
  send(keys: Uint8Array, values: Uint8Array, count: number): void {
    const { handle, keySize } = this.#map;
    for (let from = 0; from < count;) {
      const { elements } = handle;
      this.#count[0] = count - from;
      const result = this.#call(
        elements,
        keys.subarray(from * keySize),
        values.subarray(from * (this.#flags === undefined ? 0 : elements.valueBytes)),
      );
      const done = this.#count[0];
      this.done += done;
      from += done;
      if (result === undefined) {
        this.#sendOneByOne(keys, values, from, count);
        return;
      }
      // The kernel stops where the flags forbid it, or a key is not there.
      if (result === -Errno.EEXIST || result === -Errno.ENOENT) from++;
      else if (result < 0) throw this.#failure(elements.writeFailure(result, this.#flags));
    }
  }

  #call(elements: MapElements, keys: Uint8Array, values: Uint8Array): number | undefined {
    if (this.#flags === undefined) return elements.deleteBatch(this.#cursor, keys);
    return elements.updateBatch(this.#cursor, keys, values, this.#flags);
  }

  #sendOneByOne(keys: Uint8Array, values: Uint8Array, from: number, count: number): void {
    const { handle, keySize } = this.#map;
    for (let index = from; index < count; index++) {
      const { elements } = handle;
      const { valueBytes } = elements;
      copyBytes(keys, index * keySize, elements.bytes, elements.keyOffset, keySize);
      if (this.#flags !== undefined) {
        copyBytes(values, index * valueBytes, elements.bytes, elements.valueOffset, valueBytes);
      }
      try {
        if (this.#flags === undefined ? elements.delete() : elements.update(this.#flags)) this.done++;
      } catch (error) {
        throw this.#failure(error);
      }
    }
  }

  #failure(error: unknown): unknown {
    return error instanceof SyscallError ? new BatchError(error, this.done) : error;
  }
}

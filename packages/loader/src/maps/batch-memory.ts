import { copyBytes } from "./copy-bytes.ts";
import type { MapElements } from "./map-elements.ts";

const COUNT_BYTES = 4;

/** What the kernel's commands on many entries read and write: keys behind each other, values behind each other, and a cursor. */
export class BatchMemory {
  /** Bytes of a key, and of a value: of all CPUs for a per-CPU map. */
  readonly keySize: number;
  readonly valueSize: number;
  /** How many entries the commands take and gave, and where they go on: as the addon wants it. */
  readonly cursor: Uint8Array;
  /** Entries that there is room for. */
  capacity = 0;
  /** Keys, then values. */
  view: DataView = new DataView(new ArrayBuffer(0));
  keys: Uint8Array = new Uint8Array(0);
  values: Uint8Array = new Uint8Array(0);
  /** Bytes from the start of {@link view} to the first value. */
  valuesOffset = 0;

  readonly #count: Uint32Array;

  constructor(elements: MapElements, keySize: number, capacity: number) {
    this.keySize = keySize;
    this.valueSize = elements.valueBytes;
    this.cursor = new Uint8Array(elements.cursorBytes);
    this.#count = new Uint32Array(this.cursor.buffer, 0, COUNT_BYTES / 4);
    this.grow(capacity);
  }

  /** Entries of the next command, or of the last. */
  get count(): number {
    return this.#count[0] ?? 0;
  }

  set count(count: number) {
    this.#count[0] = count;
  }

  /** Makes room for more entries, of which the first `kept` stay. */
  grow(capacity: number, kept = 0): void {
    const { keys, values } = this;
    // 8-aligned, as codecs and typed arrays over it want.
    this.valuesOffset = Math.ceil((capacity * this.keySize) / 8) * 8;
    const buffer = new ArrayBuffer(this.valuesOffset + capacity * this.valueSize);
    this.view = new DataView(buffer);
    this.keys = new Uint8Array(buffer, 0, capacity * this.keySize);
    this.values = new Uint8Array(buffer, this.valuesOffset);
    this.keys.set(keys.subarray(0, kept * this.keySize));
    this.values.set(values.subarray(0, kept * this.valueSize));
    this.capacity = capacity;
  }

  /** Takes over the entry that a command on one entry left. */
  put(index: number, elements: MapElements): void {
    copyBytes(elements.bytes, elements.keyOffset, this.keys, index * this.keySize, this.keySize);
    copyBytes(elements.bytes, elements.valueOffset, this.values, index * this.valueSize, this.valueSize);
  }
}

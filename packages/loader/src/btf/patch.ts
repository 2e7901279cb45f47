import type { Btf } from "./btf.ts";
import { parseHeader } from "./header.ts";
import type { TypeId } from "./types.ts";

const HEADER_BYTES = 24;
const WORD_BYTES = 4;
const encoder = new TextEncoder();

/**
 * Changes to a copy of a BTF blob, which leave ids and sizes of its types as they are, and types that are added behind
 * them. Words are numbered from the start of a type: 0 is the name, 1 the info, 2 the size or type.
 */
export class BtfPatch {
  readonly #btf: Btf;
  readonly #types: Uint8Array;
  readonly #view: DataView;
  readonly #typesStart: number;
  readonly #strings: Uint8Array;
  readonly #addedWords: number[] = [];
  readonly #addedStarts: number[] = [];
  readonly #addedStrings: number[] = [];
  #changed = false;

  /** `btf` is not split from another. */
  constructor(btf: Btf) {
    const { types, strings } = parseHeader(btf.bytes);
    this.#btf = btf;
    this.#typesStart = types.start;
    this.#types = btf.bytes.slice(types.start, types.start + types.length);
    this.#view = new DataView(this.#types.buffer, this.#types.byteOffset, this.#types.length);
    this.#strings = btf.bytes.slice(strings.start, strings.start + strings.length);
  }

  /** Whether anything differs from the original. */
  get changed(): boolean {
    return this.#changed;
  }

  /** A word of a type of the blob or of one that was added. */
  word(id: TypeId, index: number): number {
    const added = this.#addedStarts[id - this.#btf.typeCount];
    if (added !== undefined) return this.#addedWords[added + index] ?? 0;
    return this.#view.getUint32(this.#offset(id, index), this.#btf.littleEndian);
  }

  /** Changes a word of a type of the blob. */
  setWord(id: TypeId, index: number, value: number): void {
    const offset = this.#offset(id, index);
    if (this.#view.getUint32(offset, this.#btf.littleEndian) === value) return;
    this.#view.setUint32(offset, value, this.#btf.littleEndian);
    this.#changed = true;
  }

  /** Replaces the bytes of a string that stands for a name, one by one. */
  replaceInString(offset: number, replace: (byte: number, index: number) => number): void {
    for (let at = offset; this.#strings[at] !== undefined && this.#strings[at] !== 0; at++) {
      const byte = this.#strings[at] ?? 0;
      const replacement = replace(byte, at - offset);
      if (replacement === byte) continue;
      this.#strings[at] = replacement;
      this.#changed = true;
    }
  }

  /** Adds a string and returns its offset. */
  addString(text: string): number {
    const offset = this.#strings.length + this.#addedStrings.length;
    this.#addedStrings.push(...encoder.encode(text), 0);
    this.#changed = true;
    return offset;
  }

  /** Adds a type and returns its id. */
  addType(words: readonly number[]): TypeId {
    this.#addedStarts.push(this.#addedWords.length);
    this.#addedWords.push(...words);
    this.#changed = true;
    return this.#btf.typeCount + this.#addedStarts.length - 1;
  }

  /** The whole blob, header included, without a layout table. */
  toBytes(): Uint8Array {
    const typesLength = this.#types.length + this.#addedWords.length * WORD_BYTES;
    const stringsLength = this.#strings.length + this.#addedStrings.length;
    const bytes = new Uint8Array(HEADER_BYTES + typesLength + stringsLength);
    bytes.set(this.#btf.bytes.subarray(0, 4)); // magic, version and flags
    const view = new DataView(bytes.buffer);
    const { littleEndian } = this.#btf;
    [HEADER_BYTES, 0, typesLength, typesLength, stringsLength].forEach((value, index) => {
      view.setUint32((index + 1) * WORD_BYTES, value, littleEndian);
    });
    bytes.set(this.#types, HEADER_BYTES);
    const addedAt = HEADER_BYTES + this.#types.length;
    this.#addedWords.forEach((word, index) => {
      view.setUint32(addedAt + index * WORD_BYTES, word, littleEndian);
    });
    bytes.set(this.#strings, HEADER_BYTES + typesLength);
    bytes.set(this.#addedStrings, HEADER_BYTES + typesLength + this.#strings.length);
    return bytes;
  }

  #offset(id: TypeId, index: number): number {
    return this.#btf.byteOffset(id) - this.#typesStart + index * WORD_BYTES;
  }
}

/** Words of a type before those of its kind. */
export const COMMON_WORDS = 3;
/** Words of an entry of a data section: type, offset, size; of a member: name, type, offset. */
export const ENTRY_WORDS = 3;

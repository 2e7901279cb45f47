import { ObjectFormatError } from "../errors/index.ts";

const decoder = new TextDecoder();

/** Longer names than this are decoded by TextDecoder, which costs more to call and less per byte. */
const SHORT = 48;

/**
 * Names that overlap could make a small file decode to gigabytes. Well-formed tables share a few tails at most,
 * so that all of their names together are hardly longer than the table.
 */
const DECODED_PER_BYTE = 4;
const DECODED_AT_LEAST = 1 << 20;

/** NUL-terminated strings, found by offset and decoded when asked for. */
export class StringTable {
  readonly bytes: Uint8Array;
  readonly #section: string;
  readonly #decoded = new Map<number, string>();
  #budget: number;

  /** `section` names the table in errors. */
  constructor(bytes: Uint8Array, section: string) {
    this.bytes = bytes;
    this.#section = section;
    this.#budget = bytes.length * DECODED_PER_BYTE + DECODED_AT_LEAST;
  }

  /**
   * The string that starts at an offset in bytes.
   * Throws {@link ObjectFormatError} when the offset is outside of the table or no NUL follows.
   */
  at(offset: number): string {
    const known = this.#decoded.get(offset);
    if (known !== undefined) return known;
    const text = this.#decode(offset);
    this.#decoded.set(offset, text);
    return text;
  }

  #decode(offset: number): string {
    const { bytes } = this;
    if (offset >= bytes.length) {
      throw new ObjectFormatError(`a name lies outside of the string table of ${bytes.length} bytes`, {
        section: this.#section,
        offset,
      });
    }
    const end = bytes.indexOf(0, offset);
    if (end === -1) throw new ObjectFormatError("a name has no end", { section: this.#section, offset });

    this.#budget -= end - offset;
    if (this.#budget < 0) {
      throw new ObjectFormatError("names overlap far more than a compiler lets them", {
        section: this.#section,
        offset,
      });
    }
    return decodeName(bytes, offset, end);
  }
}

/** Bytes from `start` to `end` as UTF-8; what isn't UTF-8 becomes U+FFFD. */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

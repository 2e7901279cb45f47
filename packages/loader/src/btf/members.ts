import { elementCount, kindFlag } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

const COMMON_WORDS = 3;
const MEMBER_WORDS = 3;

/** Strings of a blob, and of the one that it is split from. */
export interface StringPlaces {
  readonly bytes: Uint8Array;
  /** Lower offsets are of the base's strings; the others count from here. */
  readonly firstOffset: number;
  readonly base: StringPlaces | undefined;
}

/** The place of an offset. */
export function placeOf(strings: StringPlaces, offset: number): StringPlaces {
  let place = strings;
  while (place.base !== undefined && offset < place.firstOffset) place = place.base;
  return place;
}

/**
 * Members of a struct or union, read in place: of the kernel's largest structs only a few members matter, which isn't
 * worth an object for each of hundreds.
 */
export class Members {
  readonly count: number;
  readonly #words: Uint32Array;
  readonly #first: number;
  readonly #packed: boolean;
  readonly #strings: StringPlaces;

  /** `start` is the index in `words` at which the type starts. */
  constructor(words: Uint32Array, start: number, strings: StringPlaces) {
    this.#strings = strings;
    const info = words[start + 1] ?? 0;
    this.count = elementCount(info);
    this.#words = words;
    this.#first = start + COMMON_WORDS;
    this.#packed = kindFlag(info);
  }

  /** 0 for an anonymous struct or union. */
  nameOffset(index: number): number {
    return this.#words[this.#first + index * MEMBER_WORDS] ?? 0;
  }

  typeId(index: number): TypeId {
    return this.#words[this.#first + index * MEMBER_WORDS + 1] ?? 0;
  }

  /** Bits from the start of the struct. */
  bitOffset(index: number): number {
    const offset = this.#words[this.#first + index * MEMBER_WORDS + 2] ?? 0;
    return this.#packed ? offset & 0xffffff : offset;
  }

  /** Bits of a bitfield; 0 for an ordinary member. */
  bitSize(index: number): number {
    const offset = this.#words[this.#first + index * MEMBER_WORDS + 2] ?? 0;
    return this.#packed ? offset >>> 24 : 0;
  }

  /** Whether there is a member at an index that has a name, given with its NUL. */
  isNamed(index: number, name: Uint8Array): boolean {
    if (index >= this.count) return false;
    const offset = this.nameOffset(index);
    const { bytes, firstOffset } = placeOf(this.#strings, offset);
    return offset !== 0 && isAt(bytes, offset - firstOffset, name);
  }

  /**
   * Index of the first member, from `from`, that has a name, given with its NUL, or has none; `count` when there is no such
   * member.
   */
  nextNamed(name: Uint8Array, from: number): number {
    const strings = this.#strings;
    const words = this.#words;
    const first = name[0];
    let at = this.#first + from * MEMBER_WORDS;
    for (let index = from; index < this.count; index++, at += MEMBER_WORDS) {
      const offset = words[at] ?? 0;
      if (offset === 0) return index;
      const { bytes, firstOffset } = offset < strings.firstOffset ? placeOf(strings, offset) : strings;
      const start = offset - firstOffset;
      if (bytes[start] === first && isAt(bytes, start, name)) return index;
    }
    return this.count;
  }
}

function isAt(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = name.length - 1; index >= 0; index--) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}

import { elementCount, kindFlag } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

const COMMON_WORDS = 3;
const MEMBER_WORDS = 3;

/**
 * Members of a struct or union, read in place: of the kernel's largest structs only a few members matter, which isn't
 * worth an object for each of hundreds.
 */
export class Members {
  readonly count: number;
  readonly #words: Uint32Array;
  readonly #first: number;
  readonly #packed: boolean;

  /** `start` is the index in `words` at which the type starts. */
  constructor(words: Uint32Array, start: number) {
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
}

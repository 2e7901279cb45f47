import { hostileTexts } from "./hostile-texts.ts";
import { mutate } from "./mutations.ts";
import { choose } from "./random.ts";
import type { Random } from "./random.ts";

const HEADER_BYTES = 24;
const MAGIC = 0xeb9f;
const INT_BITS = [1, 7, 8, 16, 32, 64, 128];

/** Kinds by the words that follow the common three: those once, and those of each element. */
const KINDS = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  dataSection: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;
const KIND_NUMBERS = Object.values(KINDS);

/** How types refer to each other. */
type Reach = (id: number, count: number, random: Random) => number;

const reaches: readonly Reach[] = [
  /** Anything, itself too. */
  (_, count, random) => random(count + 1),
  /** The next: as deep as there are types. */
  (id, count) => Math.min(id + 1, count),
  /** The one before. */
  (id) => id - 1,
  /** A few that all use. */
  (_, count, random) => random(Math.min(count, 4)) + 1,
  /** Close by. */
  (id, count, random) => Math.max(0, Math.min(count, id + random(7) - 3)),
  /** Mostly what is there, sometimes not. */
  (_, count, random) => (random(40) === 0 ? count + 1 + random(3) : random(count + 1)),
];

/** A BTF blob of types as no compiler writes them: cyclic, deep, wide, with names that are known or hostile. */
export function randomTypes(random: Random, littleEndian: boolean, names: readonly string[] = []): Uint8Array {
  const count = 1 + random(choose(random, [3, 3, 10, 10, 40, 40, 100, 500]));
  const longest = random(50) === 0 ? 200_000 : 100;
  const strings = new Strings([...names, ...hostileTexts, "a", "b", "x___y", "x".repeat(1 + random(longest))]);
  const reach = choose(random, reaches);
  const kinds = Array.from({ length: 1 + random(4) }, () => choose(random, KIND_NUMBERS));
  const words: number[] = [];
  for (let id = 1; id <= count; id++) {
    const kind = random(4) === 0 ? choose(random, KIND_NUMBERS) : choose(random, kinds);
    words.push(...typeWords(kind, id, count, reach, strings, random));
  }
  const blob = assemble(words, strings.bytes, littleEndian);
  return random(4) === 0 ? mutate(blob, { from: 0, to: blob.length }, random) : blob;
}

function typeWords(
  kind: number,
  id: number,
  count: number,
  reach: Reach,
  strings: Strings,
  random: Random,
): readonly number[] {
  const name = random(4) === 0 ? 0 : strings.any(random);
  const other = (): number => reach(id, count, random);
  const elements = random(choose(random, [1, 3, 10, 40]));
  const element = (make: (index: number) => readonly number[]): number[] =>
    Array.from({ length: elements }, (_, index) => make(index)).flat();
  const info = (length: number, flag = random(2)): number => (flag << 31) | (kind << 24) | length;
  const size = choose(random, [0, 1, 2, 4, 8, 16, elements * 8, 0xffff_ffff]);
  switch (kind) {
    case KINDS.int:
      return [name, info(0, 0), choose(random, [1, 2, 4, 8, 16]), (random(8) << 24) | choose(random, INT_BITS)];
    case KINDS.array:
      return [0, info(0, 0), 0, other(), other(), choose(random, [0, 1, 2, 16, 1000, 0x7fff_ffff, 0xffff_ffff])];
    case KINDS.struct:
    case KINDS.union:
      return [
        name,
        info(elements),
        size,
        ...element((index) => [strings.any(random), other(), kind === KINDS.union ? 0 : index * 64 + random(9)]),
      ];
    case KINDS.enum:
      return [name, info(elements), choose(random, [1, 4, 8, 3]), ...element(() => [strings.any(random), random(9)])];
    case KINDS.enum64:
      return [name, info(elements), 8, ...element(() => [strings.any(random), random(9), random(2) * 0xffff_ffff])];
    case KINDS.prototype:
      return [0, info(elements, 0), other(), ...element(() => [strings.any(random), other()])];
    case KINDS.variable:
      return [name, info(0, 0), other(), random(3)];
    case KINDS.dataSection:
      return [name, info(elements, 0), size, ...element((index) => [other(), index * 8, choose(random, [4, 8, size])])];
    case KINDS.declTag:
      return [name, info(0), other(), random(5) - 1];
    case KINDS.function:
      return [name, info(random(3), 0), other()];
    case KINDS.float:
      return [name, info(0, 0), choose(random, [2, 4, 8, 12, 16])];
    default:
      return [name, info(0), other()];
  }
}

/** Strings of a blob, each there once. */
class Strings {
  readonly bytes: Uint8Array;
  readonly #offsets: readonly number[];

  constructor(texts: readonly string[]) {
    const offsets: number[] = [];
    let all = "\0";
    let length = 1;
    for (const text of texts) {
      offsets.push(length);
      all += `${text}\0`;
      length += Buffer.byteLength(text) + 1;
    }
    this.#offsets = offsets;
    this.bytes = new TextEncoder().encode(all);
  }

  any(random: Random): number {
    return choose(random, this.#offsets);
  }
}

function assemble(words: readonly number[], strings: Uint8Array, littleEndian: boolean): Uint8Array {
  const typeBytes = words.length * 4;
  const bytes = new Uint8Array(HEADER_BYTES + typeBytes + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, littleEndian);
  view.setUint8(2, 1);
  [HEADER_BYTES, 0, typeBytes, typeBytes, strings.length].forEach((word, index) => {
    view.setUint32(4 + index * 4, word, littleEndian);
  });
  words.forEach((word, index) => {
    view.setUint32(HEADER_BYTES + index * 4, word, littleEndian);
  });
  bytes.set(strings, HEADER_BYTES + typeBytes);
  return bytes;
}

import { choose } from "./random.ts";
import type { Random } from "./random.ts";

/** Numbers that are wrong in most places. */
const BAD_WORDS = [
  0, 1, 2, 7, 8, 0x7f, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_fff8, 0xffff_ffff,
];

/** Where in a file to change something. */
export interface Range {
  /** Bytes from the start of the file. */
  readonly from: number;
  readonly to: number;
}

/** Changes bytes in place, somewhere in a range that has at least one byte. */
type Mutation = (bytes: Uint8Array, range: Range, random: Random) => void;

const flipBits: Mutation = (bytes, { from, to }, random) => {
  for (let left = 1 + random(3); left > 0; left--) {
    const at = from + random(to - from);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  }
};

const setWord: Mutation = (bytes, range, random) => {
  const word = wordIn(bytes, range, random);
  word?.view.setUint32(word.at, random(2) === 0 ? choose(random, BAD_WORDS) : random(256), random(8) !== 0);
};

const nudgeWord: Mutation = (bytes, range, random) => {
  const word = wordIn(bytes, range, random);
  const littleEndian = random(2) === 0;
  word?.view.setUint32(word.at, word.view.getUint32(word.at, littleEndian) + random(33) - 16, littleEndian);
};

/** Puts a part of the range over another, or in the place of itself one word further. */
const copyPart: Mutation = (bytes, { from, to }, random) => {
  const length = 4 << random(6);
  const source = from + (random(to - from) & ~3);
  bytes.copyWithin(from + (random(to - from) & ~3), source, Math.min(source + length, to));
};

/** Makes a run of entries the same: tables that say one thing many times. */
const repeatPart: Mutation = (bytes, { from, to }, random) => {
  const length = choose(random, [8, 12, 16, 24]);
  const source = from + Math.floor(random(to - from) / length) * length;
  const entry = bytes.slice(source, source + length);
  const times = 1 + random(64);
  for (let at = source + length, left = times; left > 0 && at + length <= to; left--, at += length)
    bytes.set(entry, at);
};

const zeroPart: Mutation = (bytes, { from, to }, random) => {
  const start = from + random(to - from);
  bytes.fill(0, start, Math.min(to, start + (1 << random(8))));
};

const mutations: readonly Mutation[] = [
  flipBits,
  flipBits,
  setWord,
  setWord,
  nudgeWord,
  copyPart,
  repeatPart,
  zeroPart,
];

/** Changes a few things in a range, in place. */
export function mutateInPlace(bytes: Uint8Array, range: Range, random: Random): void {
  if (range.to <= range.from) return;
  for (let left = 1 + random(4); left > 0; left--) choose(random, mutations)(bytes, range, random);
}

/** A copy with a few things wrong in a range; rarely one that ends somewhere in the range. */
export function mutate(bytes: Uint8Array, range: Range, random: Random): Uint8Array {
  if (range.to > range.from && random(20) === 0) return bytes.slice(0, range.from + random(range.to - range.from));
  const copy = bytes.slice();
  mutateInPlace(copy, range, random);
  return copy;
}

function wordIn(
  bytes: Uint8Array,
  { from, to }: Range,
  random: Random,
): { readonly view: DataView; readonly at: number } | undefined {
  const at = from + random(to - from);
  const aligned = at - ((at - from) % 4);
  if (aligned + 4 > bytes.length) return undefined;
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: aligned };
}

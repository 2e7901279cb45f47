/** Random numbers that are the same each time (mulberry32): a failure can be repeated by its seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Numbers that are wrong in most places. */
const BAD_WORDS = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

/**
 * A copy of `bytes` with a few things wrong between `from` and `to`: bits flipped, words replaced or swapped, or all cut
 * off from some place on.
 */
export function mutate(bytes: Uint8Array, seed: number, from = 0, to: number = bytes.length): Uint8Array {
  const random = randomNumbers(seed);
  if (random(20) === 0) return bytes.slice(0, from + random(to - from));
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const changes = 1 + random(4);
  for (let change = 0; change < changes; change++) {
    const at = from + random(to - from);
    const word = Math.min(at - (at % 4), bytes.length - 4);
    const how = random(4);
    if (how === 0) copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    else if (how === 1) view.setUint32(word, BAD_WORDS[random(BAD_WORDS.length)] ?? 0, true);
    else if (how === 2) view.setUint32(word, random(256), true);
    else copy.copyWithin(word, from + (random(to - from) & ~3), from + (random(to - from) & ~3));
  }
  return copy;
}

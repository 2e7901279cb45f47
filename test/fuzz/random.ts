/** Gives numbers from 0 up to, and without, the one that it is given. */
export type Random = (below: number) => number;

/** Random numbers that are the same each time (mulberry32): a failure can be repeated by its seed. */
function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Random numbers for one of the inputs that a seed stands for: neighbours have nothing to do with each other. */
export function randomNumbersOf(seed: number, input: number): Random {
  return randomNumbers(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35));
}

/** One of several. */
export function choose<T>(random: Random, from: readonly [T, ...T[]] | readonly T[]): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new RangeError("nothing to choose from");
  return chosen;
}

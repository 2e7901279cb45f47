import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BpfError } from "../errors/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { linkObjects } from "./index.ts";

const MUTATIONS = 500;
/** Of processor time, since others may want the processor too. */
const LONGEST_MS = 1000;

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./fixtures/${name}.o`, import.meta.url)));

/** Numbers that are the same in every run (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const EXTREMES = [0, 1, 7, 8, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

/** Flips bits, and puts extreme numbers or near ones where others were. */
function mutate(original: Uint8Array, below: (limit: number) => number): Uint8Array {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  for (let left = 1 + below(3); left > 0; left--) {
    const at = below(bytes.length - 8);
    const word = at - (at % 4);
    switch (below(4)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 1:
        view.setUint32(word, EXTREMES[below(EXTREMES.length)] ?? 0, below(2) === 0);
        break;
      case 2:
        view.setUint32(word, view.getUint32(word, true) + below(33) - 16, true);
        break;
      default:
        bytes.copyWithin(at, below(bytes.length), below(bytes.length));
    }
  }
  return bytes;
}

describe.each([
  ["main.el", "lib.el"],
  ["lib.eb", "main.eb"],
])("mutations of %s", (mutated, other) => {
  // DWARF is most of a file and is passed over: without it, mutations hit what is read.
  const original = linkObjects([{ name: mutated, bytes: fixture(mutated) }]);
  const partner = { name: other, bytes: fixture(other) };

  it("are linked to what can be read, or refused, in no time", () => {
    const below = random(1);
    const outcomes = { linked: 0, refused: 0 };
    let longest = 0;
    for (let count = 0; count < MUTATIONS; count++) {
      const input = { name: mutated, bytes: mutate(original, below) };
      const started = process.cpuUsage();
      try {
        const linked = linkObjects(count % 2 === 0 ? [input, partner] : [partner, input]);
        outcomes.linked++;
        CollectionSpec.parse(linked);
      } catch (error) {
        if (!(error instanceof BpfError)) throw new Error(`mutation ${count}`, { cause: error });
        expect(error.message).not.toMatch(/\p{Cc}/u);
        outcomes.refused++;
      }
      const { user, system } = process.cpuUsage(started);
      longest = Math.max(longest, (user + system) / 1000);
    }
    expect(longest).toBeLessThan(LONGEST_MS);
    expect(outcomes.linked).toBeGreaterThan(MUTATIONS / 20);
    expect(outcomes.refused).toBeGreaterThan(MUTATIONS / 20);
  });

  it("by cutting the end off are refused", () => {
    for (let length = 0; length < original.length; length += 61) {
      expect(() => linkObjects([{ name: mutated, bytes: original.subarray(0, length) }])).toThrow(BpfError);
    }
  });
});

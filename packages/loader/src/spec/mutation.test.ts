import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { linkFunctions } from "../asm/index.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { CollectionSpec } from "./collection-spec.ts";

const MUTATIONS = 1000;
/** Of processor time, since others may want the processor too. */
const LONGEST_MS = 1000;

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

/** Flips bits, puts extreme numbers where others were, copies a part over another, or cuts the end off. */
function mutate(original: Uint8Array, below: (limit: number) => number): Uint8Array {
  const bytes = Uint8Array.from(original);
  const view = new DataView(bytes.buffer);
  for (let left = 1 + below(4); left > 0; left--) {
    const at = below(bytes.length - 8);
    const word = at - (at % 4);
    switch (below(6)) {
      case 0:
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
        break;
      case 2:
        view.setUint32(word, EXTREMES[below(EXTREMES.length)] ?? 0, below(2) === 0);
        break;
      case 3:
        view.setUint32(word, view.getUint32(word, true) + below(33) - 16, true);
        break;
      case 4:
        bytes.copyWithin(at, below(bytes.length), below(bytes.length));
        break;
      default:
        if (below(8) === 0) return bytes.subarray(0, below(bytes.length));
    }
  }
  return bytes;
}

describe.each(["programs.el", "maps.eb", "data.el", "externs.eb", "legacy.el"])("mutations of %s", (name) => {
  const original = readFileSync(new URL(`./fixtures/${name}.o`, import.meta.url));

  it("are read, or refused as malformed, in no time", () => {
    const below = random(1);
    const outcomes = { read: 0, refused: 0 };
    let longest = 0;
    for (let count = 0; count < MUTATIONS; count++) {
      const bytes = mutate(original, below);
      const started = process.cpuUsage();
      try {
        const spec = CollectionSpec.parse(bytes);
        for (const { functions } of spec.programs.values()) linkFunctions(functions, spec.littleEndian);
        spec.copy();
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof ObjectFormatError)) throw new Error(`mutation ${count}`, { cause: error });
        expect(error.message).not.toMatch(/\p{Cc}/u);
        outcomes.refused++;
      }
      const { user, system } = process.cpuUsage(started);
      longest = Math.max(longest, (user + system) / 1000);
    }
    expect(longest).toBeLessThan(LONGEST_MS);
    expect(outcomes.read).toBeGreaterThan(MUTATIONS / 20);
    expect(outcomes.refused).toBeGreaterThan(MUTATIONS / 20);
  });

  it("by cutting the end off are refused", () => {
    for (let length = 0; length < original.length; length += 61) {
      expect(() => CollectionSpec.parse(original.subarray(0, length))).toThrow(ObjectFormatError);
    }
  });
});

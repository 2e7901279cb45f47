import { fileURLToPath } from "node:url";
import { linkObjects } from "bpf-loader/link-objects";
import { describe, expect, it } from "vitest";
import { btfOf } from "../btf/open-fixture.ts";
import { attempt } from "./attempt.ts";
import type { Input } from "./inputs.ts";
import { PeakMemory, readInMemory, readInTime } from "./limits.ts";
import { mutateObject } from "./object-mutations.ts";
import { choose, randomNumbersOf } from "./random.ts";
import { readCollection } from "./read-object.ts";
import { seedObjects } from "./seed-objects.ts";

const INPUTS = 500;
const SEED = 1;

const kernel = btfOf("core-target.el.o");
const objects = seedObjects(fileURLToPath(new URL("../..", import.meta.url)));
/** Those that share names, and so are compared and chosen from. */
const partners = objects.filter(({ name }) => /link-objects\/fixtures\/(?:main|lib)\./.test(name));

/** An object with something wrong in it, linked with a good one or alone. */
function input(number: number): Input {
  const random = randomNumbersOf(SEED, number);
  const seed = choose(random, random(2) === 0 ? partners : objects);
  const mutated = { name: seed.name, bytes: mutateObject(seed, random) };
  const partner = choose(
    random,
    partners.filter(({ name, littleEndian }) => littleEndian === seed.littleEndian && name !== seed.name),
  );
  const inputs = [[mutated], [mutated, partner], [partner, mutated]][random(3)] ?? [];
  return {
    description: `${seed.name}, mutated, linked with ${inputs.length - 1}`,
    bytes: mutated.bytes,
    read: () => {
      const linked = attempt(() => linkObjects(inputs));
      if (linked !== undefined) readCollection(linked, kernel);
      return linked !== undefined;
    },
  };
}

describe("objects that are wrong in some way", () => {
  it("are linked or refused in time", () => {
    let linked = 0;
    for (let number = 0; number < INPUTS; number++) {
      const one = input(number);
      try {
        if (readInTime(one).read) linked++;
      } catch (error) {
        throw new Error(`input ${number}, ${one.description}`, { cause: error });
      }
    }
    expect(linked).toBeGreaterThan(INPUTS / 4);
    expect(linked).toBeLessThan(INPUTS);
  });

  it("are linked or refused in little memory", () => {
    const memory = new PeakMemory();
    for (let number = 0; number < INPUTS / 10; number++) readInMemory(input(number), memory);
  });
});

it.each(partners)("$name, cut off, is refused", (seed) => {
  for (let length = 0; length < seed.bytes.length; length += 61) {
    expect(attempt(() => linkObjects([{ name: seed.name, bytes: seed.bytes.subarray(0, length) }]))).toBeUndefined();
  }
});

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { btfOf } from "../btf/open-fixture.ts";
import { Inputs } from "./inputs.ts";
import type { Input } from "./inputs.ts";
import { PeakMemory, readInMemory, readInTime } from "./limits.ts";
import { readCollection, readParts } from "./read-object.ts";
import { seedObjects } from "./seed-objects.ts";

const objects = seedObjects(fileURLToPath(new URL("../..", import.meta.url)));

const kernel = btfOf("core-target.el.o");

/** Of these, all reproducible; `npm run soak` reads a million others. */
const INPUTS = 2000;
const PORTIONS = 10;
const SEED = 1;

// Nobody reads the stacks of refusals, and there are thousands.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const portion = INPUTS / PORTIONS;
const starts = Array.from({ length: PORTIONS }, (_, index) => index * portion);

describe("objects, types and programs that are wrong in some way", () => {
  const inputs = new Inputs(SEED, objects);

  it("come from every object in the repository, in both byte orders", () => {
    expect(objects.length).toBeGreaterThan(60);
    for (const littleEndian of [true, false])
      expect(objects.filter((object) => object.littleEndian === littleEndian).length).toBeGreaterThan(20);
  });

  it("are the same for the same seed and number", () => {
    for (const number of [0, 1, 100, 999_999]) {
      const [first, second] = [inputs, new Inputs(SEED, objects)].map((all) => all.input(number));
      expect(first?.description).toBe(second?.description);
      expect(first?.bytes).toEqual(second?.bytes);
    }
  });

  it.each(starts)("are read or refused in time: from %i", (start) => {
    let read = 0;
    for (let number = start; number < start + portion; number++) {
      const input = inputs.input(number);
      try {
        if (readInTime(input).read) read++;
      } catch (error) {
        throw new Error(`input ${number} of seed ${SEED}, ${input.description}`, { cause: error });
      }
    }
    // Were all of them refused at once, nothing would be tested; were none, nothing would be wrong with them.
    expect(read).toBeGreaterThan(portion / 4);
    expect(read).toBeLessThan(portion);
  });

  it("are read or refused in little memory", () => {
    const memory = new PeakMemory();
    for (let number = 0; number < portion; number++) readInMemory(inputs.input(number), memory);
  });
});

describe("objects that are cut off", () => {
  it.each(objects.filter(({ name }) => /spec|core-local|kinds/.test(name)))("$name", ({ bytes }) => {
    for (let length = 0; length < bytes.length; length += 61) {
      const part = bytes.subarray(0, length);
      expect(readCollection(part, kernel)).toBe(false);
      expect(readParts(part, kernel)).toBe(false);
    }
  });
});

/** Processor time since, in µs. */
function spent(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

const pretend = (read: () => boolean): Input => ({ description: "pretended", bytes: new Uint8Array(0), read });

describe("the limits", () => {
  it("notice what takes long", () => {
    const slow = pretend(() => {
      const start = process.cpuUsage();
      let sum = 0;
      for (let used = 0; used < 1_100_000; used = spent(start)) for (let step = 0; step < 5e6; step++) sum += step % 7;
      return sum > 0;
    });
    expect(() => readInTime(slow)).toThrow(/took \d{4} ms of processor time/);
  });

  it.runIf(process.platform === "linux")("notice what takes memory, even when it is given back", () => {
    const large = pretend(() => new Uint8Array(100 << 20).fill(1).length > 0);
    expect(() => readInMemory(large, new PeakMemory())).toThrow(/took 1\d\d MB/);
    expect(() =>
      readInMemory(
        pretend(() => true),
        new PeakMemory(),
      ),
    ).not.toThrow();
  });
});

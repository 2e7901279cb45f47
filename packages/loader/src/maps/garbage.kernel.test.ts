import { beforeEach, expect, it, vi } from "vitest";
import { bytesAllocated } from "../../../../test/bench/allocations.mjs";
import { collectGarbage } from "../../../../test/collect-garbage.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32, u64 } from "../codec/index.ts";
import { ArrayMap, HashMap } from "./index.ts";

beforeEach(requireKernel);

const ROUNDS = 20_000;

it("getInto, has, set and delete leave nothing to the collector", async () => {
  using map = HashMap.create({ key: u32, value: u64, maxEntries: 64 });
  using array = ArrayMap.create({ value: u32, maxEntries: 64 });
  using mapped = ArrayMap.create({ value: u32, maxEntries: 64, mapped: true });
  const numbers = new BigUint64Array(1);
  const bytes = new Uint8Array(numbers.buffer);
  const four = new Uint8Array(4);
  const value = 7n;
  const loop = (): number => {
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const key = round % 64;
      map.set(key, value);
      if (map.getInto(key, bytes) && map.has(key)) found++;
      map.delete(key);
      array.set(key, round);
      array.getInto(key, four);
      mapped.set(key, round);
      mapped.getInto(key, four);
      found += mapped.get(key) + array.get(key);
    }
    return found;
  };
  // A byte in each round would be more; what V8 itself does now and then is less.
  expect(await bytesAllocated(loop)).toBeLessThan(ROUNDS);
});

it("a map that nobody closed is told of, with the place where it was opened in development", async () => {
  const before = openKernelObjects();
  vi.stubEnv("NODE_ENV", "development");
  try {
    const told = new Promise<Error>((resolve) => process.once("warning", resolve));
    HashMap.create({ name: "forgotten", key: u32, value: u64, maxEntries: 1 }).set(1, 2n);
    const timer = setInterval(collectGarbage, 10);
    const warning = await told;
    clearInterval(timer);
    expect(warning.name).toBe("BpfLeakWarning");
    expect(warning.message).toMatch(
      /^map "forgotten" was never closed; opened Error: here\n[^]*garbage\.kernel\.test\.ts/,
    );
    expect(openKernelObjects()).toEqual(before);
  } finally {
    vi.unstubAllEnvs();
  }
});

it("what allocates is seen", async () => {
  using map = HashMap.create({ key: u32, value: u64, maxEntries: 64 });
  map.set(1, 2n);
  const loop = (): number => {
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) found += map.get(1) === 2n ? 1 : 0;
    return found;
  };
  // A bigint has 16 bytes or more.
  expect(await bytesAllocated(loop)).toBeGreaterThan(8 * ROUNDS);
});

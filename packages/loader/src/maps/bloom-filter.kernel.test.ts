import type { TestContext } from "vitest";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMapOrSkip } from "../../../../test/new-map.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { u64 } from "../codec/index.ts";
import { mapTypeProbe } from "../features/index.ts";
import { MapType } from "../uapi/index.ts";
import { BloomFilter, openMap } from "./index.ts";

beforeEach(requireKernel);

function filter(context: TestContext, entries: number): BloomFilter<bigint> {
  const fd = newMapOrSkip(context, MapType.BLOOM_FILTER, { value: 8, entries });
  const map = openMap(fd, { name: "seen", value: u64 });
  expect(map).toBeInstanceOf(BloomFilter);
  return map as BloomFilter<bigint>;
}

it("never forgets, and is rarely wrong about what it was not told", (context) => {
  using seen = filter(context, 1000);
  for (let value = 0n; value < 1000n; value++) seen.add(value);
  for (let value = 0n; value < 1000n; value++) expect(seen.has(value)).toBe(true);
  let wrong = 0;
  for (let value = 1_000_000n; value < 1_001_000n; value++) if (seen.has(value)) wrong++;
  // Five hash functions on 7 bits or more for each value: the kernel's own estimate is 2 % to 3 %.
  expect(wrong).toBeLessThan(100);
});

it("refuses values that don't fit, and use after its close", (context) => {
  const seen = filter(context, 1);
  expect(() => seen.add(-1n)).toThrow("-1n does not fit __u64");
  seen.close();
  expect(() => seen.has(1n)).toThrow('map "seen" is closed');
});

it("says how many hash functions can't be", (context) => {
  skipIfLacking(context, mapTypeProbe(MapType.BLOOM_FILTER));
  expect(() => BloomFilter.create({ value: u64, maxEntries: 1, hashes: 99 })).toThrow(
    "BPF_MAP_TYPE_BLOOM_FILTER does not take the map_extra 99",
  );
});

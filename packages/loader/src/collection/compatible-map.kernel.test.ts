import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32 } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { ArrayMap } from "../maps/index.ts";
import { checkMapCompatible } from "./compatible-map.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];
beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});
afterEach(() => expect(openKernelObjects()).toEqual(before));

const read = (name: string): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);
const shared = read("pinned").maps.get("shared")!;

it("maps that were made from definitions are compatible with them, data sections too", async () => {
  const spec = read("globals");
  using collection = await spec.load();
  expect(collection.maps.size).toBeGreaterThan(2);
  for (const [name, map] of collection.maps) checkMapCompatible(spec.maps.get(name)!, map);
});

it("every difference is named", () => {
  using other = ArrayMap.create({ value: u32, maxEntries: 7 });
  expect(() => checkMapCompatible(shared, other)).toThrow(
    /map "shared" is not compatible: value size 4, wanted 8; max_entries 7, wanted 1/,
  );
});

it("a map that is closed can't be compared", () => {
  const closed = ArrayMap.create({ value: u32, maxEntries: 1 });
  closed.close();
  expect(() => checkMapCompatible(shared, closed)).toThrow(BpfError);
});

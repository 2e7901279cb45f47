import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { functionPointers } from "../../../../test/skip-lacking.ts";
import { whyNoArena } from "../../../../test/why-no-arena.ts";
import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load-collection.ts";
import { has } from "../features/index.ts";
import { HashMap } from "../maps/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { linkObjects } from "./index.ts";

beforeEach(requireKernel);

const packet = new Uint8Array(64);

function linked(...names: string[]): CollectionSpec {
  const inputs = names.map((name) => ({
    name,
    bytes: readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)),
  }));
  return CollectionSpec.parse(linkObjects(inputs), "linked");
}

/** Loads all but the program that needs pointers to functions, where the kernel has none. */
function loadLinked(...names: readonly string[]): Promise<Collection> {
  const spec = linked(...names);
  const programs = [...spec.programs.keys()].filter((name) => name !== "callback" || has(functionPointers));
  return loadCollection(spec, { programs });
}

describe.each([
  { names: ["main", "lib"], fallback: 100 },
  { names: ["lib", "main"], fallback: 200 },
  { names: ["static", "lib", "main"], fallback: 200 },
])("what is linked of $names", ({ names, fallback }) => {
  it("runs: functions, variables and maps are those of the other object", async () => {
    using collection = await loadLinked(...names);
    const run = (name: string): number | undefined => collection.programs.get(name)?.run({ data: packet }).returnValue;
    const terms = {
      ownStatic: 1 + 1000,
      twice: 7 * 2 + (2000 - 2000) + (3 * 3 + 5),
      strongFunction: 2 * 10_000,
      limit: 20,
      table: 2,
      strongVariable: 12,
      fallback,
      scale: 4,
    };
    expect(run("first")).toBe(Object.values(terms).reduce((sum, term) => sum + term));
    expect(collection.variables.get("in_bss")?.get()).toBe(run("first"));
    if (has(functionPointers)) expect(run("callback")).toBe(2);

    expect(run("second")).toBe(500 + 5);
    const flows = collection.maps.get("flows");
    expect(flows instanceof HashMap && flows.get(9)).toBe(500n);
    collection.variables.get("in_data")?.set(100);
    expect(run("second")).toBe(500 + 100);
  });

  it("has its CO-RE relocations where they belong", async () => {
    using collection = await loadLinked(...names);
    const run = (name: string): number => collection.programs.get(name)?.run().returnValue ?? 0;
    // In the kernel, tgid follows pid.
    expect(run("core_first")).toBeGreaterThan(8);
    expect(run("core_second") - run("core_first")).toBe(4);
  });
});

it("runs with static functions, data and inner maps of its own", async () => {
  using collection = await loadLinked("main", "lib", "static");
  expect(collection.programs.get("third")?.run({ data: packet }).returnValue).toBe(3000 + "t".charCodeAt(0));
});

it.for([
  ["arena-one", "arena-two"],
  ["arena-two", "arena-one"],
])("runs with one arena for the variables of all: %j", async (names, context) => {
  const reason = whyNoArena();
  context.skip(reason !== undefined, reason);
  using collection = await loadCollection(linked(...names));
  const run = (name: string): number | undefined => collection.programs.get(name)?.run().returnValue;
  expect(run("first")).toBe(5 + 70 + 2);
  expect(run("second")).toBe(301);
  expect(run("first")).toBe(1005 + 70 + 3);
  expect(collection.variables.get("here")?.get()).toBe(1005n);
});

it.each([
  { names: ["weak-one", "weak-two"], both: 1 + 10 },
  { names: ["weak-two", "weak-one"], both: 2 + 20 },
])("takes the strong one, or the first of weak ones: $names", async ({ names, both }) => {
  const spec = linked(...names);
  const maps = ["map_first", "map_second", "map_both", "map_one", "map_two", "legacy_first", "legacy_second"];
  expect([...spec.maps.keys()].filter((name) => !name.startsWith(".")).sort()).toEqual(maps.sort());
  expect([...spec.maps.values()].map(({ maxEntries }) => maxEntries)).toEqual([...spec.maps].map(() => 1));
  using collection = await loadCollection(spec);
  const results = Array.from(collection.programs, ([name, program]) => [
    name,
    program.run({ data: packet }).returnValue,
  ]);
  expect(Object.fromEntries(results)).toEqual({
    calls_one: 0,
    calls_two: 0,
    calls_first: 0,
    calls_second: 0,
    calls_both: both,
    reads_variable: 0,
    uses_maps: 0,
  });
});

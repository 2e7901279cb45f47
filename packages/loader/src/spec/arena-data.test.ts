import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MapType } from "../uapi/index.ts";
import { readArenaData } from "./arena-data.ts";
import { CollectionSpec } from "./collection-spec.ts";
import { newMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";
import { openObject } from "./object-file.ts";

function bytes(order: "el" | "eb"): Uint8Array {
  return readFileSync(new URL(`../collection/fixtures/arena.${order}.o`, import.meta.url));
}

function maps(...specs: readonly MapSpec[]): ReadonlyMap<string, MapSpec> {
  return new Map(specs.map((map) => [map.name, map]));
}

describe.each(["el", "eb"] as const)("variables of an arena, %s", (order) => {
  it("are the content of the arena's map", () => {
    const spec = CollectionSpec.parse(bytes(order));
    expect([...spec.maps.keys()]).toEqual(["arena", ".data"]);
    const arena = spec.maps.get("arena");
    expect(arena).toMatchObject({ type: MapType.ARENA, keySize: 0, valueSize: 0, maxEntries: 16, flags: 1 << 10 });
    expect(arena?.section?.kind).toBe("arena");
    const inArena = [...spec.variables.values()].filter(({ sectionName }) => sectionName === "arena");
    expect(inArena.map(({ name, size, constant }) => ({ name, size, constant }))).toEqual([
      { name: "counter", size: 4, constant: false },
      { name: "here", size: 16, constant: false },
      { name: "many", size: 8000, constant: false },
      { name: "zero", size: 8, constant: false },
    ]);
    expect(spec.getVariable("counter")).toBe(5);
    expect(spec.getVariable("here")).toEqual({ x: 3, y: 4n });
  });

  it("are what instructions refer to", () => {
    const spec = CollectionSpec.parse(bytes(order));
    const references = spec.programs.get("read_counter")?.functions.flatMap(({ references }) => references);
    const offset = spec.variables.get("counter")?.offset;
    expect(references).toEqual([{ kind: "mapValue", slot: 0, name: "arena", offset }]);
  });

  it("are set in one copy only", () => {
    const spec = CollectionSpec.parse(bytes(order));
    const copy = spec.copy();
    copy.setVariable("counter", 6);
    expect(copy.getVariable("counter")).toBe(6);
    expect(spec.getVariable("counter")).toBe(5);
  });

  it("need one arena", () => {
    const object = openObject(bytes(order));
    const [first, second, other] = [
      newMapSpec("first", MapType.ARENA),
      newMapSpec("second", MapType.ARENA),
      newMapSpec("other", MapType.ARRAY),
    ];
    expect(() => readArenaData(object, maps(other))).toThrow(/variables of an arena.*defines none.*"\.addr_space\.1"/);
    expect(() => readArenaData(object, maps(first, second))).toThrow(/several: "first", "second"/);
    expect(readArenaData(object, maps(other, first))?.map).toBe(first);
  });
});

it("is nothing for an object without", () => {
  const object = openObject(readFileSync(new URL("./fixtures/data.el.o", import.meta.url)));
  expect(readArenaData(object, maps(newMapSpec("arena", MapType.ARENA)))).toBeUndefined();
});

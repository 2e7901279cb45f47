import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { MapType } from "../uapi/index.ts";
import { openMap, PlainMap } from "./index.ts";

beforeEach(requireKernel);

it.each([
  ["QUEUE", { value: 4, entries: 4 }],
  ["PROG_ARRAY", { key: 4, value: 4, entries: 4 }],
  ["LPM_TRIE", { key: 8, value: 4, entries: 4, flags: 1 }],
  ["STACK_TRACE", { key: 4, value: 80, entries: 4 }],
  ["BLOOM_FILTER", { value: 4, entries: 4 }],
] as const)("%s has no interface of its own yet", (name, shape) => {
  const map = openMap(newMap(MapType[name], shape), { name });
  expect(map).toBeInstanceOf(PlainMap);
  expect(map).toMatchObject({ name, type: MapType[name], valueSize: shape.value, maxEntries: 4 });
  expect(map.id).toBeGreaterThan(0);
  const clone = map.clone();
  expect(clone.id).toBe(map.id);
  expect(clone.fd).not.toBe(map.fd);
  map.close();
  expect(() => map.fd).toThrow(`map "${name}" is closed`);
  expect(clone.fd).toBeGreaterThan(0);
  clone.close();
});

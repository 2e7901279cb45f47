import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32, u64 } from "../codec/index.ts";
import { ArrayMap, HashMap, MapArray, MapHash, openMapByFd, ProgramArray, Queue } from "./index.ts";

beforeEach(requireKernel);

const inner = (): HashMap<number, bigint> => HashMap.create({ key: u32, value: u64, maxEntries: 4 });

describe.each([
  {
    kind: "array",
    create: () => {
      using template = inner();
      return MapArray.create({ innerMap: template, maxEntries: 4 });
    },
  },
  {
    kind: "hash",
    create: () => {
      using template = inner();
      return MapHash.create({ key: u32, innerMap: template, maxEntries: 4 });
    },
  },
])("an $kind of maps", ({ create }) => {
  it("holds maps, and opens them as what they are", () => {
    const before = openKernelObjects();
    {
      using outer = create();
      expectTypeOf(outer.open(0)).toEqualTypeOf<HashMap<number, bigint> | undefined>();
      expect(outer.get(1)).toBeUndefined();
      expect(outer.open(1)).toBeUndefined();
      {
        using map = inner();
        map.set(7, 70n);
        outer.set(1, map);
        expect(outer.get(1)).toBe(map.id);
      }
      // It lives on in there.
      {
        using map = outer.open(1);
        expect(map).toBeInstanceOf(HashMap);
        expect(map?.get(7)).toBe(70n);
        map?.set(8, 80n);
      }
      using again = outer.open(1);
      expect([...(again ?? [])].length).toBe(2);
      expect([...outer.keys()]).toEqual([1]);
      expect([...outer.entries()]).toEqual([[1, again?.id]]);
      expect(outer.size).toBe(1);
      expect(outer.has(1)).toBe(true);
      expect(outer.delete(1)).toBe(true);
      expect(outer.delete(1)).toBe(false);
      expect(outer.has(1)).toBe(false);
      for (const key of [0, 2, 3]) outer.set(key, again ?? { fd: -1 });
      expect(new Set(outer.keys())).toEqual(new Set([0, 2, 3]));
      outer.clear();
      expect(outer.size).toBe(0);
    }
    expect(openKernelObjects()).toEqual(before);
  });

  it("says what does not fit in", () => {
    const before = openKernelObjects();
    {
      using outer = create();
      using other = HashMap.create({ key: u64, value: u64, maxEntries: 4 });
      expect(() => outer.set(0, other)).toThrow("all maps in it have the type, sizes, flags and number of entries");
      using queue = Queue.create({ value: u32, maxEntries: 1 });
      expect(() => outer.set(0, queue)).toThrow("EINVAL");
      expect(() => outer.set(0, { fd: 0xfffff })).toThrow("what was given is no open map");
      other.close();
      expect(() => outer.set(0, other)).toThrow("is closed");
      expect(outer.size).toBe(0);
    }
    expect(openKernelObjects()).toEqual(before);
  });
});

it("says what no map of maps can hold", () => {
  using template = inner();
  using outer = MapArray.create({ innerMap: template, maxEntries: 1 });
  expect(() => MapArray.create({ innerMap: outer, maxEntries: 1 })).toThrow("maps of maps hold none");
  using jumps = ProgramArray.create({ maxEntries: 1 });
  expect(() => MapArray.create({ innerMap: jumps, maxEntries: 1 })).toThrow("such as program arrays");
});

it("flags, where keys are not indexes", () => {
  using template = ArrayMap.create({ value: u32, maxEntries: 1 });
  using outer = MapHash.create({ key: u64, innerMap: template, maxEntries: 1 });
  expect(outer.set(5n, template, { flag: "exist" })).toBe(false);
  expect(outer.set(5n, template, { flag: "noExist" })).toBe(true);
  expect(outer.set(5n, template, { flag: "noExist" })).toBe(false);
  expect(() => outer.set(6n, template)).toThrow("the map is full");
});

it("what was opened elsewhere is told how to open the maps in it", () => {
  using template = inner();
  using outer = MapArray.create({ innerMap: template, maxEntries: 2 });
  outer.set(0, template);
  template.set(1, 5n);
  using again = MapArray.fromFd(outer.fd, { openInner: (fd) => HashMap.fromFd(fd, { key: u32, value: u64 }) });
  using first = again.open(0);
  expect(first?.get(1)).toBe(5n);
  using any = openMapByFd(outer.fd) as MapArray;
  using second = any.open(0);
  expect(second).toBeInstanceOf(HashMap);
  expect(() => again.set(2, template)).toThrow("index 2 is not an integer from 0 to 1");
});

import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { array, describeValue, u32, u64 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { bpf, mapFreeze } from "../sys/index.ts";
import { Command, MapFlag, MapType } from "../uapi/index.ts";
import { ArrayMap, openMap } from "./index.ts";

beforeEach(requireKernel);

function open<V>(value: Codec<V>, entries: number, flags: number): ArrayMap<V> {
  const fd = newMap(MapType.ARRAY, { key: 4, value: value.size, entries, flags });
  return openMap(fd, { name: "slots", key: u32, value }) as ArrayMap<V>;
}

const mappings = (): number => readFileSync("/proc/self/maps", "utf8").split("bpf-map").length;
const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe.each([
  ["mapped", MapFlag.MMAPABLE],
  ["by system calls", 0],
])("%s", (_, flags) => {
  it("elements are there as zeros, and are set", () => {
    using map = open(u64, 4, flags);
    expect(map).toBeInstanceOf(ArrayMap);
    expect(map.length).toBe(4);
    expect([...map]).toEqual([0n, 0n, 0n, 0n]);
    expect(map.set(2, 5n)).toBe(true);
    expect(map.get(2)).toBe(5n);
    expect([...map.keys()]).toEqual([0, 1, 2, 3]);
    expect([...map.entries()]).toEqual([
      [0, 0n],
      [1, 0n],
      [2, 5n],
      [3, 0n],
    ]);
    const seen: [bigint, number][] = [];
    map.forEach((value, index) => seen.push([value, index]));
    expect(seen[2]).toEqual([5n, 2]);
  });

  it("values that are no multiple of 8 bytes", () => {
    using map = open(array(u32, 3), 3, flags);
    map.set(1, [1, 2, 3]);
    map.set(2, [4, 5, 6]);
    expect([...map]).toEqual([
      [0, 0, 0],
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(() => map.set(1, [9, 9, -1])).toThrow("field [2]: -1 does not fit __u32");
    expect(map.get(1)).toEqual([1, 2, 3]);
  });

  it("what one object writes another reads", () => {
    using map = open(u64, 2, flags);
    using clone = map.clone();
    map.set(1, 7n);
    expect(clone.get(1)).toBe(7n);
    expect(map.set(1, 8n, { flag: "exist" })).toBe(true);
    expect(clone.get(1)).toBe(8n);
    expect(map.set(1, 9n, { flag: "noExist" })).toBe(false);
    expect(clone.get(1)).toBe(8n);
  });

  it.each([-1, 4, 0.5, NaN, "1", undefined, 1n, 2 ** 32])("index %s", (index) => {
    using map = open(u64, 4, flags);
    for (const use of [() => map.get(index as number), () => map.set(index as number, 1n)]) {
      expect(use).toThrow(
        expect.objectContaining({
          code: "ERR_BPF_INVALID_ARGUMENT",
          message: `map "slots": index ${describeValue(index)} is not an integer from 0 to 3`,
        }),
      );
    }
  });

  it("a frozen map is read, and not written", () => {
    using map = open(u64, 1, flags);
    map.set(0, 3n);
    using frozen = map.clone();
    // The mapping has to go first: the kernel does not freeze what can be written.
    map.close();
    bpf(Command.MAP_FREEZE, mapFreeze, { mapFd: frozen.fd }, "map");
    expect(frozen.get(0)).toBe(3n);
    expect(() => frozen.set(0, 4n)).toThrow(
      expect.objectContaining({ errno: "EPERM", message: expect.stringContaining("frozen") as unknown }),
    );
    expect(frozen.get(0)).toBe(3n);
  });

  it("closing", () => {
    const map = open(u64, 1, flags);
    expect(map.get(0)).toBe(0n);
    map.close();
    map.close();
    expect(() => map.get(0)).toThrow('map "slots" is closed');
    expect(() => map.set(0, 1n)).toThrow('map "slots" is closed');
    expect(() => [...map]).toThrow('map "slots" is closed');
  });
});

it("read-only for programs: mapped read-only, written by system calls; a descriptor to read or write only: no mapping", () => {
  using constant = open(u64, 1, MapFlag.MMAPABLE | MapFlag.RDONLY_PROG);
  constant.set(0, 1n);
  expect(constant.get(0)).toBe(1n);
  using readOnly = open(u64, 1, MapFlag.MMAPABLE | MapFlag.RDONLY);
  expect(readOnly.get(0)).toBe(0n);
  expect(() => readOnly.set(0, 1n)).toThrow(expect.objectContaining({ errno: "EPERM" }));
  using writeOnly = open(u64, 1, MapFlag.MMAPABLE | MapFlag.WRONLY);
  expect(writeOnly.set(0, 1n)).toBe(true);
  expect(() => writeOnly.get(0)).toThrow("the map is write-only for system calls");
});

it("more than a page is mapped, and unmapped", () => {
  const before = [mappings(), descriptors()];
  {
    using map = open(u64, 10_000, MapFlag.MMAPABLE);
    map.set(9_999, 1n);
    expect(map.get(9_999)).toBe(1n);
    expect(mappings()).toBe((before[0] ?? 0) + 1);
  }
  expect([mappings(), descriptors()]).toEqual(before);
});

describe.each([
  ["mapped", MapFlag.MMAPABLE],
  ["by system calls", 0],
])("many elements, %s", (_, flags) => {
  it("are written and read", () => {
    using map = open(array(u32, 3), 1000, flags);
    const elements = Array.from({ length: 1000 }, (_, index) => [index, index + 1, index + 2]);
    expect(map.setMany(elements.entries())).toBe(1000);
    expect([...map]).toEqual(elements);
    expect([...map.entries()]).toEqual([...elements.entries()]);
    const seen: unknown[] = [];
    map.forEach((value, index, of) => {
      expect(of).toBe(map);
      seen[index] = value;
    });
    expect(seen).toEqual(elements);
    let next = 0;
    for (const batch of map.batches({ size: 300 })) {
      expect(batch.values.length).toBe(12 * batch.length);
      for (const [index, value] of batch) {
        expect(index).toBe(next++);
        expect(value).toEqual(elements[index]);
      }
    }
    expect(next).toBe(1000);
    expect(() => map.setMany([[1000, [0, 0, 0]]])).toThrow("index 1000 is not an integer from 0 to 999"); // prettier-ignore
    const raw = { keys: new Uint8Array(Uint32Array.of(0, 1000).buffer), values: new Uint8Array(24) };
    expect(() => map.setMany(raw)).toThrow("index 1000 is not an integer from 0 to 999");
    expect(map.setMany([[1, [0, 0, 0]]], { flag: "noExist" })).toBe(0); // prettier-ignore
  });

  it("getInto copies the bytes", () => {
    using map = open(array(u32, 3), 4, flags);
    map.set(2, [1, 2, 3]);
    const target = new Uint32Array(3);
    map.getInto(2, new Uint8Array(target.buffer));
    expect([...target]).toEqual([1, 2, 3]);
    expect(() => map.getInto(2, new Uint8Array(16))).toThrow('map "slots": the target has 16 bytes, a value 12');
    expect(() => map.getInto(4, new Uint8Array(12))).toThrow("index 4");
    map.close();
    expect(() => map.getInto(2, new Uint8Array(12))).toThrow('map "slots" is closed');
  });
});

it("memory is the elements themselves, where both sides may write them", () => {
  const map = open(u64, 4, MapFlag.MMAPABLE);
  const { memory, stride } = map;
  expect(stride).toBe(8);
  if (memory === undefined) throw new Error("not mapped");
  const words = new BigUint64Array(memory, 0, map.length);
  words[3] = 9n;
  expect(map.get(3)).toBe(9n);
  map.set(0, 5n);
  expect(words[0]).toBe(5n);
  expect(map.memory).toBe(memory);
  map.close();
  expect(words.length).toBe(0);
  expect(() => map.memory).toThrow('map "slots" is closed');
  using constant = open(u64, 1, MapFlag.MMAPABLE | MapFlag.RDONLY_PROG);
  expect(constant.memory).toBeUndefined();
  using plain = open(u64, 1, 0);
  expect(plain.memory).toBeUndefined();
});

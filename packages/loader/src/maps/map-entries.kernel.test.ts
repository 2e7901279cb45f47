import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { ipv4Prefix, u32, u64 } from "../codec/index.ts";
import { BatchError } from "../errors/index.ts";
import { addon, Errno, possibleCpus } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { LpmTrie, openMap } from "./index.ts";
import type { HashMap, PerCpuHashMap } from "./index.ts";

const commands = ["mapLookupBatch", "mapLookupAndDeleteBatch", "mapUpdateBatch", "mapDeleteBatch"] as const;

/** As a kernel before Linux 5.6 answers, or one that has no batches for a kind of map. */
function withoutBatches(errno: number): void {
  for (const command of commands) vi.spyOn(addon(), command).mockImplementation(answer(errno));
}

function answer(errno: number): (handle: number, flags: number, cursor: Uint8Array) => number {
  return (_handle, _flags, cursor) => {
    cursor.fill(0, 0, 4);
    return -errno;
  };
}

function numbers(entries: number, type: MapType = MapType.HASH, flags = 0): HashMap<number, bigint> {
  const fd = newMap(type, { key: 4, value: 8, entries, flags });
  return openMap(fd, { name: "numbers", key: u32, value: u64 }) as HashMap<number, bigint>;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, key) => key);
const pairs = (count: number): readonly [number, bigint][] => range(count).map((key) => [key, BigInt(key) * 3n]);
const valuesOf = (key: number): readonly number[] => Array.from({ length: possibleCpus() }, (_, cpu) => key * 10 + cpu);
const sorted = (keys: Iterable<number>): readonly number[] => [...keys].toSorted((a, b) => a - b);

let before: readonly string[];
beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(openKernelObjects()).toEqual(before);
});

describe.each([
  ["batches", 0],
  ["without the command (EINVAL): entry by entry", Errno.EINVAL],
  ["without batches for the kind (ENOTSUPP): entry by entry", Errno.ENOTSUPP],
])("%s", (_, errno) => {
  beforeEach(() => {
    if (errno !== 0) withoutBatches(errno);
  });

  it.each([0, 1, 63, 64, 65, 700, 5000])("%d entries are written and read", (count) => {
    using map = numbers(5000);
    expect(map.setMany(pairs(count))).toBe(count);
    expect(map.size).toBe(count);
    expect(new Map(map)).toEqual(new Map(pairs(count)));
    expect(sorted(map.keys())).toEqual(range(count));
    expect([...map.values()]).toHaveLength(count);
  });

  it("setMany takes a Map and any other iterable, and passes over what the flags forbid", () => {
    using map = numbers(10);
    expect(map.setMany(new Map(pairs(4)))).toBe(4);
    expect(map.setMany([[2, 0n], [7, 1n], [3, 0n], [8, 1n]], { flag: "noExist" })).toBe(2); // prettier-ignore
    expect([map.get(2), map.get(7), map.get(3), map.get(8)]).toEqual([6n, 1n, 9n, 1n]);
    expect(map.setMany([[9, 5n], [8, 5n]], { flag: "exist" })).toBe(1); // prettier-ignore
    expect([map.get(9), map.get(8)]).toEqual([undefined, 5n]);
    expect(() => map.setMany([[1, 1n]], { flag: "lock" })).toThrow("needs a struct bpf_spin_lock in the value");
  });

  it("deleteMany passes over keys that are not there", () => {
    using map = numbers(10);
    map.setMany(pairs(6));
    expect(map.deleteMany([100, 1, 3, 200, 201, 5])).toBe(3);
    expect(sorted(map.keys())).toEqual([0, 2, 4]);
    expect(map.deleteMany([])).toBe(0);
  });

  it("a full map: the error tells how many were written", () => {
    using map = numbers(10);
    let error: unknown;
    try {
      map.setMany(pairs(12));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({ errno: "E2BIG", done: 10 });
    expect((error as BatchError).message).toMatch(
      /^map "numbers": BPF_MAP_UPDATE_(?:BATCH|ELEM) failed with E2BIG \(argument list too long\): the map is full; 10 entries were done before$/,
    );
    expect(sorted(map.keys())).toEqual(range(10));
  });

  it("a wrong value: the path starts with the number of the entry", () => {
    using map = numbers(10);
    expect(() => map.setMany([[1, 1n], [2, -1n]])).toThrow("field [1][1]: -1n does not fit __u64"); // prettier-ignore
    expect(() => map.setMany([[1, 1n], [-2, 1n]])).toThrow("field [1][0]: -2 does not fit __u32"); // prettier-ignore
    expect(() => map.deleteMany([1, -1])).toThrow("field [1]: -1 does not fit __u32");
    expect(map.size).toBe(0);
  });

  it("bytes go in and out as they are", () => {
    using map = numbers(100);
    using copy = numbers(100);
    map.setMany(pairs(100));
    let count = 0;
    for (const batch of map.batches({ size: 33 })) {
      count += batch.length;
      expect([batch.keys.length, batch.values.length]).toEqual([4 * batch.length, 8 * batch.length]);
      expect(batch.value(0)).toBe(BigInt(batch.key(0)) * 3n);
      expect([...batch][batch.length - 1]).toEqual([batch.key(batch.length - 1), batch.value(batch.length - 1)]);
      expect(copy.setMany(batch)).toBe(batch.length);
    }
    expect(count).toBe(100);
    expect(new Map(copy)).toEqual(new Map(map));
    for (const batch of map.batches({ size: 10 })) copy.deleteMany(batch);
    expect(copy.size).toBe(0);
    const keys = new Uint8Array(8);
    expect(() => map.setMany({ keys: new Uint8Array(7), values: new Uint8Array(8) })).toThrow(
      'map "numbers": keys must be a Uint8Array of a multiple of 4 bytes',
    );
    expect(() => map.setMany({ keys, values: new Uint8Array(8) })).toThrow(
      "values must be a Uint8Array of 2 × 8 bytes",
    );
    expect(() => map.deleteMany({ keys: new Uint8Array(1) })).toThrow("keys must be a Uint8Array of a multiple");
  });

  it("drain reads and deletes; batches with remove do, and lose nothing when the loop is left", () => {
    using map = numbers(1000);
    map.setMany(pairs(1000));
    const taken = new Map<number, bigint>();
    for (const batch of map.batches({ remove: true, size: 100 })) {
      for (const [key, value] of batch) taken.set(key, value);
      break;
    }
    expect(taken.size).toBeGreaterThan(0);
    expect(map.size).toBe(1000 - taken.size);
    for (const [key, value] of map.drain()) taken.set(key, value);
    expect(map.size).toBe(0);
    expect(taken).toEqual(new Map(pairs(1000)));
    expect([...map.drain()]).toEqual([]);
  });

  it("deleting and adding in the loop: it ends, and what stays comes once", () => {
    using map = numbers(2000);
    map.setMany(pairs(1000));
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      if (key % 2 === 1) map.delete(key);
      if (key < 200) map.set(key + 5000, 0n);
    }
    const first = seen.filter((key) => key < 1000);
    expect(new Set(first).size).toBe(first.length);
    expect(first.filter((key) => key % 2 === 0)).toHaveLength(500);
  });

  it("closing in a loop ends it with an error", () => {
    const map = numbers(10);
    map.setMany(pairs(10));
    const loops = [map.keys(), map.values(), map.entries(), map.batches({ size: 1 }), map.drain()];
    for (const loop of loops) loop.next();
    map.close();
    for (const loop of loops) expect(() => loop.next()).toThrow('map "numbers" is closed');
    for (const use of [() => map.setMany([]), () => map.deleteMany([]), () => map.getInto(1, new Uint8Array(8))]) {
      expect(use).toThrow('map "numbers" is closed');
    }
  });

  it("values of all CPUs", () => {
    const fd = newMap(MapType.PERCPU_HASH, { key: 4, value: 4, entries: 300 });
    using map = openMap(fd, { key: u32, value: u32 }) as PerCpuHashMap<number, number>;
    expect(map.setMany(range(300).map((key) => [key, [...valuesOf(key)]]))).toBe(300);
    for (const [key, value] of map) expect(value).toEqual(valuesOf(key));
    for (const { length, values } of map.batches()) expect(values.length).toBe(length * 8 * possibleCpus());
    expect([...map.drain()]).toHaveLength(300);
    expect(map.size).toBe(0);
  });

  it("a trie, whose walk starts again when a key is gone, is read at once", () => {
    using trie = LpmTrie.create({ key: ipv4Prefix, value: u32, maxEntries: 3000 });
    const prefixes = range(3000).map((index) => [`10.${index >> 8}.${index & 255}.0/24`, index] as const);
    expect(trie.setMany(prefixes)).toBe(3000);
    const seen = new Map<string, number>();
    for (const [prefix, value] of trie) {
      expect(seen.has(prefix)).toBe(false);
      seen.set(prefix, value);
      // The one that the kernel would go on from, and another.
      trie.deleteMany([prefix, `10.0.${value & 255}.0/24`]);
    }
    expect(seen).toEqual(new Map(prefixes));
    expect(trie.size).toBe(0);
    trie.setMany(prefixes.slice(0, 100));
    expect([...trie.batches({ size: 7 })].map((batch) => batch.length)).toEqual([100]);
    expect([...trie.drain()]).toHaveLength(100);
    expect(trie.size).toBe(0);
  });

  it("a frozen or one-way descriptor", () => {
    using readOnly = numbers(4, MapType.HASH, MapFlag.RDONLY);
    expect(readOnly.size).toBe(0);
    expect(() => readOnly.setMany([[1, 1n]])).toThrow(expect.objectContaining({ errno: "EPERM" }));
    expect(() => readOnly.deleteMany([1])).toThrow(expect.objectContaining({ errno: "EPERM" }));
    using writeOnly = numbers(4, MapType.HASH, MapFlag.WRONLY);
    writeOnly.setMany([[1, 1n]]);
    expect(() => writeOnly.size).toThrow("the map is write-only for system calls");
  });

  it.each([0, -1, 1.5, NaN, "3" as unknown as number])("a batch of %s entries", (size) => {
    using map = numbers(4);
    expect(() => map.batches({ size }).next()).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_INVALID_ARGUMENT",
        message: expect.stringContaining("size") as unknown,
      }),
    );
  });
});

describe("batches that are too small for a bucket of the hash map", () => {
  it.each([1, 2, 3, 4, 5, 16])("of %d entries grow: all entries come once", (size) => {
    using map = numbers(20_000);
    map.setMany(pairs(20_000));
    const seen: number[] = [];
    for (const batch of map.batches({ size })) for (const [key] of batch) seen.push(key);
    expect(sorted(seen)).toEqual(range(20_000));
  });

  it("that never fit are an error", () => {
    using map = numbers(2);
    vi.spyOn(addon(), "mapLookupBatch").mockImplementation(answer(Errno.ENOSPC));
    expect(() => map.size).toThrow(expect.objectContaining({ errno: "ENOSPC" }));
  });
});

it("a look-up of many that is interrupted goes on", () => {
  using map = numbers(100);
  map.setMany(pairs(100));
  const real = addon().mapLookupBatch;
  let calls = 0;
  vi.spyOn(addon(), "mapLookupBatch").mockImplementation((handle, flags, cursor, keys, values, first) => {
    if (calls++ % 2 === 1) return real(handle, flags, cursor, keys, values, first);
    return answer(Errno.EINTR)(handle, flags, cursor);
  });
  expect(sorted(map.keys())).toEqual(range(100));
});

it("a kind of map without batches is asked once", () => {
  using map = numbers(100);
  withoutBatches(Errno.ENOTSUPP);
  map.setMany(pairs(10));
  for (let i = 0; i < 3; i++) expect(map.size).toBe(10);
  expect(addon().mapLookupBatch).toHaveBeenCalledTimes(1);
  expect(addon().mapUpdateBatch).toHaveBeenCalledTimes(1);
});

describe("getInto", () => {
  it("copies the bytes of the value", () => {
    using map = numbers(2);
    map.set(1, 0x0102n);
    const value = new BigUint64Array([7n]);
    const bytes = new Uint8Array(value.buffer);
    expect(map.getInto(2, bytes)).toBe(false);
    expect(value[0]).toBe(7n);
    expect(map.getInto(1, bytes)).toBe(true);
    expect(value[0]).toBe(0x0102n);
    for (const size of [0, 7, 9]) {
      expect(() => map.getInto(1, new Uint8Array(size))).toThrow(`the target has ${size} bytes, a value 8`);
    }
  });
});

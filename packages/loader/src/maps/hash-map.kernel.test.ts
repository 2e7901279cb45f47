import { readdirSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { bytes, cstring, struct, u32, u64 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { hashLookupAndDelete } from "../features/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { HashMap, openMap } from "./index.ts";

beforeEach(requireKernel);

interface Flow {
  source: number;
  port: number;
}
/** With two bytes of padding that the kernel compares too. */
const Flow: Codec<Flow> = struct(
  "struct flow",
  8,
  4,
  (view, at) => ({ source: view.getUint32(at, true), port: view.getUint16(at + 4, true) }),
  (view, at, flow) => {
    view.setUint32(at, flow.source, true);
    view.setUint16(at + 4, flow.port, true);
    view.setUint16(at + 6, 0, true);
  },
);

function numbers(entries: number, type: MapType = MapType.HASH, flags = 0): HashMap<number, bigint> {
  const fd = newMap(type, { key: 4, value: 8, entries, flags });
  return openMap(fd, { name: "numbers", key: u32, value: u64 }) as HashMap<number, bigint>;
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("one entry", () => {
  it("set, get, has, delete", () => {
    using map = openMap(newMap(MapType.HASH, { key: 8, value: 8, entries: 4 }), {
      name: "flows",
      key: Flow,
      value: u64,
    }) as HashMap<Flow, bigint>;
    expect(map).toBeInstanceOf(HashMap);
    expect(map).toMatchObject({ name: "flows", keySize: 8, valueSize: 8, maxEntries: 4, type: MapType.HASH });
    const key = { source: 1, port: 2 };
    expect(map.get(key)).toBeUndefined();
    expect(map.has(key)).toBe(false);
    expect(map.set(key, 5n)).toBe(true);
    expect(map.get({ ...key })).toBe(5n);
    expect(map.has(key)).toBe(true);
    expect(map.get({ source: 1, port: 3 })).toBeUndefined();
    expect(map.delete(key)).toBe(true);
    expect(map.delete(key)).toBe(false);
    expect(map.get(key)).toBeUndefined();
  });

  it("flags", () => {
    using map = numbers(2);
    expect(map.set(1, 1n, { flag: "exist" })).toBe(false);
    expect(map.set(1, 1n, { flag: "noExist" })).toBe(true);
    expect(map.set(1, 2n, { flag: "noExist" })).toBe(false);
    expect(map.get(1)).toBe(1n);
    expect(map.set(1, 3n, { flag: "exist" })).toBe(true);
    expect(map.set(1, 4n, { flag: "any" })).toBe(true);
    expect(map.get(1)).toBe(4n);
    expect(() => map.set(1, 5n, { flag: "lock" })).toThrow("needs a struct bpf_spin_lock in the value");
    expect(() => map.get(1, { flag: "lock" })).toThrow("needs a struct bpf_spin_lock in the value");
    expect(() => map.set(1, 1n, { flag: "sometimes" as "any" })).toThrow('flag "sometimes" does not exist');
  });

  it("getAndDelete", (context) => {
    skipIfLacking(context, hashLookupAndDelete);
    using map = numbers(2);
    map.set(1, 7n);
    expect(map.getAndDelete(1)).toBe(7n);
    expect(map.getAndDelete(1)).toBeUndefined();
    expect(map.size).toBe(0);
  });

  it("a full map", () => {
    using map = numbers(1);
    map.set(1, 1n);
    expect(() => map.set(2, 2n)).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_SYSCALL",
        errno: "E2BIG",
        message: 'map "numbers": BPF_MAP_UPDATE_ELEM failed with E2BIG (argument list too long): the map is full',
      }),
    );
    expect(map.set(1, 2n)).toBe(true);
  });

  it("wrong values are refused before any call", () => {
    using map = numbers(1);
    expect(() => map.get(-1)).toThrow("-1 does not fit __u32");
    expect(() => map.set(1, 1 as unknown as bigint)).toThrow("takes a bigint: 1n");
    expect(map.size).toBe(0);
  });

  it("without codecs keys and values are bytes of exactly their size", () => {
    using map = openMap(newMap(MapType.HASH, { key: 3, value: 5, entries: 2 })) as HashMap<Uint8Array, Uint8Array>;
    const value = new Uint8Array([5, 4, 3, 2, 1]);
    map.set(new Uint8Array([1, 2, 3]), value);
    expect(map.get(new Uint8Array([1, 2, 3]))).toEqual(value);
    expect([...map]).toEqual([[new Uint8Array([1, 2, 3]), value]]);
    expect(() => map.get(new Uint8Array(4))).toThrow("a view of 4 bytes is not a Uint8Array of 3 bytes");
    expect(map.name).toBe("test");
  });

  it("codecs of another size are refused, the descriptor stays the caller's", () => {
    using fd = newMap(MapType.HASH, { key: 4, value: 8, entries: 1 });
    expect(() => openMap(fd, { name: "flows", key: Flow })).toThrow(
      'map "flows": its keys have 4 bytes, the codec of struct flow has 8',
    );
    expect(() => openMap(fd, { name: "flows", value: u32 })).toThrow(
      'map "flows": its values have 8 bytes, the codec of __u32 has 4',
    );
    expect(fd.closed).toBe(false);
  });

  it("keys up to the kernel's largest", () => {
    using map = openMap(newMap(MapType.HASH, { key: 512, value: 1, entries: 8, flags: MapFlag.NO_PREALLOC }), {
      key: cstring(512),
      value: bytes(1),
    }) as HashMap<string, Uint8Array>;
    const keys = ["", "a".repeat(511), "ä".repeat(255)];
    for (const key of keys) map.set(key, new Uint8Array(1));
    expect([...map.keys()].toSorted()).toEqual(keys.toSorted());
  });
});

describe("all entries", () => {
  it("an empty map", () => {
    using map = numbers(4);
    expect([...map]).toEqual([]);
    expect(map.size).toBe(0);
    map.clear();
  });

  it.each([1, 3, 4, 5, 20, 300, 1500])("%d entries: each comes once", (count) => {
    using map = numbers(2000);
    const keys = Array.from({ length: count }, (_, i) => i * 7);
    for (const key of keys) map.set(key, BigInt(key) * 2n);
    expect(map.size).toBe(count);
    expect([...map.keys()].toSorted((a, b) => a - b)).toEqual(keys);
    expect(new Map(map)).toEqual(new Map(keys.map((key) => [key, BigInt(key) * 2n])));
    expect([...map.values()].toSorted((a, b) => Number(a - b))).toEqual(keys.map((key) => BigInt(key) * 2n));
    const seen: number[] = [];
    map.forEach((value, key, of) => {
      expect(of).toBe(map);
      expect(value).toBe(BigInt(key) * 2n);
      seen.push(key);
    });
    expect(seen).toHaveLength(count);
    map.clear();
    expect(map.size).toBe(0);
  });

  it("deleting each entry in the loop reaches all of them once", () => {
    using map = numbers(1000);
    for (let key = 0; key < 1000; key++) map.set(key, 0n);
    const seen: number[] = [];
    for (const [key] of map) {
      map.delete(key);
      seen.push(key);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(map.size).toBe(0);
  });

  it("deleting others in the loop: none that stays is missed or comes twice", () => {
    using map = numbers(1000);
    for (let key = 0; key < 1000; key++) map.set(key, 0n);
    const seen: number[] = [];
    let next = 0;
    for (const key of map.keys()) {
      seen.push(key);
      // Odd keys go, a few at each step.
      for (let i = 0; i < 3 && next < 500; i++, next++) map.delete(next * 2 + 1);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((key) => key % 2 === 0)).toHaveLength(500);
  });

  it("another use of the map in the loop does not disturb it", () => {
    using map = numbers(100);
    for (let key = 0; key < 100; key++) map.set(key, BigInt(key));
    for (const [key, value] of map) {
      expect(map.get(99 - key)).toBe(BigInt(99 - key));
      expect(map.size).toBe(100);
      expect(value).toBe(BigInt(key));
    }
  });

  it("adding in the loop ends", () => {
    using map = numbers(1000);
    for (let key = 0; key < 1000; key++) map.set(key, 0n);
    let next = 1000;
    const seen = new Set<number>();
    for (const key of map.keys()) {
      expect(seen.has(key)).toBe(false);
      seen.add(key);
      map.delete(key);
      map.set(next++, 0n);
    }
    expect([...seen].filter((key) => key < 1000)).toHaveLength(1000);
  });
});

describe.each([MapType.LRU_HASH])("LRU", (type) => {
  it("drops old entries when it is full", () => {
    using map = numbers(64, type);
    for (let key = 0; key < 1000; key++) map.set(key, BigInt(key));
    expect(map.get(999)).toBe(999n);
    expect(map.size).toBeLessThanOrEqual(64);
  });
});

describe("closing", () => {
  it("is idempotent, and any use after it says so", () => {
    const map = numbers(1);
    map.set(1, 1n);
    map.close();
    map.close();
    expect(map.closed).toBe(true);
    for (const use of [
      () => map.get(1),
      () => map.set(1, 1n),
      () => map.has(1),
      () => map.delete(1),
      () => map.getAndDelete(1),
      () => map.size,
      () => map.clear(),
      () => [...map],
      () => map.fd,
      () => map.clone(),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED", message: 'map "numbers" is closed' }));
    }
  });

  it("in a loop ends it with that error", () => {
    const map = numbers(10);
    for (let key = 0; key < 10; key++) map.set(key, 0n);
    expect(() => {
      for (const _ of map) map.close();
    }).toThrow('map "numbers" is closed');
  });

  it("a clone lives on", () => {
    const map = numbers(2);
    const clone = map.clone();
    map.set(1, 1n);
    map.close();
    expect(clone).toBeInstanceOf(HashMap);
    expect(clone.get(1)).toBe(1n);
    clone.close();
  });

  it("leaves no descriptor", () => {
    numbers(1).close();
    const before = descriptors();
    for (let i = 0; i < 10; i++) {
      using map = numbers(1);
      using clone = map.clone();
      map.set(1, 1n);
      expect(clone.get(1)).toBe(1n);
    }
    expect(descriptors()).toBe(before);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { array, bytes, cstring, struct, u32, u64, u8 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { oneCpuValues } from "../features/map-operations.ts";
import { has, possibleCpus, probeFeature } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";
import { ArrayMap, HashMap, openMap, PerCpuArrayMap, PerCpuHashMap } from "./index.ts";

beforeEach(requireKernel);

describe.each([MapType.PERCPU_HASH, MapType.LRU_PERCPU_HASH])("hash, type %d", (type) => {
  it.each([
    ["8 bytes", u64, (cpu: number) => BigInt(cpu) + 1n],
    ["1 byte", u8, (cpu: number) => cpu + 1],
    ["12 bytes", array(u32, 3), (cpu: number) => [cpu, 2, 3]],
  ])("values of %s: one for each CPU", (_, codec, valueOf) => {
    const cpus = possibleCpus();
    using map = openMap(newMap(type, { key: 4, value: codec.size, entries: 8 }), {
      name: "counts",
      key: u32,
      value: codec,
    }) as PerCpuHashMap<number, unknown>;
    expect(map).toBeInstanceOf(PerCpuHashMap);
    expect(map).toBeInstanceOf(HashMap);
    const values = Array.from({ length: cpus }, (_, cpu) => valueOf(cpu));
    expect(map.get(1)).toBeUndefined();
    map.set(1, values);
    expect(map.get(1)).toEqual(values);
    expect([...map]).toEqual([[1, values]]);
    expect(map.size).toBe(1);
    expect(() => map.set(1, values.slice(1))).toThrow(`an array of ${cpus - 1} is not an array of ${cpus}`);
    expect(() =>
      map.set(
        1,
        values.map(() => "x"),
      ),
    ).toThrow("field [0]");
    map.clear();
    expect(map.size).toBe(0);
  });

  it("without codecs values are bytes", () => {
    using map = openMap(newMap(type, { key: 4, value: 3, entries: 8 })) as PerCpuHashMap<Uint8Array, Uint8Array>;
    const values = Array.from({ length: possibleCpus() }, (_, cpu) => new Uint8Array([cpu, 1, 2]));
    map.set(new Uint8Array(4), values);
    expect(map.get(new Uint8Array(4))).toEqual(values);
  });
});

describe("array", () => {
  it("elements with a value for each CPU", () => {
    using map = openMap(newMap(MapType.PERCPU_ARRAY, { key: 4, value: 4, entries: 2 }), {
      value: u32,
    }) as PerCpuArrayMap<number>;
    expect(map).toBeInstanceOf(PerCpuArrayMap);
    expect(map).toBeInstanceOf(ArrayMap);
    const values = Array.from({ length: possibleCpus() }, (_, cpu) => cpu + 1);
    map.set(1, values);
    expect([...map]).toEqual([values.map(() => 0), values]);
    expect(() => map.get(2)).toThrow("index 2");
  });

  it("a codec of another size is refused", () => {
    using fd = newMap(MapType.PERCPU_ARRAY, { key: 4, value: 4, entries: 2 });
    expect(() => openMap(fd, { value: bytes(8) })).toThrow("its values have 4 bytes");
  });
});

interface Traffic {
  packets: bigint;
  sizes: number[];
}
const Traffic: Codec<Traffic> = struct(
  "struct traffic",
  16,
  8,
  (view, at) => ({ packets: u64.read(view, at), sizes: array(u32, 2).read(view, at + 8) }),
  (view, at, { packets, sizes }) => {
    u64.write(view, at, packets);
    array(u32, 2).write(view, at + 8, sizes);
  },
);

const cpus = possibleCpus();
const last = cpus - 1;

const hash = <V>(value: Codec<V>): PerCpuHashMap<number, V> =>
  PerCpuHashMap.create({ key: u32, value, maxEntries: 4, name: "traffic" });

describe("one CPU's value, and the sum of all", () => {
  it("sums of integers, of members, and by a function", () => {
    using counts = hash(u64);
    expect(counts.sum(1)).toBeUndefined();
    counts.set(
      1,
      Array.from({ length: cpus }, (_, cpu) => BigInt(cpu)),
    );
    expect(counts.sum(1)).toBe(BigInt((cpus * last) / 2));
    expect(counts.sum(1, (left, right) => (left > right ? left : right))).toBe(BigInt(last));
    using traffic = hash(Traffic);
    traffic.fill(1, { packets: 3n, sizes: [1, 2] });
    expect(traffic.sum(1)).toEqual({ packets: 3n * BigInt(cpus), sizes: [cpus, 2 * cpus] });
    using names = hash(cstring(8));
    names.fill(1, "a");
    if (cpus > 1) expect(() => names.sum(1)).toThrow('"a" has no sum with "a": give sum() a function');
    expect(names.sum(1, (left, right) => left + right)).toBe("a".repeat(cpus));
    using array = PerCpuArrayMap.create({ value: u32, maxEntries: 2 });
    array.fill(1, 5);
    expect([array.sum(0), array.sum(1)]).toEqual([0, 5 * cpus]);
    expect(() => array.sum(2)).toThrow("index 2");
  });

  it("one CPU's value", () => {
    using counts = hash(u64);
    expect(counts.getOfCpu(1, 0)).toBeUndefined();
    const values = Array.from({ length: cpus }, (_, cpu) => BigInt(cpu) + 1n);
    counts.set(1, values);
    expect(values.map((_, cpu) => counts.getOfCpu(1, cpu))).toEqual(values);
    using array = PerCpuArrayMap.create({ value: u8, maxEntries: 2 });
    array.set(
      1,
      values.map((value) => Number(value)),
    );
    expect(array.getOfCpu(1, last)).toBe(cpus);
    for (const cpu of [-1, cpus, 0.5]) {
      expect(() => counts.getOfCpu(1, cpu)).toThrow(`map "traffic": CPU ${cpu} is not an integer from 0 to ${last}`);
      expect(() => counts.setOfCpu(1, cpu, 1n)).toThrow("is not an integer from 0");
    }
    expect(() => array.getOfCpu(2, 0)).toThrow("index 2");
  });

  it("is set alone", (context) => {
    const support = probeFeature(oneCpuValues);
    context.skip(support.supported !== true, support.supported === true ? "" : support.reason);
    using counts = hash(u64);
    counts.fill(1, 7n);
    counts.setOfCpu(1, last, 9n);
    expect(counts.get(1)).toEqual(Array.from({ length: cpus }, (_, cpu) => (cpu === last ? 9n : 7n)));
    using array = PerCpuArrayMap.create({ value: u32, maxEntries: 2 });
    array.setOfCpu(1, last, 4);
    expect(array.sum(1)).toBe(4);
    expect(array.getOfCpu(1, last)).toBe(4);
  });

  it("is not set where that would write back all", (context) => {
    context.skip(has(oneCpuValues), "this kernel sets one CPU's value alone");
    using counts = hash(u64);
    expect(() => counts.setOfCpu(1, 0, 1n)).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_NOT_SUPPORTED",
        since: "7.0",
        message: expect.stringMatching(/^map "traffic": the value of one CPU can't be set alone: /) as unknown,
      }),
    );
    expect(counts.size).toBe(0);
  });
});

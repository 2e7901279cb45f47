import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { array, bytes, u32, u64, u8 } from "../codec/index.ts";
import { possibleCpus } from "../sys/index.ts";
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

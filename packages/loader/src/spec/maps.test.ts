import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MapFlag, MapType } from "../uapi/index.ts";
import { CollectionSpec } from "./collection-spec.ts";
import { newMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";

describe.each(["el", "eb"])("maps of a %s object", (order) => {
  const parse = (name: string): CollectionSpec =>
    CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.${order}.o`, import.meta.url)));
  const spec = parse("maps");
  const typeName = (id: number): string => spec.btf!.typeName(id);

  function expectMap(name: string, fields: Partial<MapSpec>): void {
    const map = spec.maps.get(name);
    expect({ ...map, keyTypeId: 0, valueTypeId: 0, innerMap: undefined }).toEqual({
      ...newMapSpec(name, MapType.UNSPEC),
      ...fields,
    });
  }

  it("are all there, and nothing else", () => {
    expect([...spec.maps.keys()].sort()).toEqual(
      ["anonymous_inner", "bloom", "counters", "flows", "inner_a", "inner_b", "more_counters", "outer"].concat([
        "perf_descriptors",
        "perf_records",
        "records",
        "sizes_and_types",
        "sizes_only",
        "tails",
      ]),
    );
  });

  it("have every member of their definition", () => {
    expectMap("flows", {
      type: MapType.HASH,
      keySize: 12,
      valueSize: 8,
      maxEntries: 1024,
      flags: MapFlag.NO_PREALLOC | MapFlag.NUMA_NODE,
      numaNode: 1,
      pinning: "byName",
      tags: ["first", "second"],
    });
    expect(typeName(spec.maps.get("flows")!.keyTypeId)).toBe("struct flow");
    expect(typeName(spec.maps.get("flows")!.valueTypeId)).toBe("__u64");
    expectMap("bloom", { type: MapType.BLOOM_FILTER, valueSize: 4, maxEntries: 100, mapExtra: 0x100000003n });
  });

  it("have sizes without types, and with types that agree", () => {
    expectMap("sizes_only", { type: MapType.HASH, keySize: 12, valueSize: 24, maxEntries: 2 });
    expect(spec.maps.get("sizes_only")).toMatchObject({ keyTypeId: 0, valueTypeId: 0 });
    expectMap("sizes_and_types", { type: MapType.HASH, keySize: 12, valueSize: 4, maxEntries: 2 });
    expect(typeName(spec.maps.get("sizes_and_types")!.keyTypeId)).toBe("struct flow");
  });

  it("have the type of their records and no size of values, where they hold records", () => {
    expectMap("records", { type: MapType.RINGBUF, maxEntries: 65536 });
    expectMap("perf_records", { type: MapType.PERF_EVENT_ARRAY, maxEntries: 4096 });
    // What is as large as a descriptor is one.
    expectMap("perf_descriptors", { type: MapType.PERF_EVENT_ARRAY, keySize: 4, valueSize: 4 });
    for (const name of ["records", "perf_records"]) {
      expect(typeName(spec.maps.get(name)!.valueTypeId)).toBe("struct flow");
    }
  });

  it("may share a definition, and be weak", () => {
    expectMap("counters", { type: MapType.ARRAY, keySize: 4, valueSize: 8, maxEntries: 3 });
    expectMap("more_counters", { type: MapType.ARRAY, keySize: 4, valueSize: 8, maxEntries: 3 });
  });

  it("hold maps, with a template and static content that has holes", () => {
    expectMap("outer", {
      type: MapType.ARRAY_OF_MAPS,
      keySize: 4,
      valueSize: 4,
      maxEntries: 4,
      slots: [
        { index: 0, name: "inner_b" },
        { index: 3, name: "inner_a" },
      ],
    });
    expect(spec.maps.get("outer")!.innerMap).toMatchObject({
      name: "outer_inner",
      type: MapType.ARRAY,
      keySize: 4,
      valueSize: 4,
      maxEntries: 5,
      pinning: "none",
    });
    expectMap("anonymous_inner", { type: MapType.HASH_OF_MAPS, keySize: 4, valueSize: 4, maxEntries: 2 });
    expect(spec.maps.get("anonymous_inner")!.innerMap).toMatchObject({
      name: "anonymous_inner_inner",
      type: MapType.HASH,
      keySize: 8,
      valueSize: 12,
      flags: MapFlag.NO_PREALLOC,
      maxEntries: 7,
    });
  });

  it("hold programs, static ones too", () => {
    expectMap("tails", {
      type: MapType.PROG_ARRAY,
      keySize: 4,
      valueSize: 4,
      maxEntries: 8,
      slots: [
        { index: 2, name: "tail_global" },
        { index: 5, name: "tail_static" },
      ],
    });
  });

  it("are refused when they are static, or have initial values where only types count", () => {
    expect(() => parse("static-map")).toThrow(
      'possible erroneous static qualifier on map definition "wrong" (section ".maps", offset 0)',
    );
    expect(() => parse("initialised-map")).toThrow("initial values of map definitions are not supported");
  });

  describe("defined by structs of numbers", () => {
    const legacy = parse("legacy");

    it("have the five fields, and what is behind them", () => {
      const extra = legacy.maps.get("second")!.extra;
      expect(legacy.maps.get("first")).toEqual({
        ...newMapSpec("first", MapType.HASH),
        keySize: 4,
        valueSize: 8,
        maxEntries: 10,
        flags: MapFlag.NO_PREALLOC,
        extra: new Uint8Array(8),
      });
      expect(legacy.maps.get("second")).toMatchObject({
        type: MapType.ARRAY,
        keySize: 4,
        valueSize: 2,
        maxEntries: 20,
        tags: ["tagged"],
      });
      expect(Array.from(extra)).toEqual(order === "el" ? [0, 0, 0, 0, 2, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 2]);
    });

    it("are what programs refer to", () => {
      const references = legacy.programs.get("pass")!.functions[0]!.references;
      expect(references.map(({ kind, name }) => [kind, name])).toEqual([
        ["map", "first"],
        ["map", "second"],
      ]);
    });
  });

  describe("of functions for the kernel to call", () => {
    const ops = parse("struct-ops");

    it("have their value without the pointers, and the programs that go there", () => {
      const plain = ops.maps.get("plain")!;
      expect(plain).toMatchObject({ type: MapType.STRUCT_OPS, keySize: 4, valueSize: 40, maxEntries: 1, flags: 0 });
      expect(ops.btf!.typeName(plain.structOps!.typeId)).toBe("struct test_ops");
      expect(plain).toMatchObject({ structOps: { functions: [{ offset: 0, name: "ops_init" }] }, autocreate: true });
      const { content } = plain.structOps!;
      expect(content).toHaveLength(40);
      expect(new DataView(content.buffer, content.byteOffset).getUint32(8, order === "el")).toBe(5);
      expect(new TextDecoder().decode(content.subarray(24, 29))).toBe("plain");
      expect(content.subarray(0, 8)).toEqual(new Uint8Array(8));
    });

    it("are linked, and optional, by their section", () => {
      expect(ops.maps.get("linked")).toMatchObject({
        flags: MapFlag.LINK,
        structOps: { functions: [{ offset: 16, name: "ops_release" }] },
        autocreate: true,
      });
      expect(ops.maps.get("optional")).toMatchObject({ flags: MapFlag.LINK, autocreate: false });
    });
  });
});

import { describe, expect, it } from "vitest";
import { IncompatibleMapError } from "../errors/index.ts";
import { newMapSpec } from "../spec/index.ts";
import type { MapSpec } from "../spec/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { checkCompatible } from "./map-compatibility.ts";
import { flagNames, mapShapeProblems } from "./map-rules.ts";
import type { MapShape } from "./map-rules.ts";
import { mapShape } from "./map-shape.ts";

const host = { pageSize: 4096, possibleCpus: 4 };
const hash: MapShape = { type: MapType.HASH, keySize: 4, valueSize: 8, maxEntries: 10, flags: 0, mapExtra: 0n };

function spec(fields: Partial<MapSpec>): MapSpec {
  return { ...newMapSpec("m", MapType.HASH), ...fields };
}

describe("mapShapeProblems", () => {
  it("names each wrong field", () => {
    expect(mapShapeProblems(hash, host)).toEqual([]);
    expect(mapShapeProblems({ ...hash, maxEntries: 0, keySize: 0 }, host)).toEqual([
      "key size is 0, BPF_MAP_TYPE_HASH wants more than 0",
      "max_entries is 0, BPF_MAP_TYPE_HASH wants more than 0",
    ]);
    const ring = { ...hash, type: MapType.RINGBUF, keySize: 0, valueSize: 0 };
    expect(mapShapeProblems({ ...ring, maxEntries: 5000 }, host)).toEqual([
      "max_entries is 5000, BPF_MAP_TYPE_RINGBUF wants the page size (4096) times a power of two",
    ]);
    expect(mapShapeProblems({ ...ring, maxEntries: 16384 }, host)).toEqual([]);
    expect(mapShapeProblems({ ...hash, type: MapType.LPM_TRIE, keySize: 8 }, host)).toEqual([
      "BPF_MAP_TYPE_LPM_TRIE needs the flag BPF_F_NO_PREALLOC",
    ]);
    expect(mapShapeProblems({ ...hash, type: MapType.LRU_HASH, flags: MapFlag.NO_PREALLOC }, host)).toEqual([
      "BPF_MAP_TYPE_LRU_HASH does not take the flag BPF_F_NO_PREALLOC",
    ]);
  });

  it("knows flags by name", () => {
    expect(flagNames(0)).toBe("0");
    expect(flagNames(MapFlag.NO_PREALLOC | MapFlag.MMAPABLE)).toBe("BPF_F_NO_PREALLOC | BPF_F_MMAPABLE");
    expect(flagNames(0x8000_0000 | 0)).toBe("0x80000000");
  });
});

describe("mapShape", () => {
  it("fits perf event arrays to the CPUs", () => {
    const perf = { type: MapType.PERF_EVENT_ARRAY };
    expect(mapShape(spec(perf), host)).toMatchObject({ keySize: 4, valueSize: 4, maxEntries: 4 });
    expect(mapShape(spec({ ...perf, maxEntries: 99 }), host).maxEntries).toBe(4);
    expect(mapShape(spec({ ...perf, maxEntries: 2 }), host).maxEntries).toBe(2);
  });

  it("rounds ring buffers up and drops the sizes of their records", () => {
    const ring = { type: MapType.RINGBUF, valueSize: 24 };
    expect(mapShape(spec({ ...ring, maxEntries: 4096 }), { ...host, pageSize: 65536 })).toMatchObject({
      valueSize: 0,
      maxEntries: 65536,
    });
    expect(mapShape(spec({ ...ring, maxEntries: 5000 }), host).maxEntries).toBe(8192);
    expect(mapShape(spec(ring), host).maxEntries).toBe(0);
  });
});

describe("checkCompatible", () => {
  it("lists every difference", () => {
    const given: MapShape = { ...hash, type: MapType.ARRAY, keySize: 8, flags: MapFlag.MMAPABLE };
    try {
      checkCompatible("flows", hash, given, false);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(IncompatibleMapError);
      expect(error).toMatchObject({
        code: "ERR_BPF_INCOMPATIBLE_MAP",
        differences: [
          "type BPF_MAP_TYPE_ARRAY, wanted BPF_MAP_TYPE_HASH",
          "key size 8, wanted 4",
          "flags BPF_F_MMAPABLE, wanted 0",
        ],
      });
    }
  });

  it("overlooks what kernel and loader add", () => {
    const devmap = { ...hash, type: MapType.DEVMAP };
    checkCompatible("d", devmap, { ...devmap, flags: MapFlag.RDONLY_PROG }, false);
    const section = { ...hash, type: MapType.ARRAY };
    checkCompatible(".bss", section, { ...section, flags: MapFlag.MMAPABLE }, true);
  });
});

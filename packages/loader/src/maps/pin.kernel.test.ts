import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { mapFreezing } from "../features/commands.ts";
import { u32, u64 } from "../codec/index.ts";
import { lacks } from "../sys/index.ts";
import { ArrayMap, HashMap } from "./index.ts";

const files = bpfFileSystem();
const pin = join(files.path, "map");
let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => {
  expect(openKernelObjects()).toEqual(before);
});

const newMap = (): HashMap<number, bigint> => HashMap.create({ name: "numbers", key: u32, value: u64, maxEntries: 4 });

describe("pin", () => {
  beforeEach((context) => files.require(context));

  it("outlives the map, until unpin", () => {
    let id = 0;
    {
      using map = newMap();
      map.set(1, 2n);
      expect(map.pinnedAt).toBeUndefined();
      map.pin(pin);
      map.pin(pin);
      expect(map.pinnedAt).toBe(pin);
      id = map.id;
    }
    using opened = HashMap.fromPin(pin, { key: u32, value: u64 });
    expect(opened).toMatchObject({ id, pinnedAt: pin });
    expect(opened.get(1)).toBe(2n);
    using copy = opened.clone();
    expect(copy.pinnedAt).toBeUndefined();
    copy.unpin();
    expect(existsSync(pin)).toBe(true);
    opened.unpin();
    expect(existsSync(pin)).toBe(false);
    opened.unpin();
  });

  it("moves one that is pinned, into directories that it makes", () => {
    using map = newMap();
    map.pin(pin);
    const inside = join(files.path, "a", "b", "map");
    expect(() => map.pin(inside)).toThrow(`the directory "${join(files.path, "a", "b")}" does not exist`);
    expect(map.pinnedAt).toBe(pin);
    map.pin(inside, { makeDirectory: true });
    expect([existsSync(pin), existsSync(inside)]).toEqual([false, true]);
    using other = newMap();
    expect(() => other.pin(inside)).toThrow("something of that name exists");
    map.unpin();
    rmSync(join(files.path, "a"), { recursive: true });
  });

  it("says why not", () => {
    using map = newMap();
    expect(() => map.pin(join(tmpdir(), "a-map"))).toThrow("it is not in a bpf file system; one is mounted at");
    expect(() => map.pin(join(tmpdir(), "no-such-directory", "map"), { makeDirectory: true })).toThrow(
      "it is not in a bpf file system",
    );
    expect(existsSync(join(tmpdir(), "no-such-directory"))).toBe(false);
    expect(() => map.pin(join(files.path, "a.map"))).toThrow("bpf file systems take no names with a dot");
    expect(() => map.pin(join(files.path, "a.b", "map"), { makeDirectory: true })).toThrow(
      "bpf file systems take no names with a dot",
    );
    expect(() => map.pin("")).toThrow("can't be pinned: the path is empty");
    expect(() => map.pin(join(tmpdir(), "no-such-directory", "map"))).toThrow(
      `the directory "${join(tmpdir(), "no-such-directory")}" does not exist, nor would it be in a bpf file system; one is mounted at`,
    );
    map.close();
    expect(() => map.pin(pin)).toThrow('map "numbers" is closed');
  });

  it("says what a path is that is none", () => {
    const file = fileURLToPath(import.meta.url);
    expect(() => HashMap.fromPin(file)).toThrow(`map at "${file}": it is not in a bpf file system; one is mounted at`);
    expect(() => HashMap.fromPin(files.path)).toThrow("it is a directory");
    expect(() => HashMap.fromPin(pin)).toThrow(`nothing is pinned at "${pin}"`);
    expect(() => HashMap.fromPin("")).toThrow('nothing is pinned at ""');
  });
});

describe("freeze", () => {
  beforeEach((context) => context.skip(lacks(mapFreezing), "maps can be frozen since Linux 5.2"));

  it("ends writing", () => {
    using map = newMap();
    map.set(1, 2n);
    map.freeze();
    expect(() => map.set(1, 3n)).toThrow("the map is frozen");
    expect(map.get(1)).toBe(2n);
    expect(() => map.freeze()).toThrow("it is frozen already");
  });

  it("not while memory is mapped for writing", () => {
    using map = ArrayMap.create({ name: "cells", value: u64, maxEntries: 1, mapped: true });
    map.set(0, 1n);
    expect(() => map.freeze()).toThrow("has its memory mapped for writing, maybe this process");
    using fresh = ArrayMap.create({ name: "cells", value: u64, maxEntries: 1, mapped: true });
    fresh.freeze();
    expect(fresh.get(0)).toBe(0n);
    expect(() => fresh.set(0, 1n)).toThrow("the map is frozen");
  });
});

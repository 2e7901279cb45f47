import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { whyNoArena } from "../../../../test/why-no-arena.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { ArenaMap } from "../maps/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { addon, Errno, pageSize } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { arenaDataOffset } from "./arena.ts";
import type { Collection } from "./collection.ts";
import { loadAndAssign } from "./assign.ts";
import { ebpf } from "./ebpf.ts";
import { loadCollection, loadCollectionSync } from "./load-collection.ts";
import { rewriteMaps } from "./rewrite-maps.ts";

/** Far from everything that Linux maps on its own. */
const ADDRESS = 2 ** 44;

beforeEach((context) => {
  requireKernel(context);
  const reason = whyNoArena();
  context.skip(reason !== undefined, reason);
});

function read(): CollectionSpec {
  return CollectionSpec.parse(readFileSync(new URL("./fixtures/arena.el.o", import.meta.url)), "arena");
}

function run(collection: Collection, name: string): number | undefined {
  return collection.programs.get(name)?.run().returnValue;
}

function mappings(): number {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("bpf-map")).length;
}

function edited(change: (arena: NonNullable<ReturnType<CollectionSpec["maps"]["get"]>>) => void): CollectionSpec {
  const spec = read();
  const arena = spec.maps.get("arena");
  if (arena !== undefined) change(arena);
  return spec;
}

describe("variables of an arena", () => {
  it("are shared by programs and JavaScript", async () => {
    const [objects, mapped] = [openKernelObjects(), mappings()];
    const collection = await loadCollection(read());
    const value = (name: string): unknown => collection.variables.get(name)?.get();
    expect(value("counter")).toBe(5);
    expect(value("here")).toEqual({ x: 3, y: 4n });
    expect(run(collection, "change")).toBe(0);
    expect(value("counter")).toBe(9);
    expect(value("zero")).toBe(0x1_0000_0002n);
    expect(value("here")).toEqual({ x: -1, y: 4n });
    expect((value("many") as number[]).slice(1997)).toEqual([0, 6, 7]); // an array of u32
    collection.variables.get("counter")?.set(77);
    expect(run(collection, "read_counter")).toBe(77);
    const counter = collection.variables.get("counter");
    collection.close();
    collection.close();
    expect(() => counter?.get()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(() => counter?.set(1)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect([openKernelObjects(), mappings()]).toEqual([objects, mapped]);
  });

  it("have the values that were given before loading", () => {
    const spec = read();
    spec.setVariable("counter", 40);
    const collection = loadCollectionSync(spec);
    expect(run(collection, "read_counter")).toBe(40);
    collection.close();
  });

  it("are in a replacement, as long as that is open", () => {
    const first = loadCollectionSync(read());
    const arena = first.maps.get("arena");
    if (arena === undefined) throw new Error("no arena");
    first.variables.get("counter")?.set(100);
    const second = loadCollectionSync(read(), { mapReplacements: { arena } });
    expect(run(second, "read_counter")).toBe(100);
    second.variables.get("counter")?.set(101);
    expect(run(first, "read_counter")).toBe(101);
    second.close();
    expect(run(first, "read_counter")).toBe(101);
    const third = loadCollectionSync(read(), { mapReplacements: { arena } });
    const counter = third.variables.get("counter");
    expect(counter?.get()).toBe(101);
    first.close();
    expect(() => counter?.set(1)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    third.close();
  });

  it("stay usable when the arena is taken out of the collection; a clone has no memory of its own", () => {
    const mapped = mappings();
    const collection = loadCollectionSync(read());
    const counter = collection.variables.get("counter");
    const arena = collection.detachMap("arena");
    collection.close();
    expect(counter?.get()).toBe(5);
    expect(arena).toBeInstanceOf(ArenaMap);
    const clone = arena?.clone();
    expect(clone).toMatchObject({ memory: undefined });
    clone?.close();
    expect(counter?.get()).toBe(5);
    arena?.close();
    expect(() => counter?.get()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    expect(mappings()).toBe(mapped);
  });

  it("are not there in a replacement that this process has not mapped", () => {
    const arena = new ArenaMap({
      fd: newMap(MapType.ARENA, { entries: 16, flags: MapFlag.MMAPABLE }),
      name: "arena",
      type: MapType.ARENA,
      id: 0,
      keySize: 0,
      valueSize: 0,
      maxEntries: 16,
      flags: MapFlag.MMAPABLE,
      key: undefined,
      value: undefined,
    });
    const collection = loadCollectionSync(read(), { mapReplacements: { arena }, programs: [] });
    expect([...collection.variables.keys()]).toEqual(["outside"]);
    collection.close();
    arena.close();
  });

  it("are found by programs whose arena is rewritten", () => {
    const first = loadCollectionSync(read());
    const arena = first.maps.get("arena");
    if (arena === undefined) throw new Error("no arena");
    const spec = read();
    rewriteMaps(spec, { arena });
    const second = loadCollectionSync(spec);
    first.variables.get("counter")?.set(12);
    expect(run(second, "read_counter")).toBe(12);
    expect([...second.variables.keys()]).toEqual(["outside"]);
    second.close();
    const clone = arena.clone();
    const other = read();
    rewriteMaps(other, { arena: clone });
    expect(() => loadCollectionSync(other)).toThrow(/where its variables are is not known/);
    clone.close();
    first.close();
  });

  it("are assigned, and closed with what they are assigned to", async () => {
    const mapped = mappings();
    const objects = await loadAndAssign(read(), {
      read: ebpf.program("read_counter"),
      counter: ebpf.variable("counter"),
    });
    expect(objects.counter.get()).toBe(5);
    objects.counter.set(6);
    expect(objects.read.run().returnValue).toBe(6);
    objects.close();
    expect(mappings()).toBe(mapped);
    const program = await loadAndAssign(read(), { read: ebpf.program("read_counter") });
    // The kernel keeps the arena for the program.
    expect(mappings()).toBe(mapped);
    expect(program.read.run().returnValue).toBe(5);
    program.close();
  });

  it("belong to the first who loads a pinned arena", (context) => {
    const pinPath = mkdtempSync(join(tmpdir(), "bpffs-"));
    const mounted = spawnSync("mount", ["-t", "bpf", "bpf", pinPath]).status === 0;
    try {
      context.skip(!mounted, "a bpf file system can't be mounted here");
      const spec = edited((arena) => (arena.pinning = "byName"));
      const [first, mapped] = [loadCollectionSync(spec, { pinPath }), mappings()];
      first.variables.get("counter")?.set(30);
      const second = loadCollectionSync(spec, { pinPath });
      expect(mappings()).toBe(mapped);
      expect(run(second, "read_counter")).toBe(30);
      expect([...second.variables.keys()]).toEqual(["outside"]);
      second.close();
      first.close();
    } finally {
      if (mounted) spawnSync("umount", [pinPath]);
      rmdirSync(pinPath);
    }
  });

  it("are in an arena of 4 GiB as well", () => {
    const collection = loadCollectionSync(edited((arena) => (arena.maxEntries = 2 ** 32 / pageSize())));
    expect(run(collection, "change")).toBe(0);
    expect(collection.variables.get("counter")?.get()).toBe(9);
    collection.close();
  });
});

describe("an arena's address", () => {
  it("is what the definition says", () => {
    const spec = edited((arena) => (arena.mapExtra = BigInt(ADDRESS)));
    const collection = loadCollectionSync(spec);
    expect(readFileSync("/proc/self/maps", "utf8")).toContain(`${ADDRESS.toString(16)}-`);
    expect(run(collection, "change")).toBe(0);
    expect(collection.variables.get("counter")?.get()).toBe(9);
    // It is taken, and what is there stays.
    expect(() => loadCollectionSync(spec)).toThrow(/"arena": mmap failed with EEXIST.*address 0x100000000000/);
    expect(collection.variables.get("counter")?.get()).toBe(9);
    collection.close();
    loadCollectionSync(spec).close();
  });

  it("is not believed", () => {
    const objects = openKernelObjects();
    for (const address of [0x1000n, 1n << 60n]) {
      expect(() => loadCollectionSync(edited((arena) => (arena.mapExtra = address)))).toThrow(
        /can't be mapped at address/,
      );
    }
    // Node's own.
    const own = /^([0-9a-f]+)-/.exec(readFileSync("/proc/self/maps", "utf8"))?.[1] ?? "";
    expect(() => loadCollectionSync(edited((arena) => (arena.mapExtra = BigInt(`0x${own}`))))).toThrow(/EEXIST/);
    expect(openKernelObjects()).toEqual(objects);
  });

  it("is not needed for an arena without variables", () => {
    const spec = edited((arena) => {
      arena.section = undefined;
      arena.mapExtra = BigInt(ADDRESS);
    });
    const mapped = mappings();
    const collection = loadCollectionSync(spec, { programs: ["read_counter"] });
    expect(mappings()).toBe(mapped);
    collection.close();
  });
});

it("maps an arena without variables or address, for the verifier to know where it is", () => {
  const spec = edited((arena) => (arena.section = undefined));
  const mapped = mappings();
  const collection = loadCollectionSync(spec, { programs: ["read_counter"] });
  expect(mappings()).toBe(mapped + 1);
  expect(run(collection, "read_counter")).toBe(0);
  collection.close();
  expect(mappings()).toBe(mapped);
});

describe("an arena that can't have its variables", () => {
  it("is too small", () => {
    expect(() => loadCollectionSync(edited((arena) => (arena.maxEntries = 1)))).toThrow(
      /arena "arena": its variables need \d+ bytes, and its max_entries says 1 pages/,
    );
  });

  it("kills who touches it", () => {
    expect(() => loadCollectionSync(edited((arena) => (arena.flags |= MapFlag.SEGV_ON_FAULT)))).toThrow(
      /BPF_F_SEGV_ON_FAULT/,
    );
  });

  it("lacks the flag that every arena needs", () => {
    expect(() => loadCollectionSync(edited((arena) => (arena.flags = 0)))).toThrow(/needs the flag BPF_F_MMAPABLE/);
  });
});

it("puts variables into pages of their own, at the start or end", () => {
  const arena = read().maps.get("arena");
  if (arena === undefined) throw new Error("no arena");
  const pages = Math.ceil((arena.section?.content.length ?? 0) / pageSize());
  expect([0, (16 - pages) * pageSize()]).toContain(arenaDataOffset(arena, { pageSize: pageSize() }));
  arena.section = undefined;
  expect(arenaDataOffset(arena, { pageSize: pageSize() })).toBe(0);
});

describe("the addon's map with an address", () => {
  it("throws for those that can't be", () => {
    using fd = newMap(MapType.ARENA, { entries: 1, flags: MapFlag.MMAPABLE });
    const { map } = addon();
    for (const address of [-1, 1, 4096, 0x1_0001, 2 ** 53, Number.NaN]) {
      expect(() => map(fd.value, pageSize(), 0, true, address)).toThrow(RangeError);
    }
    for (const wrong of [1n, "65536", null, {}]) {
      expect(() => Reflect.apply(map, undefined, [fd.value, pageSize(), 0, true, wrong])).toThrow(TypeError);
    }
  });

  it("is for arenas only", () => {
    using array = newMap(MapType.ARRAY, { key: 4, value: pageSize(), entries: 1, flags: MapFlag.MMAPABLE });
    expect(addon().map(array.value, pageSize(), 0, true, ADDRESS)).toBe(-Errno.EINVAL);
  });
});

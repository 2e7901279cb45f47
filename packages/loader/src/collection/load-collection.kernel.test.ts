import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { functionPointers, skipIfLacking } from "../../../../test/skip-lacking.ts";
import { Btf } from "../btf/index.ts";
import { ArrayMap, HashMap, RingBuf } from "../maps/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { MapType } from "../uapi/index.ts";
import type { CollectionOptions } from "./load-collection.ts";
import { loadCollection, loadCollectionSync } from "./load-collection.ts";
import type { Collection } from "./collection.ts";

beforeEach(requireKernel);

const packet = new Uint8Array(64);

function read(name: string): CollectionSpec {
  return CollectionSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);
}

/** Runs a program; its fixture returns the line of the assertion that failed. */
function run(collection: Collection, name: string): number | undefined {
  return collection.programs.get(name)?.run({ data: packet }).returnValue;
}

const ways = [
  ["in parallel", loadCollection],
  [
    "one by one",
    (spec: CollectionSpec, options?: CollectionOptions) => Promise.resolve(loadCollectionSync(spec, options)),
  ],
] as const;

describe.each(ways)("loading a collection %s", (_way, load) => {
  it("gives variables their initial values and shows what programs write", async () => {
    const before = openKernelObjects();
    const collection = await load(read("globals"));
    expect(run(collection, "defaults")).toBe(0);
    const value = (name: string): unknown => collection.variables.get(name)?.get();
    expect(value("counter")).toBe(21);
    expect(value("initial")).toBe(8n);
    expect(value("custom")).toBe(12);
    expect(value("target")).toBe(1);
    expect(value("label")).toBe("none");
    collection.variables.get("counter")?.set(0);
    collection.variables.get("initial")?.set(7n);
    collection.variables.get("custom")?.set(11);
    expect(run(collection, "defaults")).toBe(0);
    expect(() => collection.variables.get("target")?.set(2)).toThrow(/"target" is constant/);
    collection.close();
    collection.close();
    expect(openKernelObjects()).toEqual(before);
    expect(() => collection.programs.get("defaults")?.run()).toThrow(
      expect.objectContaining({ code: "ERR_BPF_CLOSED" }),
    );
    expect(() => collection.programs.get("defaults")?.fd).toThrow('program "defaults" is closed');
    expect(() => value("counter")).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });

  it("rewrites constants for one load, which the verifier knows", async () => {
    const spec = read("globals");
    const constants = { target: 42, wide: 0xffff_ffff_ffff_ffffn, enabled: true, label: "cpu", hidden: 33, more: 14 };
    // Dead code without constants, a bad access with them.
    using rewritten = await load(spec, { constants, programs: ["rewritten"] });
    expect(run(rewritten, "rewritten")).toBe(0);
    expect(rewritten.variables.get("target")?.get()).toBe(42);
    await expect((async () => load(spec, { constants, programs: ["guarded"] }))()).rejects.toThrow(
      /program "guarded" was refused by the verifier/,
    );
    using original = await load(spec);
    expect(run(original, "defaults")).toBe(0);
    expect(run(original, "guarded")).toBe(0);
  });

  it("links functions", async () => {
    using collection = await load(read("calls"), { programs: ["direct"] });
    expect(run(collection, "direct")).toBe(0);
  });

  it("links functions by pointer", async (context) => {
    skipIfLacking(context, functionPointers);
    using collection = await load(read("calls"), { programs: ["direct", "callback"] });
    expect(run(collection, "direct")).toBe(0);
    expect(run(collection, "callback")).toBe(0);
  });

  it("fills program arrays and maps of maps", async () => {
    using collection = await load(read("static-content"));
    expect(run(collection, "first")).toBe(42);
    expect(run(collection, "nested")).toBe(0);
    const inner = (name: string): unknown => (collection.maps.get(name) as ArrayMap<number>).get(0);
    expect(inner("one")).toBe(10);
    expect(inner("two")).toBe(12);
    expect(collection.maps.get("jump")?.type).toBe(MapType.PROG_ARRAY);
  });

  it("adapts programs to the kernel's types", async () => {
    using collection = await load(read("core"));
    expect([...collection.programs.keys()]).toEqual(["read_task", "on_switch"]);
    expect(collection.programs.get("read_task")?.run().returnValue).toBe(0);
    expect(collection.variables.get("tgid")?.get()).toBeGreaterThan(0);
  });

  it("leaves out what is optional or has no type, unless it is asked for", async () => {
    const spec = read("choices");
    using all = await load(spec);
    expect([...all.programs.keys()]).toEqual(["count_flow", "count_packets"]);
    expect([...all.maps.keys()].sort()).toEqual([".bss", "events", "flows", "samples", "totals"]);
    expect(all.maps.get("flows")).toBeInstanceOf(HashMap);
    expect(all.maps.get("totals")).toBeInstanceOf(ArrayMap);
    expect(all.maps.get("events")).toBeInstanceOf(RingBuf);
    using some = await load(spec, { programs: ["optional"], maps: [] });
    expect([...some.programs.keys()]).toEqual(["optional"]);
    expect([...some.maps.keys()].sort()).toEqual([".bss", "events"]);
    await expect((async () => load(spec, { programs: ["untyped"] }))()).rejects.toThrow(
      /section name "mystery" says nothing/,
    );
  });

  it("sizes maps for the machine", async () => {
    using collection = await load(read("choices"));
    // 5000 rounded up to pages times a power of two; perf event arrays to the number of CPUs.
    expect(collection.maps.get("events")?.maxEntries).toBeGreaterThanOrEqual(8192);
    expect(collection.maps.get("samples")?.maxEntries).toBeGreaterThan(0);
  });

  it("decodes keys and values by the object's types", async () => {
    using collection = await load(read("choices"));
    expect(run(collection, "count_flow")).toBe(1);
    expect(run(collection, "count_flow")).toBe(2);
    const flows = collection.maps.get("flows") as HashMap<unknown, unknown>;
    expect(flows.get({ source: 0x7f00_0001, port: 443, protocol: 6 })).toEqual({ packets: 2n, bytes: 100n });
  });

  it("keeps the log of programs that load, when asked", async () => {
    using quiet = await load(read("calls"));
    expect(quiet.programs.get("direct")?.verifierLog).toEqual([]);
    using loud = await load(read("calls"), { verifierLog: { level: 2, size: 128 } });
    const log = loud.programs.get("direct")?.verifierLog ?? [];
    expect(log.length).toBeGreaterThan(10);
    expect(log.at(-1)).toMatch(/^processed \d+ insns/);
    // More than it grows to on its own.
    using large = await load(read("calls"), {
      programs: ["direct"],
      verifierLog: { level: 2, size: 16 * 1024 * 1024 + 1 },
    });
    expect(large.programs.get("direct")?.verifierLog.length).toBeGreaterThan(10);
  });

  it("refuses a log that can't be", async () => {
    for (const verifierLog of [{ level: 8 }, { level: -1 }, { size: 127 }, { size: 2 ** 30 }, { size: 0.5 }]) {
      await expect((async () => load(read("calls"), { verifierLog }))()).rejects.toThrow(
        /^option verifierLog\.\w+ is /,
      );
    }
  });

  it("hands objects out", async () => {
    const before = openKernelObjects();
    const collection = await load(read("choices"));
    const map = collection.detachMap("flows");
    const program = collection.detachProgram("count_flow");
    expect(collection.detachMap("flows")).toBeUndefined();
    expect(collection.detachProgram("nothing")).toBeUndefined();
    collection.close();
    expect(program?.run({ data: packet }).returnValue).toBe(1);
    expect((map as HashMap<unknown, unknown>).size).toBe(1);
    program?.close();
    map?.close();
    expect(openKernelObjects()).toEqual(before);
  });
});

it("verifies programs in parallel", async () => {
  const before = openKernelObjects();
  const spec = read("heavy");
  for (let round = 0; round < 3; round++) {
    const collection = await loadCollection(spec);
    expect(collection.programs.size).toBe(6);
    collection.close();
  }
  expect(openKernelObjects()).toEqual(before);
});

it("stops when its signal is aborted", async () => {
  const before = openKernelObjects();
  const spec = read("heavy");
  await expect(loadCollection(spec, { signal: AbortSignal.abort(new Error("never mind")) })).rejects.toThrow(
    "never mind",
  );
  const controller = new AbortController();
  const loading = loadCollection(spec, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(loading).rejects.toThrow("enough");
  expect(openKernelObjects()).toEqual(before);
});

describe("an object's types", () => {
  it("may be missing", async () => {
    const spec = read("calls");
    const { name, littleEndian, license, kernelVersion, maps, programs, variables, kconfig } = spec;
    const parts = { name, littleEndian, license, kernelVersion, maps, programs, variables, kconfig };
    using collection = await loadCollection(new CollectionSpec({ ...parts, btf: undefined }), { programs: ["direct"] });
    expect(run(collection, "direct")).toBe(0);
    expect(collection.maps.get("numbers")).toBeInstanceOf(ArrayMap);
  });

  it("are adapted to those of the kernel, or to others that are given", async () => {
    const kernelTypes = Btf.parse(readFileSync("/sys/kernel/btf/vmlinux"));
    using same = await loadCollection(read("core"), { kernelTypes, programs: ["read_task"] });
    expect(same.programs.get("read_task")?.run().returnValue).toBe(0);
    // Without struct task_struct, nothing of it exists, and what is not guarded is refused.
    const others = read("calls").btf!;
    await expect(loadCollection(read("core"), { kernelTypes: others, programs: ["read_task"] })).rejects.toThrow(
      /struct task_struct.*which this kernel does not have/,
    );
  });
});

it("knows objects by the collection's names, whatever they are called in the kernel", async () => {
  const spec = read("choices");
  spec.maps.get("flows")!.name = "renamed-map/with a long name";
  spec.programs.get("count_flow")!.name = "renamed";
  using collection = await loadCollection(spec);
  expect(collection.programs.get("count_flow")?.name).toBe("renamed");
  expect(run(collection, "count_flow")).toBe(1);
  expect((collection.maps.get("flows") as HashMap<unknown, unknown>).size).toBe(1);
});

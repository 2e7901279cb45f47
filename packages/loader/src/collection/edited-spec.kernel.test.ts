import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { lacks, programTypeProbe } from "../features/index.ts";
import type { ArrayMap, HashMap } from "../maps/index.ts";
import { mapIdentity } from "../info/identity.ts";
import { AttachType, MapFlag, MapType, ProgramType } from "../uapi/index.ts";
import { loadCollection, loadCollectionSync } from "./load-collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const read = (name: string): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);

const packet = new Uint8Array(64);

describe("a spec that is edited before it is loaded", () => {
  it("has maps of another type, size and flags", async () => {
    const spec = read("choices");
    const copy = spec.copy();
    Object.assign(copy.maps.get("flows")!, { type: MapType.LRU_HASH, maxEntries: 7 });
    Object.assign(copy.maps.get("totals")!, { type: MapType.HASH, flags: MapFlag.NO_PREALLOC });
    using edited = await copy.load({ programs: [], maps: ["flows", "totals"] });
    const shape = (name: string) => mapIdentity(edited.maps.get(name)!.fd, name);
    expect(shape("flows")).toMatchObject({ type: MapType.LRU_HASH, maxEntries: 7, keySize: 8, valueSize: 16 });
    expect(shape("totals")).toMatchObject({ type: MapType.HASH, flags: MapFlag.NO_PREALLOC, maxEntries: 8 });
    // The original is as it was.
    using original = await spec.load({ programs: [], maps: ["flows"] });
    const { type, maxEntries } = mapIdentity(original.maps.get("flows")!.fd, "flows");
    expect({ type, maxEntries }).toEqual({ type: MapType.HASH, maxEntries: 64 });
  });

  it("has programs of another type, attach type and target", async () => {
    const spec = read("choices");
    const untyped = spec.programs.get("untyped")!;
    Object.assign(untyped, {
      type: ProgramType.CGROUP_SKB,
      attachType: AttachType.CGROUP_INET_EGRESS,
      name: "renamed",
    });
    spec.programs.get("optional")!.type = ProgramType.SCHED_CLS;
    using collection = await spec.load({ programs: ["untyped", "optional"] });
    const program = collection.programs.get("untyped")!;
    expect(program).toMatchObject({ type: untyped.type, attachType: untyped.attachType, name: "renamed" });
    expect(program.run({ data: packet }).action).toBe("deny");
    expect(collection.programs.get("optional")?.run({ data: packet }).action).toBe("ok");

    const core = read("core");
    await expect(core.load({ programs: ["no_tracepoint"] })).rejects.toThrow(/no tracepoint "no_such_tracepoint"/);
    core.programs.get("no_tracepoint")!.attachTo = "sched_switch";
    using tracing = await core.load({ programs: ["no_tracepoint"] });
    expect(tracing.programs.get("no_tracepoint")?.attachTo).toBe("sched_switch");
  });

  it("loads programs by their autoload", async () => {
    const spec = read("choices");
    spec.programs.get("count_flow")!.autoload = false;
    spec.programs.get("optional")!.autoload = true;
    using collection = await spec.load();
    expect([...collection.programs.keys()].sort()).toEqual(["count_packets", "optional"]);
  });
});

it("a program refers to maps by index", async (context) => {
  const spec = read("choices");
  using first = await spec.load({ programs: [], maps: ["totals"] });
  const totals = first.maps.get("totals")!;
  const [main] = spec.programs.get("count_packets")!.functions;
  for (const { name, slot } of main!.references) {
    if (name !== "totals") continue;
    // BPF_PSEUDO_MAP_IDX and the index: the source register is the upper half of the second byte.
    main!.code[slot * 8 + 1] = (main!.code[slot * 8 + 1]! & 0x0f) | 0x50;
    main!.code[slot * 8 + 4] = 1;
  }
  main!.references = main!.references.filter(({ name }) => name !== "totals");
  const load = (count: number) =>
    spec.load({ programs: ["count_packets"], maps: [], fdArrays: { count_packets: Array(count).fill(totals) } });
  await expect(load(1)).rejects.toThrow(/"count_packets": it refers to descriptor 1, and option fdArrays gives it 1/);
  await expect(spec.load({ fdArrays: { nobody: [] } })).rejects.toThrow(/fdArrays: the object has no program "nobody"/);
  context.skip(
    lacks(programTypeProbe(ProgramType.SYSCALL)),
    "the kernel has no arrays of descriptors, which came with Linux 5.14",
  );
  using second = await load(2);
  expect(second.programs.get("count_packets")?.run({ data: packet }).action).toBe("pass");
  expect((totals as ArrayMap<bigint>).get(0)).toBe(1n);
});

it("an object file is loaded by its path", async () => {
  const file = new URL("./fixtures/choices.el.o", import.meta.url);
  using collection = await loadCollection(file, { programs: ["count_packets"], maps: [] });
  expect(collection.programs.get("count_packets")?.run({ data: packet }).action).toBe("pass");
  loadCollectionSync(fileURLToPath(file)).close();
  await expect(loadCollection("no-such.o")).rejects.toThrow(
    'object file "no-such.o" can\'t be read: there is no such file',
  );
});

describe("static content", () => {
  it("must be there", async () => {
    const spec = read("static-content");
    const array = [...spec.maps.values()].find(({ type }) => type === MapType.PROG_ARRAY);
    spec.programs.delete(array!.slots[0]!.name);
    await expect(spec.load({ programs: [], maps: [array!.name] })).rejects.toThrow(
      /no program ".*": slot \d+ of map "\w+" holds it/,
    );
  });
});

describe("the object's types", () => {
  it("are in the kernel once, for all maps and programs", async () => {
    using collection = await read("choices").load();
    const ids = ["flows", "totals"].map(
      (name) => (collection.maps.get(name) as HashMap<unknown, unknown>).info().btfId,
    );
    expect(ids[0]).toBeGreaterThan(0);
    expect(ids[1]).toBe(ids[0]);
    expect(collection.programs.get("count_flow")?.info().btfId).toBe(ids[0]);
    expect(openKernelObjects().filter((object) => object.includes("btf"))).toEqual([]);
  });

  it("are those of the maps and programs, and of no other object", async () => {
    const spec = read("choices");
    const other = read("globals");
    const flows = spec.maps.get("flows")!;
    other.maps.set("flows", flows);
    await expect(other.load({ programs: [], maps: ["flows"] })).rejects.toThrow(
      /map "flows" is of another object, whose types/,
    );
    await expect(other.copy().load({ programs: [], maps: ["flows"] })).rejects.toThrow(
      /map "flows" is of another object/,
    );
    const [program] = spec.programs.values();
    other.programs.set("theirs", program!);
    await expect(other.load({ programs: ["theirs"] })).rejects.toThrow(/program "theirs" is of another object/);
    // The same object read again is the same.
    const again = read("choices");
    again.maps.set("flows", flows);
    (await again.load({ programs: [], maps: ["flows"] })).close();
    // Without types there is nothing to confuse.
    other.maps.set("flows", { ...flows, keyTypeId: 0, valueTypeId: 0 });
    (await other.load({ programs: [], maps: ["flows"] })).close();
  });
});

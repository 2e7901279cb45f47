import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { struct, u16, u32, u64 } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import type { ArrayMap, BpfMap, Variable } from "../maps/index.ts";
import { HashMap, RingBuf } from "../maps/index.ts";
import { Program } from "../programs/index.ts";
import type { MapSpec, ProgramSpec, VariableSpec } from "../spec/index.ts";
import type { ProgramType } from "../uapi/index.ts";
import { loadAndAssign } from "./assign.ts";
import { ebpf } from "./ebpf.ts";
import { loadCollection } from "./load-collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";
import type { TagTree } from "./target.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const packet = new Uint8Array(64);

function read(name: string): LoadableSpec {
  return LoadableSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);
}

interface FlowKey {
  source: number;
  port: number;
  protocol: number;
}

const FlowKey: Codec<FlowKey> = struct(
  "struct flow_key",
  8,
  4,
  (view, at) => ({
    source: view.getUint32(at, true),
    port: view.getUint16(at + 4, true),
    protocol: view.getUint16(at + 6, true),
  }),
  (view, at, key) => {
    u32.write(view, at, key.source);
    u16.write(view, at + 4, key.port);
    u16.write(view, at + 6, key.protocol);
  },
);

interface FlowStats {
  packets: bigint;
  bytes: bigint;
}

const FlowStats: Codec<FlowStats> = struct(
  "struct flow_stats",
  16,
  8,
  (view, at) => ({ packets: view.getBigUint64(at, true), bytes: view.getBigUint64(at + 8, true) }),
  (view, at, stats) => {
    u64.write(view, at, stats.packets);
    u64.write(view, at + 8, stats.bytes);
  },
);

describe("loadAndAssign", () => {
  it("loads what the tags name, and what that needs, with its types", async () => {
    const target = {
      prog: ebpf.program("count_flow"),
      flows: ebpf.map("flows", FlowKey, FlowStats),
      nested: { totals: ebpf.arrayMap("totals", u64), more: { seen: ebpf.variable("seen", u64) } },
    };
    const objects = await read("choices").loadAndAssign(target);
    expectTypeOf(objects.prog).toEqualTypeOf<Program>();
    expectTypeOf(objects.flows).toEqualTypeOf<HashMap<FlowKey, FlowStats>>();
    expectTypeOf(objects.nested.totals).toEqualTypeOf<ArrayMap<bigint>>();
    expectTypeOf(objects.nested.more.seen).toEqualTypeOf<Variable<bigint>>();
    expectTypeOf<ReturnType<typeof objects.close>>().toEqualTypeOf<void>();

    expect(Object.keys(objects)).toEqual(["prog", "flows", "nested"]);
    expect(objects.prog.run({ data: packet }).returnValue).toBe(1);
    expect(objects.flows.get({ source: 0x7f00_0001, port: 443, protocol: 6 })).toEqual({ packets: 1n, bytes: 100n });
    expect(objects.nested.totals.length).toBe(8);
    expect(objects.nested.more.seen.get()).toBe(0n);
    // A program, three maps (that of the variable's section too), and nothing else.
    expect(openKernelObjects().length - before.length).toBe(4);
    // The target is not touched, and can be loaded again.
    expect(target.prog.name).toBe("count_flow");
    using again = read("choices").loadAndAssignSync(target);
    expect(again.prog.id).not.toBe(objects.prog.id);
    objects.close();
    objects.close();
    expect(() => objects.prog.fd).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });

  it("leaves what was only needed to the kernel", async () => {
    using objects = await loadAndAssign(read("choices"), { prog: ebpf.program("count_flow") });
    expect(openKernelObjects().length - before.length).toBe(1);
    expect(objects.prog.run({ data: packet }).returnValue).toBe(1);
    expect(objects.prog.run({ data: packet }).returnValue).toBe(2);
  });

  it("takes tags without codecs, and of any kind", async () => {
    using objects = await read("choices").loadAndAssign({
      flows: ebpf.map("flows"),
      events: ebpf.ringBuf("events"),
      optional: ebpf.program("optional"),
      seen: ebpf.variable("seen"),
    });
    expectTypeOf(objects.flows).toEqualTypeOf<BpfMap>();
    expectTypeOf(objects.events).toEqualTypeOf<RingBuf<Uint8Array>>();
    expect(objects.flows).toBeInstanceOf(HashMap);
    expect(objects.events).toBeInstanceOf(RingBuf);
    objects.seen.set(7n);
    expect(objects.optional.run({ data: packet }).returnValue).toBe(0);
    const records: Uint8Array[] = [];
    objects.events.consume((record) => records.push(record));
    expect(records).toEqual([Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0)]);
  });

  it("takes constants and replacements", async () => {
    const spec = read("choices");
    using first = await spec.loadAndAssign({ flows: ebpf.map("flows", FlowKey, FlowStats) });
    using second = await spec.loadAndAssign(
      { prog: ebpf.program("count_flow"), flows: ebpf.hashMap("flows") },
      { mapReplacements: { flows: first.flows } },
    );
    second.prog.run({ data: packet });
    expect(first.flows.size).toBe(1);
    expect([...second.flows.keys()]).toEqual([{ source: 0x7f00_0001, port: 443, protocol: 6 }]);
    using constants = await read("globals").loadAndAssign(
      { prog: ebpf.program("rewritten"), target: ebpf.variable("target", u32) },
      {
        constants: {
          target: 42,
          wide: -1n & 0xffff_ffff_ffff_ffffn,
          enabled: true,
          label: "cpu",
          hidden: 33,
          more: 14,
        },
      },
    );
    expect(constants.prog.run({ data: packet }).returnValue).toBe(0);
    expect(constants.target.get()).toBe(42);
  });

  it("wants program arrays to be assigned", async () => {
    const spec = read("static-content");
    await expect(spec.loadAndAssign({ first: ebpf.program("first") })).rejects.toThrow(
      /program array "jump" must be assigned to prevent missed tail calls/,
    );
    using objects = await spec.loadAndAssign({ first: ebpf.program("first"), jump: ebpf.map("jump") });
    expect(objects.first.run({ data: packet }).returnValue).toBe(42);
  });

  it("finds the programs of a program array alone", async () => {
    using objects = await read("static-content").loadAndAssign({ jump: ebpf.map("jump") });
    expect(objects.jump.maxEntries).toBe(4);
  });

  it("has a close of the target's own out of the way", async () => {
    using objects = await read("choices").loadAndAssign({ close: ebpf.program("count_flow") });
    expectTypeOf(objects.close).toEqualTypeOf<Program>();
    expect(objects.close).toBeInstanceOf(Program);
  });

  it("closes everything when something fails", async () => {
    const spec = read("core");
    await expect(
      spec.loadAndAssign({ good: ebpf.program("read_task"), bad: ebpf.program("poisoned"), pid: ebpf.variable("pid") }),
    ).rejects.toThrow(/poisoned/);
  });
});

async function failing(target: object): Promise<unknown> {
  try {
    await read("choices").loadAndAssign(target);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("targets that are wrong", () => {
  it("name what the object lacks", async () => {
    expect(await failing({ a: { b: ebpf.program("nobody") } })).toMatchObject({
      code: "ERR_BPF_NOT_FOUND",
      message: 'field a.b: the object has no program "nobody"',
    });
    expect(await failing({ a: ebpf.map("nothing") })).toMatchObject({
      message: 'field a: the object has no map "nothing"',
    });
    expect(await failing({ a: ebpf.variable("none") })).toMatchObject({
      message: 'field a: the object has no variable "none"',
    });
  });

  it("name both fields of the same tag", async () => {
    expect(await failing({ a: ebpf.program("count_flow"), b: { c: ebpf.program("count_flow") } })).toMatchObject({
      message: 'field b.c: program "count_flow" was already assigned to field a',
    });
  });

  it("contain a comma, themselves, nothing, or what is no tag", async () => {
    expect(await failing({ a: ebpf.map("flows,omitempty") })).toMatchObject({ message: /contains a comma/ });
    const self: Record<string, unknown> = { a: ebpf.map("flows") };
    self["again"] = { self };
    expect(await failing(self)).toMatchObject({ message: /^field again\.self: recursion/ });
    expect(await failing({})).toMatchObject({ message: /has no tags/ });
    expect(await failing({ a: 1 })).toMatchObject({ message: /^field a is neither a tag/ });
    expect(await failing({ a: new Date() })).toMatchObject({ message: /^field a is neither/ });
  });

  it("are of another kind than the object's", async () => {
    expect(await failing({ a: ebpf.ringBuf("flows") })).toMatchObject({
      message: 'field a: map "flows" is BPF_MAP_TYPE_HASH, and the tag is for BPF_MAP_TYPE_RINGBUF',
    });
    expect(await failing({ a: ebpf.map("flows", u32, FlowStats) })).toMatchObject({
      message: 'field a: the codec of the key has 4 bytes, map "flows" has 8',
    });
    expect(await failing({ a: ebpf.variable("seen", u32) })).toMatchObject({
      message: /has 4 bytes, variable "seen" has 8/,
    });
  });
});

describe("assign", () => {
  it("gives the object's own specs, to be edited", () => {
    const spec = read("choices");
    const specs = spec.assign({
      prog: ebpf.program("count_flow"),
      maps: { flows: ebpf.map("flows") },
      seen: ebpf.variable("seen"),
    });
    expectTypeOf(specs.prog).toEqualTypeOf<ProgramSpec>();
    expectTypeOf(specs.maps.flows).toEqualTypeOf<MapSpec>();
    expectTypeOf(specs.seen).toEqualTypeOf<VariableSpec>();
    expect(specs.prog).toBe(spec.programs.get("count_flow"));
    specs.maps.flows.maxEntries = 9;
    expect(spec.maps.get("flows")?.maxEntries).toBe(9);
    expect(() => spec.assign({ a: ebpf.map("nothing") })).toThrow('field a: the object has no map "nothing"');
  });
});

describe("what is loaded already", () => {
  it("is handed to a target, with what its variables are in", async () => {
    using collection = await loadCollection(read("choices"));
    const program = collection.programs.get("count_flow");
    const ring = collection.maps.get("events");
    const objects = collection.assign({
      count: ebpf.program("count_flow"),
      maps: { flows: ebpf.map("flows", FlowKey, FlowStats), events: ebpf.map("events") },
      seen: ebpf.variable("seen", u64),
    });
    expectTypeOf(objects.maps.flows).toEqualTypeOf<HashMap<FlowKey, FlowStats>>();
    expectTypeOf(objects.seen).toEqualTypeOf<Variable<bigint>>();
    // Without codecs in its tag, an object is what it was.
    expect(objects.count).toBe(program);
    expect(objects.maps.events).toBe(ring);
    for (const name of ["flows", "events", ".bss"]) expect(collection.maps.has(name)).toBe(false);
    expect([...collection.programs.keys()]).not.toContain("count_flow");
    collection.programs.get("count_packets")?.run({ data: packet });
    collection.close();

    expect(objects.seen.get()).toBe(1n);
    expect(objects.count.run({ data: packet }).returnValue).toBe(1);
    expect([...objects.maps.flows]).toEqual([
      [
        { source: 0x7f00_0001, port: 443, protocol: 6 },
        { packets: 1n, bytes: 100n },
      ],
    ]);
    objects.close();
    objects.close();
    expect(objects.count.closed).toBe(true);
    expect(() => objects.seen.get()).toThrow("is closed");
  });

  it("stays where it is when a target is wrong", async () => {
    using collection = await loadCollection(read("choices"), { programs: ["count_flow"] });
    const names = [...collection.maps.keys()];
    const assign = (target: TagTree): unknown => collection.assign(target);
    expect(() => assign({ flows: ebpf.map("flows", FlowKey, FlowStats), other: ebpf.map("nothing") })).toThrow(
      'field other: the object has no map "nothing"',
    );
    expect(() => assign({ flows: ebpf.map("flows", u32, FlowStats) })).toThrow("the codec of the key has 4 bytes");
    expect(() => assign({ count: ebpf.program("count_packets") })).toThrow('the object has no program "count_packets"');
    expect([...collection.maps.keys()]).toEqual(names);
    using _first = collection.assign({ flows: ebpf.map("flows") });
    expect(() => assign({ flows: ebpf.map("flows") })).toThrow('the object has no map "flows"');
  });

  it("can lack what was optional", async () => {
    const spec = read("choices");
    spec.programs.get("count_flow")!.type = 9999 as ProgramType;
    using collection = await loadCollection(spec, { optionalPrograms: ["count_flow"] });
    const target = { packets: ebpf.program("count_packets"), flow: ebpf.program("count_flow", { optional: true }) };
    using objects = collection.assign(target);
    expect(objects.flow).toBeUndefined();
    expect(objects.skipped.get("count_flow")?.message).toContain("9999");
    expect(() => collection.assign({ flow: ebpf.program("count_flow") })).toThrow(
      'field flow: the load went on without program "count_flow": ',
    );
  });
});

describe("rewriteMaps", () => {
  it("makes programs use a map that exists, on copies too", async () => {
    const spec = read("choices");
    using first = await spec.loadAndAssign({ flows: ebpf.map("flows", FlowKey, FlowStats) });
    expect(() => spec.rewriteMaps({ flow: first.flows, samples: first.flows })).toThrow(
      'no program refers to map "flow", "samples"',
    );
    spec.rewriteMaps({ flows: first.flows });
    expect(spec.maps.has("flows")).toBe(false);
    using second = await spec.copy().load({ programs: ["count_flow"] });
    expect(second.maps.has("flows")).toBe(false);
    second.programs.get("count_flow")?.run({ data: packet });
    expect(first.flows.size).toBe(1);
  });
});

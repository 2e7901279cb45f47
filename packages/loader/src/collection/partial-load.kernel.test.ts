import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { NotSupportedError, VerifierError } from "../errors/index.ts";
import { lacks, mapTypeProbe } from "../features/index.ts";
import type { HashMap } from "../maps/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import type { ProgramType } from "../uapi/index.ts";
import { ebpf } from "./ebpf.ts";
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

/** A type of program that no kernel has. */
const NO_TYPE: ProgramType = 9999;

describe("programs that may be missing", () => {
  it("are left out, with the reason, when the kernel lacks their type or what they attach to", async () => {
    const spec = read("core");
    spec.programs.get("read_task")!.type = NO_TYPE;
    const options = { programs: ["read_task", "no_tracepoint"], optionalPrograms: "all" } as const;
    for (const collection of [await spec.load(options), spec.loadSync(options)]) {
      expect([...collection.programs.keys()]).toEqual([]);
      expect([...collection.skipped.keys()].sort()).toEqual(["no_tracepoint", "read_task"]);
      expect(collection.skipped.get("read_task")).toBeInstanceOf(NotSupportedError);
      expect(collection.skipped.get("no_tracepoint")?.message).toMatch(/has no tracepoint "no_such_tracepoint"/);
      collection.close();
    }
  });

  it("leave their fields undefined", async () => {
    const spec = read("choices");
    spec.programs.get("count_flow")!.type = NO_TYPE;
    const target = {
      flow: ebpf.program("count_flow", { optional: true }),
      nested: { packets: ebpf.program("count_packets", { optional: true }) },
      flows: ebpf.map("flows"),
    };
    for (const objects of [await spec.loadAndAssign(target), spec.loadAndAssignSync(target)]) {
      expect(objects.flow).toBeUndefined();
      expect(Object.keys(objects)).toEqual(["flow", "nested", "flows"]);
      expect(objects.nested.packets?.run({ data: packet }).action).toBe("pass");
      expect([...objects.skipped.keys()]).toEqual(["count_flow"]);
      objects.close();
    }
  });

  it("fail the load all the same for mistakes of their own", async () => {
    const options = { programs: ["bad_pointer"], maps: [], optionalPrograms: ["bad_pointer"] };
    await expect(read("refused").load(options)).rejects.toThrow(VerifierError);
    expect(() => read("refused").loadSync(options)).toThrow(VerifierError);
  });

  it("are named in options by names that the object has", async () => {
    await expect(read("core").load({ optionalPrograms: ["nobody"] })).rejects.toThrow(
      'option optionalPrograms: the object has no program "nobody"',
    );
  });

  it("leave their slots of a program array empty", async () => {
    const spec = read("static-content");
    const map = [...spec.maps.values()].find(({ slots }) => slots.some(({ name }) => spec.programs.has(name)))!;
    const [slot] = map.slots;
    spec.programs.get(slot!.name)!.type = NO_TYPE;
    using collection = await spec.load({ optionalPrograms: [slot!.name] });
    expect([...collection.skipped.keys()]).toEqual([slot!.name]);
    expect(collection.maps.has(map.name)).toBe(true);
  });
});

/** `flows` is of a type that came late. */
function withLateMap(context: TestContext): LoadableSpec {
  const probe = mapTypeProbe(MapType.RHASH);
  context.skip(!lacks(probe), "this kernel has them all");
  const spec = read("choices");
  const flows = spec.maps.get("flows")!;
  flows.type = MapType.RHASH;
  flows.flags = MapFlag.NO_PREALLOC;
  return spec;
}

describe("maps of a type that the kernel lacks", () => {
  it("are left out with the optional programs that need them", async (context) => {
    const spec = withLateMap(context);
    for (const collection of [
      await spec.load({ optionalPrograms: ["count_flow"] }),
      spec.loadSync({ optionalPrograms: "all" }),
    ]) {
      expect([...collection.programs.keys()]).toEqual(["count_packets"]);
      expect(collection.maps.has("flows")).toBe(false);
      expect(collection.maps.has("totals")).toBe(true);
      expect([...collection.skipped.keys()]).toEqual(["flows", "count_flow"]);
      expect(collection.skipped.get("flows")).toBeInstanceOf(NotSupportedError);
      expect(collection.skipped.get("flows")?.message).toMatch(/^map "flows": .*has no BPF_MAP_TYPE_RHASH/);
      expect(collection.skipped.get("count_flow")?.message).toMatch(
        /^program "count_flow" .*: it uses map "flows", which was not created: .*has no BPF_MAP_TYPE_RHASH/,
      );
      collection.close();
    }
    const objects = await spec.loadAndAssign({ flow: ebpf.program("count_flow", { optional: true }) });
    expect(objects.flow).toBeUndefined();
    objects.close();
  });

  it("fail the load when they are asked for by name, or a program that must be there needs them", async (context) => {
    const spec = withLateMap(context);
    await expect(spec.load()).rejects.toThrow(NotSupportedError);
    await expect(spec.load({ maps: ["flows"], optionalPrograms: "all" })).rejects.toThrow(NotSupportedError);
    await expect(spec.load({ optionalPrograms: ["count_packets"] })).rejects.toThrow(NotSupportedError);
    expect(() => spec.loadAndAssignSync({ flows: ebpf.map("flows") }, { optionalPrograms: "all" })).toThrow(
      NotSupportedError,
    );
  });
});

describe("maps that are not created", () => {
  it("are left out, and programs that use them are refused", async () => {
    const spec = read("choices");
    spec.maps.get("flows")!.autocreate = false;
    using collection = await spec.load({ programs: ["count_packets"] });
    expect([...collection.maps.keys()].sort()).toEqual([".bss", "events", "samples", "totals"]);
    await expect(spec.load()).rejects.toThrow(
      /program "count_flow" was refused by the verifier: it uses map "flows", which was not created/,
    );
    // Asked for by name, or replaced, it is there.
    using asked = await spec.load({ programs: ["count_flow"], maps: ["flows"] });
    const flows = asked.maps.get("flows")!;
    using replaced = await spec.load({ mapReplacements: { flows } });
    replaced.programs.get("count_flow")?.run({ data: packet });
    expect((flows as HashMap<unknown, unknown>).size).toBe(1);
  });

  it("are told by an option, too, which leaves the spec as it is", async () => {
    const spec = read("choices");
    using without = await spec.load({ programs: [], autocreate: { flows: false, totals: false } });
    expect(without.maps.has("flows")).toBe(false);
    expect(without.maps.has("events")).toBe(true);
    spec.maps.get("flows")!.autocreate = false;
    using all = await spec.load({ autocreate: { flows: true } });
    expect(all.maps.has("flows")).toBe(true);
    expect(spec.maps.get("flows")?.autocreate).toBe(false);
    await expect(spec.load({ autocreate: { flow: false } })).rejects.toThrow(
      /autocreate: the object has no map "flow"/,
    );
  });

  it("are no hindrance where the verifier finds their use dead", async () => {
    const spec = read("autocreate");
    using collection = await spec.load({ constants: { use_map: false }, autocreate: { unwanted: false } });
    expect(collection.programs.get("maybe_use")?.run({ data: packet }).returnValue).toBe(2);
    expect(collection.maps.has("unwanted")).toBe(false);
  });
});

describe("what a load tells of its verification", () => {
  it("is data when asked for", async () => {
    using collection = await read("choices").load({ programs: ["count_flow"], verifierStatistics: true });
    const { verifierStatistics, verifierLog } = collection.programs.get("count_flow")!;
    expect(verifierLog).toEqual([]);
    expect(verifierStatistics?.instructions).toBeGreaterThan(10);
    expect(verifierStatistics?.stackDepths?.[0]).toBeGreaterThanOrEqual(16);
    using plain = await read("choices").load({ programs: ["count_flow"] });
    expect(plain.programs.get("count_flow")?.verifierStatistics).toBeUndefined();
  });

  it("comes beside a log, and does not keep a failure from being explained", async () => {
    const options = { verifierStatistics: true, verifierLog: { level: 2 } };
    using collection = await read("choices").load({ programs: ["count_flow"], ...options });
    const program = collection.programs.get("count_flow");
    expect(program?.verifierLog.join("\n")).toMatch(/exit/);
    expect(program?.verifierStatistics?.totalStates).toBeGreaterThanOrEqual(0);
    const refused = { programs: ["bad_pointer"], maps: [] };
    await expect(read("refused").load({ ...refused, verifierStatistics: true })).rejects.toThrow(
      /R0 invalid mem access.*\n.*return \*pointer/,
    );
  });

  it("is nothing at all where there is to be no log", () => {
    const options = { programs: ["bad_pointer"], maps: [], verifierLog: false } as const;
    expect(() => read("refused").loadSync(options)).toThrow(/"bad_pointer".*BPF_PROG_LOAD failed with EACCES/);
  });
});

it("ties constants to every program, and other maps on request", async () => {
  using collection = await read("globals").load();
  const constants = collection.maps.get(".rodata")!.id;
  for (const { name, info } of [...collection.programs.values()].map((each) => ({
    name: each.name,
    info: each.info(),
  }))) {
    expect(info.mapIds, name).toContain(constants);
  }
  const program = [...collection.programs.values()][0]!;
  const other = collection.maps.get(".bss")!;
  program.bindMap(other);
  expect(program.info().mapIds).toContain(other.id);
  // A second time changes nothing.
  program.bindMap(other);
  program.close();
  expect(() => program.bindMap(other)).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

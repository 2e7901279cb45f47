import { readdirSync } from "node:fs";
import { loadObjectSync } from "bpf-loader";
import type { HashMap } from "bpf-loader";
import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { requireKernel } from "../kernel.ts";
import { variables as bothByteOrders } from "./expected/both-byte-orders.ts";
import { detached } from "./expected/detached.ts";
import { maps } from "./expected/maps.ts";
import type { FlowStats, InnerKey } from "./expected/maps.ts";
import { programs } from "./expected/programs.ts";
import { Mode, variables } from "./expected/variables.ts";
import { fixture } from "./objects.ts";

beforeEach(requireKernel);

/** Every program of the fixture, most of which this kernel could not attach or load: none of them is to be loaded. */
const noPrograms: Readonly<Record<string, boolean>> = Object.fromEntries(
  [...(await programs.spec()).programs.keys()].map((name) => [
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    false,
  ]),
);

/** Loads as JavaScript may, where no compiler looks at the options. */
const wrong = (options: object): Promise<unknown> => variables.load(options);

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

describe("generated objects in the kernel", () => {
  it("are chosen by the machine, or are the caller's", async () => {
    const options = { constants: { targetPid: 7, limits: { soft: 3, hard: 4 } } };
    const machine = new DataView(Uint16Array.of(1).buffer).getUint8(0) === 1 ? "el" : "eb";
    for (const object of [bothByteOrders, detached.from(fixture(`variables.${machine}.o`))]) {
      using objs = await object.load(options);
      expect(objs.constants).toMatchObject(options.constants);
      objs.variables.initial = 2n ** 40n;
      objs.variables.current = { soft: 5, hard: 6 };
      expect([objs.variables.initial, objs.variables.current]).toEqual([2n ** 40n, { soft: 5, hard: 6 }]);
    }
    expect(detached.name).toBe("detached");
  });

  it("load with constants, and give variables", async () => {
    using objs = await variables.load({
      constants: {
        targetPid: 7,
        offsetNs: -9n,
        verbose: false,
        nameFilter: "sh",
        mode: Mode.QUIET,
        table: [4, 3, 2, 1],
      },
    });
    expect({ ...objs.constants }).toEqual({
      factor: 1.5,
      inOwnSection: 9n,
      limits: { soft: 1, hard: 2 },
      mode: Mode.QUIET,
      nameFilter: "sh",
      offsetNs: -9n,
      table: [4, 3, 2, 1],
      targetPid: 7,
      verbose: false,
    });
    expect(objs.variables.initial).toBe(7n);
    objs.variables.initial += 1n;
    objs.variables.lastName = "bash";
    objs.variables.current = { soft: 3, hard: 4 };
    expect([objs.variables.initial, objs.variables.lastName, objs.variables.current]).toEqual([
      8n,
      "bash",
      { soft: 3, hard: 4 },
    ]);
    expect(() => (objs.variables.initial = -1n)).toThrow("-1n does not fit __u64");
    // What the program returns says which constants it was verified with.
    expect(objs.programs.run.run({ data: new Uint8Array(14) }).returnValue).toBe(3 + 1 + 7);
    expect(() => {
      (objs.constants as { targetPid: number }).targetPid = 1;
    }).toThrow(TypeError);
  });

  it("give maps by their types", () => {
    using objs = loadObjectSync(maps);
    const key = { saddr: 1, daddr: 2, sport: 3, dport: 4, proto: 6 };
    objs.maps.flows.set(key, { packets: 1n, bytes: 100n });
    expect([...objs.maps.flows]).toEqual([[key, { packets: 1n, bytes: 100n }]]);
    objs.maps.names.set("x", true);
    expect(objs.maps.names.get("x")).toBe(true);
    objs.maps.totals.set(3, 5n);
    expect(objs.maps.totals.get(3)).toBe(5n);
    expect(objs.maps.perCpuTotals.get(0)?.[0]).toEqual({ packets: 0n, bytes: 0n });
    expect(() => objs.maps.flows.set({ ...key, proto: 256 }, { packets: 1n, bytes: 1n })).toThrow("field proto");
    objs.maps.queue.push({ pid: 7, comm: "node" });
    expect(objs.maps.queue.pop()).toEqual({ pid: 7, comm: "node" });

    // The object puts `inner` into `tenants`.
    using inner = objs.maps.tenants.open(0);
    expectTypeOf(inner).toEqualTypeOf<HashMap<InnerKey, FlowStats> | undefined>();
    expect(inner?.id).toBe(objs.maps.inner.id);
    inner?.set({ tenant: 3 }, { packets: 1n, bytes: 2n });
    expect([...objs.maps.inner]).toEqual([[{ tenant: 3 }, { packets: 1n, bytes: 2n }]]);

    // A map of one object in another.
    using others = loadObjectSync(maps, { mapReplacements: { flows: objs.maps.flows } });
    expect(others.maps.flows.get(key)).toEqual({ packets: 1n, bytes: 100n });
    expect(others.maps.names.get("x")).toBeUndefined();
  });

  it("load the programs that are asked for, and attach those that say where", () => {
    using objs = loadObjectSync(programs, {
      programs: { ...noPrograms, rawTracepointBound: true, rawTracepointUnbound: true, onXdp: true, optionalXdp: true },
    });
    expect(objs.programs.optionalXdp?.name).toBe("optional_xdp");
    expect(objs.programs.onLsm).toBeUndefined();
    const links = objs.attach();
    expect([...links]).toHaveLength(1);
    using byHand = objs.programs.rawTracepointUnbound.attach({ name: "sched_process_exec" });
    expect(byHand.fd).toBeGreaterThan(0);
    objs.close();
    expect(() => [...links][0]?.fd).toThrow();
  });

  it("leave out what is loaded only when asked for", () => {
    using objs = loadObjectSync(programs, { programs: { ...noPrograms, onXdp: true, optionalXdp: undefined } });
    expect(objs.programs.optionalXdp).toBeUndefined();
    expect(Object.keys(objs.programs)).toEqual(["onXdp"]);
  });

  it("are named in what is wrong about the options", async () => {
    await expect(wrong({ constants: { nope: 1 } })).rejects.toThrow(
      'object "variables" has no constant "nope"; it has "factor", "inOwnSection"',
    );
    await expect(wrong({ constants: { targetPid: -1 } })).rejects.toThrow("field targetPid: -1 does not fit __u32");
    await expect(wrong({ mapReplacements: { nope: 1 } })).rejects.toThrow('has no map "nope"; it has none');
    await expect(wrong({ programs: { nope: true } })).rejects.toThrow('has no program "nope"; it has "run"');
  });

  it("leave nothing open", async () => {
    const before = openDescriptors();
    for (let i = 0; i < 3; i++) {
      const objs = await maps.load();
      objs.close();
      objs.close();
      using _ = await variables.load();
    }
    await expect(variables.load({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect(openDescriptors()).toBe(before);
  });

  it("give their spec to edit", async () => {
    const spec = await variables.spec();
    spec.rewriteConstants({ target_pid: 1 });
    expect((await variables.spec()).getVariable("target_pid")).toBe(42);
    using objs = await spec.load();
    expect(objs.variables.get("target_pid")?.get()).toBe(1);
  });
});

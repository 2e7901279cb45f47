import { loadObjectSync } from "bpf-loader";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireKernel } from "../kernel.ts";
import { openKernelObjects } from "../open-descriptors.ts";
import { maps } from "./expected/maps.ts";
import { programs } from "./expected/programs.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

/** Every program of the fixture by its name in the module: none is to be loaded. */
const noPrograms: Readonly<Record<string, boolean>> = Object.fromEntries(
  Array.from((await programs.spec()).programs.keys(), (name) => [
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    false,
  ]),
);

it("optional programs are there, or are undefined and a reason says why", async () => {
  // Some kernels have no netfilter programs, and some let no program patch their code.
  const choice = { ...noPrograms, onXdp: true, onFentry: "optional", onNetfilter: "optional" } as const;
  for (const objs of [await programs.load({ programs: choice }), loadObjectSync(programs, { programs: choice })]) {
    expect(objs.programs.onXdp.run({ data: new Uint8Array(64) }).duration).toBeGreaterThanOrEqual(0);
    for (const name of ["onFentry", "onNetfilter"] as const) {
      const reason = objs.skipped.get(name);
      expect(objs.programs[name] === undefined).toBe(reason !== undefined);
    }
    expect(objs.skipped.has("onXdp")).toBe(false);
    objs.close();
  }
});

it("what a program needs that no kernel has is told when it is used", async () => {
  const choice = { ...noPrograms, onXdp: "optional", onFentry: "optional" } as const;
  const spec = await programs.spec();
  // The fixture's fentry program is for a function that every kernel has; this asks what happens where it is missing.
  spec.programs.get("on_fentry")!.attachTo = "no_such_function";
  using objs = spec.loadSync({ programs: ["on_fentry"], optionalPrograms: ["on_fentry"] });
  expect([...objs.skipped.values()].map(({ message }) => message)).toEqual([
    expect.stringContaining('this kernel has no function "no_such_function"'),
  ]);
  using generated = loadObjectSync(programs, { programs: choice });
  expect(generated.skipped.has("onXdp")).toBe(false);
});

it("optional maps are there where the kernel has their type", async () => {
  const choice = { programs: {}, maps: { flows: "optional", lruFlows: "optional" } } as const;
  for (const objs of [await maps.load(choice), loadObjectSync(maps, choice)]) {
    expect(objs.maps.flows?.maxEntries).toBe(1024);
    expect(objs.maps.lruFlows).toBeDefined();
    expect([...objs.skipped.keys()]).toEqual([]);
    objs.close();
  }
});

it("maps that are not created are not there", () => {
  using objs = loadObjectSync(maps, { programs: {}, maps: { lruFlows: false, flows: true } });
  expect(objs.maps.flows.maxEntries).toBe(1024);
  expect(objs.maps.lruFlows).toBeUndefined();
  expect(Object.keys(objs.maps)).not.toContain("lruFlows");
  const wrong: object = { maps: { nope: false } };
  expect(() => loadObjectSync(maps, wrong)).toThrow('has no map "nope"');
});

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { bool, u32, u64 } from "../codec/index.ts";
import { BpfError, NotSupportedError } from "../errors/index.ts";
import { lacks, mapTypeProbe } from "../features/index.ts";
import { MapType } from "../uapi/index.ts";
import type { Fields } from "./bpf-object.ts";
import { defineObject } from "./define-object.ts";
import { loadObjectSync } from "./load-object.ts";
import { LoadedObject } from "./loaded-object.ts";
import { arenaMap, arrayMap, hashMap, plainMap } from "./map-tags.ts";
import type { ArenaMapTag, ArrayMapTag, HashMapTag, PlainMapTag } from "./map-tags.ts";
import { xdp } from "./program-tags.ts";
import type { XdpTag } from "./program-tags.ts";
import { constant, variable } from "./variable-tags.ts";
import type { ConstantTag, VariableTag } from "./variable-tags.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

interface LateFields extends Fields {
  readonly programs: { count: XdpTag; doTell: XdpTag; doInsist: XdpTag };
  readonly maps: {
    growingMap: HashMapTag<number, bigint>;
    filter: PlainMapTag;
    arena: ArenaMapTag;
    hits: ArrayMapTag<bigint>;
  };
  readonly constants: { useFilter: ConstantTag<boolean> };
  readonly variables: { shared: VariableTag<number>; plain: VariableTag<number> };
}

/** As bpf-codegen makes it, but for names that are not those in C. */
const late = defineObject<LateFields>(() => ({
  name: "late",
  programs: { count: xdp("count"), doTell: xdp("told"), doInsist: xdp("insist") },
  maps: {
    growingMap: hashMap("growing", u32, u64),
    filter: plainMap("filter"),
    arena: arenaMap("arena"),
    hits: arrayMap("hits", u64),
  },
  constants: { useFilter: constant("use_filter", bool) },
  variables: { shared: variable("shared", u32), plain: variable("plain", u32) },
  bytes: () => readFileSync(new URL("../collection/fixtures/late-maps.el.o", import.meta.url)),
}));

const without = (type: MapType): boolean => lacks(mapTypeProbe(type));

describe("optional maps of a generated object", () => {
  const options = {
    programs: { doInsist: "optional" },
    maps: { growingMap: "optional", filter: "optional", arena: "optional", hits: "optional" },
  } as const;

  it("are there, or are undefined and a reason says why", async () => {
    for (const objs of [await late.load(options), loadObjectSync(late, options)]) {
      objs.programs.count.run({ data: new Uint8Array(64) });
      objs.programs.doTell.run({ data: new Uint8Array(64) });
      expect(objs.maps.hits?.get(0)).toBe(7n);
      const found = { growingMap: MapType.RHASH, filter: MapType.BLOOM_FILTER, arena: MapType.ARENA } as const;
      for (const name of ["growingMap", "filter", "arena"] as const) {
        expect(objs.maps[name]?.type).toBe(without(found[name]) ? undefined : found[name]);
        expect(objs.skipped.get(name) instanceof NotSupportedError).toBe(without(found[name]));
      }
      expect(objs.programs.doInsist === undefined).toBe(without(MapType.RHASH));
      expect(objs.skipped.has("doInsist")).toBe(without(MapType.RHASH));
      objs.close();
    }
  });

  it("take their variables along, which say so when they are used", () => {
    using objs = loadObjectSync(late, { ...options, programs: { doInsist: false } });
    expect(objs.variables.plain).toBe(7);
    if (!without(MapType.ARENA)) expect(objs.variables.shared).toBe(5);
    else expect(() => objs.variables.shared).toThrow('variable "shared" is in a map that was not created');
    // As where there are no arenas.
    const parts = LoadedObject.parts(objs as unknown as LoadedObject); // what all of them are
    const { skipped, variables } = new LoadedObject(
      {
        ...parts,
        variables: { ...parts.variables, shared: undefined },
        skipped: new Map([["growing", new BpfError("ERR_BPF_NOT_SUPPORTED", "no such map")]]),
      },
      new Map([["growing", "growingMap"]]),
    );
    expect([...skipped.keys()]).toEqual(["growingMap"]);
    const message = /^variable "shared" is in a map that was not created, .*`skipped` has the reason$/;
    expect(() => variables["shared"]).toThrow(message);
    expect(() => {
      variables["shared"] = 1;
    }).toThrow(message);
    expect(Object.keys(variables)).toEqual(["plain"]);
    variables["plain"] = 8;
    expect({ ...variables }).toEqual({ plain: 8 });
  });
});

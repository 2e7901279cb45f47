import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { CollectionSpec } from "../spec/index.ts";
import { linkTypeProbe } from "../features/index.ts";
import { LinkType, MapType } from "../uapi/index.ts";
import { loadCollectionSync } from "./load-collection.ts";

beforeEach((context) => {
  requireKernel(context);
  skipIfLacking(context, linkTypeProbe(LinkType.STRUCT_OPS));
});

const congestion = (): CollectionSpec =>
  CollectionSpec.parse(readFileSync(new URL("./fixtures/congestion.el.o", import.meta.url)), "congestion");

function loadOf(choice: { programs?: string[]; maps?: string[] }): () => void {
  return () => loadCollectionSync(congestion(), { programs: [], maps: [], ...choice }).close();
}

describe("structures of functions", () => {
  it("load with the programs that this kernel has a member for", () => {
    using collection = loadCollectionSync(congestion());
    expect([...collection.maps.keys()].sort()).toEqual(["constant", "linked"]);
    expect(collection.maps.get("constant")?.type).toBe(MapType.STRUCT_OPS);
    // The kernel's structure with its own fields is larger than the object's.
    expect(collection.maps.get("linked")?.valueSize).toBeGreaterThan(congestion().maps.get("linked")?.valueSize ?? 0);
    expect([...collection.programs.keys()].sort()).toEqual(["cong_avoid", "ssthresh", "undo_cwnd"]);
  });

  it("bring their programs when they are asked for, and programs load without them", () => {
    using structure = loadCollectionSync(congestion(), { programs: [], maps: ["linked"] });
    expect([...structure.programs.keys()]).toEqual(["ssthresh"]);
    using program = loadCollectionSync(congestion(), { programs: ["cong_avoid"], maps: [] });
    expect([...program.programs.keys()]).toEqual(["cong_avoid"]);
    expect(program.maps.size).toBe(0);
  });

  it("say what this kernel does not have, and leave nothing open", () => {
    const before = openKernelObjects();
    expect(loadOf({ maps: ["newer"] })).toThrow(
      'map "newer": member "not_in_any_kernel" is set, and this kernel\'s struct "tcp_congestion_ops" has none',
    );
    expect(loadOf({ maps: ["unknown"] })).toThrow(
      'map "unknown": this kernel has no struct "no_such_ops" that programs can implement',
    );
    expect(loadOf({ programs: ["astray"] })).toThrow(
      'program "astray" is a function of no structure: no variable in .struct_ops or .struct_ops.link points to it',
    );
    expect(openKernelObjects()).toEqual(before);
  });

  it("are the same function everywhere", () => {
    const spec = congestion();
    spec.maps.get("linked")!.structOps!.functions[0] = { offset: 24, name: "ssthresh" };
    expect(() => loadCollectionSync(spec)).toThrow('map "linked": program "ssthresh" is another member in another map');
  });
});

/** Iterators over a part of what there is. */
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachOrSkip, skipUnlessLoaded } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { LoadableSpec } from "../collection/index.ts";
import { LinkType } from "../uapi/index.ts";
import { HashMap } from "../maps/index.ts";
import { u32, u64 } from "../codec/index.ts";
import { IterLink } from "./iter.ts";
import { openLinkById } from "./index.ts";
import { mounts } from "./mounts.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const spec = LoadableSpec.parse(readFileSync(new URL("./fixtures/iterators.el.o", import.meta.url)), "iterators");

it("the elements of a map", (context) => {
  using collection = skipUnlessLoaded(context, () => spec.loadSync({ programs: ["each_element"] }));
  using map = HashMap.create({ key: u32, value: u64, maxEntries: 4 });
  map.set(7, 70n);
  map.set(8, 80n);
  using link = attachOrSkip(context, () => collection.programs.get("each_element")!.attach({ map }));
  if (!(link instanceof IterLink)) throw new Error("not an iterator");
  const read = (): ReadonlyMap<number, bigint> => {
    const bytes = Buffer.from(link.read());
    const entries = Array.from({ length: bytes.length / 12 }, (_, at) => bytes.subarray(at * 12));
    return new Map(entries.map((entry) => [entry.readUInt32LE(0), entry.readBigUInt64LE(4)]));
  };
  expect(read()).toEqual(
    new Map([
      [7, 70n],
      [8, 80n],
    ]),
  );
  map.delete(7);
  expect(read()).toEqual(new Map([[8, 80n]]));
  const expected = { type: LinkType.ITER, kind: "iter", target: "bpf_map_elem", mapId: map.id, cgroupId: undefined };
  expect(link.info()).toMatchObject(expected);
  using same = openLinkById(link.id);
  expect(same.info()).toMatchObject(expected);
});

describe("cgroups", () => {
  const root = mounts().find(({ type }) => type === "cgroup2")?.path;
  let cgroup = "";
  beforeEach((context) => {
    context.skip(root === undefined, "no cgroup hierarchy of version 2 is mounted");
    cgroup = mkdtempSync(join(root ?? "", "iter-test-"));
    mkdirSync(join(cgroup, "below"));
  });
  afterEach(() => {
    if (cgroup === "") return;
    rmdirSync(join(cgroup, "below"));
    rmdirSync(cgroup);
  });

  it.for([
    { order: "self", count: 1, number: 1 },
    { order: "descendantsFirst", count: 2, number: 2 },
    { order: "descendantsLast", count: 2, number: 3 },
  ] as const)("from one on: $order", ({ order, count, number }, context) => {
    using collection = skipUnlessLoaded(context, () => spec.loadSync({ programs: ["each_cgroup"] }));
    using link = attachOrSkip(context, () => collection.programs.get("each_cgroup")!.attach({ cgroup, order }));
    if (!(link instanceof IterLink)) throw new Error("not an iterator");
    expect(Buffer.from(link.read()).toString("latin1")).toBe("c".repeat(count));
    expect(link.info()).toMatchObject({
      type: LinkType.ITER,
      kind: "iter",
      target: "cgroup",
      mapId: undefined,
      cgroupId: statSync(cgroup, { bigint: true }).ino,
      cgroupOrder: number,
    });
  });
});

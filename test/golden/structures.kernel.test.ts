import { readFileSync } from "node:fs";
import { loadObjectSync } from "bpf-loader";
import { linkTypeProbe } from "bpf-loader/features";
import { LinkType } from "bpf-loader/uapi";
import { afterEach, beforeEach, expect, expectTypeOf, it } from "vitest";
import { requireKernel } from "../kernel.ts";
import { openKernelObjects } from "../open-descriptors.ts";
import { skipIfLacking } from "../skip-lacking.ts";
import { congestionControl } from "./expected/congestion-control.ts";

const available = (): string[] =>
  readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");

/** Loads as JavaScript may, where no compiler looks at the options. */
const load = (structOps: object) => (): unknown => loadObjectSync(congestionControl, { structOps });

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  skipIfLacking(context, linkTypeProbe(LinkType.STRUCT_OPS));
  before = openKernelObjects();
});
afterEach(() => {
  if (before.length > 0) expect(openKernelObjects()).toEqual(before);
  expect(available().filter((name) => name.startsWith("bpf_given"))).toEqual([]);
});

it("structures are classes of programs, whose other members are given before they are loaded", async () => {
  using objs = await congestionControl.load({
    structOps: { linked: { name: "bpf_given_link" }, plain: { name: "bpf_given_plain" } },
    maps: { incomplete: false },
  });
  const { linked, plain } = objs.structOps;
  expect(Object.keys(linked.programs)).toEqual(["ssthresh", "congAvoid", "undoCwnd"]);
  expect(linked.programs.ssthresh).toBe(objs.programs.linkedSsthresh);
  expectTypeOf(linked.programs.ssthresh).toEqualTypeOf<typeof objs.programs.linkedSsthresh>();
  expect(linked.map).toBe(objs.maps.linked);
  expect(objs.structOps.incomplete).toBeUndefined();
  for (const [structure, name] of [
    [linked, "bpf_given_link"],
    [plain, "bpf_given_plain"],
  ] as const) {
    using link = structure.attach();
    expect(link.closed).toBe(false);
    expect(available()).toContain(name);
  }
  // The object is what it was.
  using others = loadObjectSync(congestionControl, { maps: { incomplete: false } });
  using link = others.structOps.linked.attach();
  expect(available()).toContain("bpf_test_linked");
  expect(link.closed).toBe(false);
});

it("what can't be given is refused, and nothing stays open", () => {
  expect(load({ linked: { name: "a name of 16 char" } })).toThrow("linked.name");
  expect(load({ linked: { ssthresh: 1 } })).toThrow(
    'structure "linked" has no member "ssthresh" that can be given; it has "name"',
  );
  expect(load({ lined: {} })).toThrow(
    'has no structure "lined"; it has "incomplete", "linked", "plain", "replacement"',
  );
});

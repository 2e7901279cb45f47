import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { StackTraceMap } from "./index.ts";

beforeEach(requireKernel);

function take(fixture: MapFixture): void {
  fixture.program("take").run({});
}

describe("stacks", () => {
  it("of a process are addresses in its memory", () => {
    using fixture = MapFixture.load("stacks");
    const stacks = fixture.map("stacks", StackTraceMap);
    expect(stacks.maxDepth).toBe(64);
    expect([...stacks]).toEqual([]);
    take(fixture);
    const id = Number(fixture.get("user_stack"));
    expect(id).toBeGreaterThanOrEqual(0);
    const addresses = stacks.get(id) ?? new BigUint64Array();
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.at(-1)).not.toBe(0n);
    const ranges = readFileSync("/proc/self/maps", "latin1")
      .split("\n")
      .map(
        (line) =>
          line
            .split(" ")[0]
            ?.split("-")
            .map((address) => BigInt(`0x${address || "0"}`)) ?? [],
      );
    // The innermost one is in code for certain; frames of code without frame pointers are guesses of the kernel.
    expect(ranges.some(([from = 0n, to = 0n]) => (addresses[0] ?? 0n) >= from && (addresses[0] ?? 0n) < to)).toBe(true);
    expect(stacks.symbolise(id)?.[0]).toEqual({
      address: addresses[0],
      symbol: undefined,
      offset: undefined,
      module: undefined,
    });
    expect(stacks.has(id)).toBe(true);
    expect([...stacks.keys()]).toContain(id);
    expect(stacks.delete(id)).toBe(true);
    expect(stacks.delete(id)).toBe(false);
    expect(stacks.get(id)).toBeUndefined();
  });

  it("of the kernel have symbols", (context) => {
    using fixture = MapFixture.load("stacks");
    const stacks = fixture.map("stacks", StackTraceMap);
    take(fixture);
    const id = Number(fixture.get("kernel_stack"));
    if (id < 0) return context.skip(`this kernel takes no stack of itself in a test run: error ${id}`);
    const frames = stacks.symbolise(id) ?? [];
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.map(({ symbol }) => symbol)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/bpf_prog_test_run|sys_bpf/),
        expect.stringMatching(/entry|el0|ret_from/),
      ]),
    );
    for (const { offset } of frames) expect(offset).toBeGreaterThanOrEqual(0);
    expect(stacks.size).toBeGreaterThanOrEqual(1);
    stacks.clear();
    expect(stacks.size).toBe(0);
  });

  it("as build ids", () => {
    using fixture = MapFixture.load("stacks");
    const stacks = fixture.map("build_ids", StackTraceMap);
    expect(stacks.hasBuildIds).toBe(true);
    expect(stacks.maxDepth).toBe(64);
    take(fixture);
    const id = Number(fixture.get("user_build_ids"));
    expect(id).toBeGreaterThanOrEqual(0);
    const frames = stacks.buildIds(id) ?? [];
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) {
      if ("buildId" in frame) expect(frame.buildId).toMatch(/^[0-9a-f]{40}$/);
      else expect(typeof frame.address).toBe("bigint");
    }
    expect(() => stacks.get(id)).toThrow('map "build_ids" has build ids in place of addresses; use buildIds()');
    expect(() => fixture.map("stacks", StackTraceMap).buildIds(0)).toThrow("use get()");
  });

  it("that there are not", () => {
    using stacks = StackTraceMap.create({ maxEntries: 4, maxDepth: 10 });
    expect(stacks.maxDepth).toBe(10);
    // -14 is EFAULT, which a program gets in place of an id.
    for (const id of [0, 3, 4, 1000, -14, 1.5, 2 ** 32]) {
      expect(stacks.get(id)).toBeUndefined();
      expect(stacks.symbolise(id)).toBeUndefined();
      expect(stacks.has(id)).toBe(false);
      expect(stacks.delete(id)).toBe(false);
    }
    expect(stacks.size).toBe(0);
  });
});

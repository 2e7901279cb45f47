import { mkdtempSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { mounts } from "../links/mounts.ts";
import { CgroupArray } from "./index.ts";

beforeEach(requireKernel);

const hierarchy = (): string | undefined => mounts().find(({ type }) => type === "cgroup2")?.path;

it("programs tell whether a task is in a cgroup of it", (context) => {
  const root = hierarchy();
  if (root === undefined) return context.skip("no cgroup hierarchy of version 2 is mounted");
  using fixture = MapFixture.load("jumps");
  const cgroups = fixture.map("cgroups", CgroupArray);
  const whose = (index: number): unknown => {
    fixture.set("where", index);
    fixture.program("whose").run({});
    return fixture.get("under");
  };
  expect(whose(0)).toBeLessThan(0n);
  cgroups.set(0, root);
  expect(whose(0)).toBe(1n);
  const other = mkdtempSync(join(root, "bpf-test-"));
  try {
    cgroups.set(1, other);
    expect(whose(1)).toBe(0n);
    expect(cgroups.delete(1)).toBe(true);
    expect(cgroups.delete(1)).toBe(false);
    cgroups.set(1, other);
    cgroups.clear();
    expect(whose(0)).toBeLessThan(0n);
  } finally {
    rmdirSync(other);
  }
});

it("says what is no cgroup", () => {
  using cgroups = CgroupArray.create({ maxEntries: 1 });
  expect(() => cgroups.set(0, "/sys/fs/cgroup/none of these")).toThrow(
    'there is no cgroup "/sys/fs/cgroup/none of these"',
  );
  expect(() => cgroups.set(0, "/proc")).toThrow("is not in a cgroup hierarchy of version 2");
  expect(() => cgroups.set(0, { fd: 0xfffff })).toThrow("no open directory of a cgroup hierarchy");
  expect(() => cgroups.set(1, "/sys/fs/cgroup")).toThrow("index 1 is not an integer");
});

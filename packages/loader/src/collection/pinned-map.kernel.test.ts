import { existsSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import type { ArrayMap } from "../maps/index.ts";
import { LoadableSpec } from "./loadable-spec.ts";

const files = bpfFileSystem();
const pinPath = files.path;
const pin = join(pinPath, "shared");
const packet = new Uint8Array(64);
let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  files.require(context);
  before = openKernelObjects();
});

afterEach(() => {
  if (existsSync(pin)) unlinkSync(pin);
  expect(openKernelObjects()).toEqual(before);
});

const spec = (): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL("./fixtures/pinned.el.o", import.meta.url)), "pinned");

it("shares a map that is pinned by its name", async () => {
  const first = await spec().load({ pinPath });
  expect(existsSync(pin)).toBe(true);
  expect(first.programs.get("count")?.run({ data: packet }).returnValue).toBe(1);
  first.close();
  using second = await spec().load({ pinPath });
  expect(second.programs.get("count")?.run({ data: packet }).returnValue).toBe(2);
  const shared = second.maps.get("shared") as ArrayMap<bigint>;
  expect(shared.get(0)).toBe(2n);
  expect(shared.pinnedAt).toBe(pin);
  shared.unpin();
  expect(existsSync(pin)).toBe(false);
});

it("refuses a pin of another shape, and leaves it", async () => {
  using _first = await spec().load({ pinPath });
  const other = spec();
  other.maps.get("shared")!.maxEntries = 2;
  await expect(other.load({ pinPath })).rejects.toThrow('map "shared" is not compatible: max_entries 1, wanted 2');
  expect(existsSync(pin)).toBe(true);
});

it("takes its pin away when the load fails, and only its own", async () => {
  await expect(spec().load({ pinPath, programs: ["refused"] })).rejects.toThrow(/"refused" was refused/);
  expect(existsSync(pin)).toBe(false);
  using _first = await spec().load({ pinPath });
  await expect(spec().load({ pinPath, programs: ["refused"] })).rejects.toThrow(/"refused" was refused/);
  expect(existsSync(pin)).toBe(true);
});

it("says where it wanted to pin", async () => {
  await expect(spec().load({ pinPath: "/nowhere" })).rejects.toThrow(
    /map "shared" can't be pinned at "\/nowhere\/shared"/,
  );
});

import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMapOrSkip } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { CollectionSpec } from "../spec/index.ts";
import { MapType } from "../uapi/index.ts";
import { loadCollection } from "./load-collection.ts";

beforeEach(requireKernel);

const read = (): CollectionSpec =>
  CollectionSpec.parse(readFileSync(new URL("../spec/fixtures/jump-table.el.o", import.meta.url)), "jump-table");

it("programs jump by their tables, in each of their functions", async (context) => {
  newMapOrSkip(context, MapType.INSN_ARRAY, { key: 4, value: 16, entries: 1 }).close();
  const before = openKernelObjects();
  {
    using collection = await loadCollection(read());
    const chosen = collection.programs.get("chosen");
    // Its answer is by the two lowest bits of the packet's length, which socket filters see without the Ethernet header of 14 bytes.
    const answers = [18, 19, 20, 21].map((bytes) => chosen?.run({ data: new Uint8Array(bytes) }).returnValue);
    expect(answers).toEqual([11, 22, 33, 33]);
    expect([...collection.maps.keys()]).toEqual([]);
  }
  expect(openKernelObjects()).toEqual(before);
});

it("a kernel without them is said to lack the map, and nothing stays open", async (context) => {
  const before = openKernelObjects();
  const error = await loadCollection(read()).then(
    (collection) => {
      collection.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  context.skip(error === undefined, "the running kernel has maps of instructions");
  expect(String(error)).toMatch(/BPF\.JT\.\d\.0.*BPF_MAP_TYPE_INSN_ARRAY.*6\.19/s);
  expect(openKernelObjects()).toEqual(before);
});

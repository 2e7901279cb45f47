import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMapOrSkip } from "../../../../test/new-map.ts";
import { MapType } from "../uapi/index.ts";
import { InstructionArray, openMap } from "./index.ts";

beforeEach(requireKernel);

it("places of instructions are written before the program is loaded", (context) => {
  const fd = newMapOrSkip(context, MapType.INSN_ARRAY, { key: 4, value: 16, entries: 3 });
  using places = openMap(fd, { name: "places" }) as InstructionArray;
  places.set(1, { original: 5, translated: 0, jited: 0 });
  expect(places.get(1)).toEqual({ original: 5, translated: 0, jited: 0 });
  expect([...places].map(({ original }) => original)).toEqual([0, 5, 0]);
  using own = InstructionArray.create({ maxEntries: 2 });
  expect(own.length).toBe(2);
});

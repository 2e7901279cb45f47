import { expect, it } from "vitest";
import { Flexible, FlexibleText } from "../../../../test/golden/expected/types.ts";
import { fixture } from "../../../../test/golden/objects.ts";
import { CollectionSpec } from "../spec/index.ts";
import { codecFromBtf } from "./index.ts";

const { btf } = CollectionSpec.parse(fixture("types.el.o"));
const bytes = Uint8Array.from([9, 3, 0, 0, 0, 0x68, 0x69, 1, 0, 0, 7]);
const view = new DataView(bytes.buffer);

it.each([
  { name: "generated", numbers: Flexible, text: FlexibleText },
  {
    name: "from BTF",
    numbers: codecFromBtf(btf!, btf!.findAll("flexible")[0]!),
    text: codecFromBtf(btf!, btf!.findAll("flexible_text")[0]!),
  },
])("a flexible array is what is left of a record: $name", ({ numbers, text }) => {
  expect(numbers.readRecord?.(view, 1, 10)).toEqual({ length: 3, data: [0x6968, 1, 0x700] });
  // Half an element is none.
  expect(numbers.readRecord?.(view, 1, 9)).toEqual({ length: 3, data: [0x6968, 1] });
  expect(numbers.readRecord?.(view, 1, 4)).toEqual({ length: 3, data: [] });
  expect(text.readRecord?.(view, 1, 10)).toEqual({ length: 3, data: "hi\u0001" });
  // Where nothing says how long it is, it is empty.
  expect(numbers.read(view, 1)).toEqual({ length: 3, data: [] });
});

import { expect, it } from "vitest";
import { elements, flexibleStruct, u16, u32 } from "../codec/index.ts";
import { decodeRecord } from "./consume.ts";

const codec = flexibleStruct<{ id: number; data: number[] }>(
  "struct message",
  4,
  4,
  (view, at) => ({ id: u32.read(view, at), data: [] }),
  (view, at, { id }) => u32.write(view, at, id),
  { name: "data", offset: 4, read: elements(u16) },
);

it("a record is as long as its array", () => {
  const view = new DataView(Uint8Array.from([0, 0, 7, 0, 0, 0, 1, 0, 2, 0, 3, 0]).buffer);
  expect(decodeRecord(codec, { view, offset: 2, length: 8 }, "ring")).toEqual({ id: 7, data: [1, 2] });
  expect(decodeRecord(codec, { view, offset: 2, length: 4 }, "ring")).toEqual({ id: 7, data: [] });
  expect(() => decodeRecord(codec, { view, offset: 2, length: 3 }, "ring")).toThrow("ring: a record has 3 bytes");
});

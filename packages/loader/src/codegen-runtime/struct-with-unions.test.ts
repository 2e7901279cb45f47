import { describe, expect, it } from "vitest";
import { checkU8, u32, u8, union } from "../codec/index.ts";
import { structWithUnions } from "./struct-with-unions.ts";

interface Key {
  family: number;
  v4: number;
  first: number;
}

const inner = union("union {...}", 4, 4, (view, at) => ({ v4: view.getUint32(at, true), first: view.getUint8(at) }), [
  { name: "v4", fields: ["v4"], codec: u32 },
  { name: "first", fields: ["first"], codec: u8 },
]);
const key = structWithUnions<Key>(
  "struct key",
  8,
  4,
  (view, at) => ({ family: view.getUint8(at), v4: view.getUint32(at + 4, true), first: view.getUint8(at + 4) }),
  (view, at, value) => {
    view.setUint8(at, checkU8(value.family, "family"));
    inner.write(view, at + 4, value);
  },
);

describe("structWithUnions", () => {
  it("makes a whole value of one member of each union", () => {
    expect(key.of({ family: 2, v4: 0x01020304 })).toEqual({ family: 2, v4: 0x01020304, first: 4 });
    expect(key.of({ family: 2, first: 7 })).toEqual({ family: 2, v4: 7, first: 7 });
  });

  it("refuses what is left out besides", () => {
    expect(() => key.of({ v4: 1 })).toThrow("field family: undefined is not a number");
    expect(() => key.of({ family: 1 })).toThrow("no member of union {...} is given");
    expect(() => key.of({ family: 1, v4: 1, first: 2 })).toThrow("say different things");
  });
});

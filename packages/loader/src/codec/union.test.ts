import { expect, it } from "vitest";
import { bytes } from "./bytes.ts";
import { struct } from "./composite.ts";
import { u32 } from "./scalar.ts";
import { union } from "./union.ts";

interface Address {
  v4: number;
  v6: Uint8Array;
}

const Address = union<Address>(
  "union address",
  16,
  4,
  (view, at) => ({ v4: u32.read(view, at), v6: bytes(16).read(view, at) }),
  [
    { name: "v4", fields: ["v4"], codec: u32 },
    { name: "v6", fields: ["v6"], codec: bytes(16) },
  ],
);

it("one member makes the whole value, what it does not cover is zero", () => {
  expect(Address.of({ v4: 0x04030201 })).toEqual({
    v4: 0x04030201,
    v6: new Uint8Array([1, 2, 3, 4, ...Array<number>(12).fill(0)]),
  });
});

it("members that agree are written, members that don't are refused", () => {
  const value = Address.of({ v6: new Uint8Array(16).fill(9) });
  const view = new DataView(new ArrayBuffer(16));
  Address.write(view, 0, value);
  expect(Address.read(view, 0)).toEqual(value);
  expect(() => Address.write(view, 0, { ...value, v4: 1 })).toThrow(
    "members v4, v6 of union address say different things; give one of them",
  );
  Address.write(view, 0, { ...value, v6: undefined } as unknown as Address);
  expect(Address.read(view, 0).v6.subarray(4)).toEqual(new Uint8Array(12));
});

it("no member is refused", () => {
  expect(() => Address.of({})).toThrow("no member of union address is given; give one of v4, v6");
});

it("members that share bytes, each with bits that the other has not, agree", () => {
  interface Halves {
    readonly low: number;
    readonly whole: number;
  }
  const halves = (name: string, low: number, whole: number) =>
    struct<Halves>(
      name,
      2,
      1,
      (view, at) => ({ low: view.getUint8(at + low) & 15, whole: view.getUint8(at + whole) }),
      (view, at, value) => {
        view.setUint8(at + low, value.low);
        view.setUint8(at + whole, value.whole);
      },
    );
  const [first, second] = [halves("struct first", 0, 1), halves("struct second", 1, 0)];
  const codec = union<{ first: Halves; second: Halves }>(
    "union crossed",
    2,
    1,
    (view, at) => ({ first: first.read(view, at), second: second.read(view, at) }),
    [
      { name: "first", fields: ["first"], codec: first },
      { name: "second", fields: ["second"], codec: second },
    ],
  );
  const bytes = Uint8Array.of(0xab, 0xcd);
  const copy = new Uint8Array(2);
  codec.write(new DataView(copy.buffer), 0, codec.read(new DataView(bytes.buffer), 0));
  expect(copy).toEqual(bytes);
});

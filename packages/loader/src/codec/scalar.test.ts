import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { codecs } from "./scalar.ts";
import type { ScalarCodecs } from "./scalar.ts";

const values: Record<Exclude<keyof ScalarCodecs, "pointer">, fc.Arbitrary<unknown>> = {
  u8: fc.integer({ min: 0, max: 0xff }),
  u16: fc.integer({ min: 0, max: 0xffff }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  i8: fc.integer({ min: -0x80, max: 0x7f }),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  i32: fc.integer(),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64AsNumber: fc.maxSafeNat(),
  i64AsNumber: fc.maxSafeInteger(),
  bool: fc.boolean(),
  f32: fc.float(),
  f64: fc.double(),
};
const names = Object.keys(values) as (keyof typeof values)[];
const hostile: unknown[] = [
  NaN,
  Infinity,
  -Infinity,
  0.5,
  -1,
  2 ** 53,
  2 ** 64,
  -(2 ** 64),
  -1n,
  2n ** 64n,
  -(2n ** 63n) - 1n,
  10n ** 1000n,
  "",
  "1",
  null,
  undefined,
  true,
  [],
  [1],
  {},
  new Number(1),
  { valueOf: () => 1 },
  { [Symbol.toPrimitive]: () => 1n },
  Symbol("s"),
  () => 1,
  new Date(0),
];

describe.each([true, false])("little endian: %s", (littleEndian) => {
  const set = codecs(littleEndian);
  it.each(names)("%s: what is written is read, in its bytes only", (name) => {
    // The record's arbitrary makes values of the codec of the same name.
    const codec = set[name] as Codec<unknown>;
    fc.assert(
      fc.property(values[name], (value) => {
        const bytes = new Uint8Array(codec.size + 2).fill(0xee);
        const view = new DataView(bytes.buffer);
        codec.write(view, 1, value);
        // There is one zero in C's integers.
        const back = Object.is(value, -0) && !name.startsWith("f") ? 0 : value;
        expect(codec.read(view, 1)).toBe(back);
        expect([bytes[0], bytes.at(-1)]).toEqual([0xee, 0xee]);
      }),
    );
  });

  it.each(names)("%s: a wrong value is refused and nothing is written", (name) => {
    const codec = set[name] as Codec<unknown>;
    for (const value of hostile) {
      if (fits(name, value)) continue;
      const bytes = new Uint8Array(8).fill(0xee);
      expect(() => codec.write(new DataView(bytes.buffer), 0, value), `${name} ${typeof value}`).toThrow(
        expect.objectContaining({ code: "ERR_BPF_VALUE", name: "CodecError" }),
      );
      expect(bytes).toEqual(new Uint8Array(8).fill(0xee));
    }
  });

  it("byte order", () => {
    const view = new DataView(new ArrayBuffer(8));
    set.u32.write(view, 0, 1);
    expect(view.getUint8(littleEndian ? 0 : 3)).toBe(1);
    set.u64AsNumber.write(view, 0, 2 ** 32 + 2);
    expect(view.getBigUint64(0, littleEndian)).toBe(2n ** 32n + 2n);
    set.i64AsNumber.write(view, 0, -2);
    expect(view.getBigInt64(0, littleEndian)).toBe(-2n);
  });
});

function fits(name: keyof typeof values, value: unknown): boolean {
  if (name === "bool") return typeof value === "boolean";
  if (name === "f64") return typeof value === "number";
  if (name === "f32") return typeof value === "number";
  if (name === "i64") return value === -1n;
  if (name.startsWith("i")) return value === -1;
  return false;
}

it("a finite double that would become infinite as float is refused", () => {
  const view = new DataView(new ArrayBuffer(4));
  expect(() => codecs(true).f32.write(view, 0, 1e300)).toThrow("1e+300 does not fit float");
  codecs(true).f32.write(view, 0, Infinity);
  expect(codecs(true).f32.read(view, 0)).toBe(Infinity);
});

it("numbers beyond 2^53 are not read as numbers", () => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, 2n ** 53n, true);
  expect(() => codecs(true).u64AsNumber.read(view, 0)).toThrow("read it as a bigint");
  view.setBigInt64(0, -(2n ** 53n), true);
  expect(() => codecs(true).i64AsNumber.read(view, 0)).toThrow("read it as a bigint");
  view.setBigInt64(0, -(2n ** 53n) + 1n, true);
  expect(codecs(true).i64AsNumber.read(view, 0)).toBe(-(2 ** 53) + 1);
});

it("the message says what to write instead", () => {
  const view = new DataView(new ArrayBuffer(8));
  expect(() => codecs(true).u64.write(view, 0, 5 as unknown as bigint)).toThrow(
    "5 is a number; __u64 (0 … 18446744073709551615) takes a bigint: 5n",
  );
  expect(() => codecs(true).u32.write(view, 0, 5n as unknown as number)).toThrow(
    "5n is a bigint; __u32 (0 … 4294967295) takes a number",
  );
});

import { expect, it } from "vitest";
import { walkBtf } from "../../../../test/fuzz/read-types.ts";
import { Btf } from "./index.ts";
import { processorTime } from "../../../../test/processor-time.ts";

/** One input may take so long, on a machine that is busy with other things. */
const MOST_MILLISECONDS = 1000;

// Objects that were changed at random: test/fuzz. Here are types that somebody thought about.

const words = (...numbers: number[]): number[] => [...new Uint8Array(new Uint32Array(numbers).buffer)];

/** A blob of types in words; the only name is "x", at 1. */
function blob(types: readonly number[], strings = "\0x\0"): Btf {
  const typeBytes = words(...types);
  const stringBytes = new TextEncoder().encode(strings);
  const header = words(0x0001eb9f, 24, 0, typeBytes.length, typeBytes.length, stringBytes.length);
  return Btf.parse(new Uint8Array([...header, ...typeBytes, ...stringBytes]));
}

const PTR = 2 << 24;
const ARRAY = 3 << 24;
const STRUCT = 4 << 24;
const TYPEDEF = 8 << 24;
const FUNC_PROTO = 13 << 24;

/** Asks for everything, in bounded time. */
function walk(btf: Btf): void {
  const start = processorTime();
  walkBtf(btf);
  expect(processorTime() - start).toBeLessThan(MOST_MILLISECONDS);
}

it("types that contain themselves are refused", () => {
  const typedef = blob([1, TYPEDEF, 1]);
  expect(() => typedef.resolve(1)).toThrow(/refers to itself/);
  const array = blob([0, ARRAY, 0, 1, 1, 2]);
  expect(() => array.sizeOf(1)).toThrow(/contains itself|32 bits/);
  const struct = blob([1, STRUCT | 1, 8, 1, 1, 0]);
  expect(() => struct.alignOf(1)).toThrow(/contains itself/);
  for (const btf of [typedef, array, struct]) walk(btf);
});

it("chains of any length are followed to some depth only", () => {
  const long = blob(
    Array.from({ length: 20_000 }, (_, index) => [1, TYPEDEF, index + 2])
      .flat()
      .concat([1, STRUCT, 4]),
  );
  expect(() => long.resolve(1)).toThrow(/refers to itself/);
  expect(long.resolve(19_990).kind).toBe("struct");
  const pointers = blob(
    Array.from({ length: 2000 }, (_, index) => [0, PTR, index + 2])
      .flat()
      .concat([1, STRUCT, 4]),
  );
  expect(pointers.typeName(1).length).toBeLessThan(10_000);
  walk(pointers);
});

it("structs that nest twice at each of many levels take no time", () => {
  const levels = 60;
  const types = Array.from({ length: levels }, (_, index) => [
    1,
    STRUCT | 2,
    8,
    1,
    index + 2,
    0,
    1,
    index + 2,
    0,
  ]).flat();
  walk(blob([...types, 1, STRUCT, 8]));
});

it("functions that take functions that take functions are spelled with an end", () => {
  const levels = 60;
  const types = Array.from({ length: levels }, (_, index) => [0, FUNC_PROTO | 2, 0, 0, index + 2, 0, index + 2]).flat();
  const btf = blob([...types, 1, STRUCT, 8]);
  walk(btf);
  expect(btf.typeName(1).length).toBeLessThan(20_000);
});

it("functions whose parameters have long names are spelled with an end", () => {
  const parameters = Array.from({ length: 400 }, () => [0, 2]).flat();
  const btf = blob([0, FUNC_PROTO | 400, 2, ...parameters, 1, STRUCT, 4], `\0${"x".repeat(1_000_000)}\0`);
  expect(btf.typeName(2).length).toBe(1_000_007);
  expect(btf.typeName(1).length).toBeLessThan(2_100_000);
});

it("names that overlap can't fill the memory", () => {
  const length = 60_000;
  const types = Array.from({ length: 5000 }, (_, index) => [1 + index, TYPEDEF, 0]).flat();
  const btf = blob(types, `\0${"x".repeat(length)}\0`);
  expect(() => {
    for (let id = 1; id < btf.typeCount; id++) btf.name(id);
  }).toThrow(/names overlap far more than a compiler lets them/);
});

it("sizes beyond 32 bits are refused", () => {
  const btf = blob([0, ARRAY, 0, 2, 2, 0xffff_ffff, 0, ARRAY, 0, 3, 3, 0xffff_ffff, 1, 1 << 24, 8, 64]);
  expect(() => btf.sizeOf(1)).toThrow(/more than 32 bits can count/);
  expect(() => btf.sizeOf(2)).toThrow(/more than 32 bits can count/);
});

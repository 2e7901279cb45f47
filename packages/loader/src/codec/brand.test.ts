import { describe, expect, expectTypeOf, it } from "vitest";
import { millisecondsToNanoseconds, nanosecondsToDate, nanosecondsToMilliseconds } from "./index.ts";
import type { Brand, Codec, Ifindex, Nanoseconds, Pid, u32 } from "./index.ts";

describe("brands", () => {
  it("take plain numbers, and not each other", () => {
    const pid: Pid = 42;
    expectTypeOf(pid + 1).toEqualTypeOf<number>();
    expectTypeOf<number>().toExtend<Pid>();
    expectTypeOf<Pid>().toExtend<number>();
    expectTypeOf<Pid>().not.toExtend<Ifindex>();
    expectTypeOf<Brand<string, "Host">>().not.toExtend<Brand<string, "Path">>();
    expectTypeOf<typeof u32>().toExtend<Codec<Pid>>();
    expectTypeOf<Codec<Ifindex>>().not.toExtend<Codec<Pid>>();
  });

  it("of time convert", () => {
    const time: Nanoseconds = 1_500_000n;
    expect(nanosecondsToMilliseconds(time)).toBe(1.5);
    expect(millisecondsToNanoseconds(1.5)).toBe(time);
    expect(() => millisecondsToNanoseconds(NaN)).toThrow("NaN is no number of milliseconds");
    expect(nanosecondsToDate(1_700_000_000_123_456_789n).toISOString()).toBe("2023-11-14T22:13:20.123Z");
  });
});

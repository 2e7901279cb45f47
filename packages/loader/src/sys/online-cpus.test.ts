import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { onlineCpus, parseCpuList } from "./online-cpus.ts";

describe("parseCpuList", () => {
  it("numbers, ranges, and none", () => {
    expect(parseCpuList("0\n")).toEqual([0]);
    expect(parseCpuList("0-3,7,9-10\n")).toEqual([0, 1, 2, 3, 7, 9, 10]);
    expect(parseCpuList("\n")).toEqual([]);
  });
});

describe("onlineCpus", () => {
  it.runIf(process.platform === "linux")("has those that this process may use, at least", () => {
    expect(onlineCpus().length).toBeGreaterThanOrEqual(availableParallelism());
  });
});

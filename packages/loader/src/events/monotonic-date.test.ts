import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { monotonicToDate } from "./index.ts";

it("what the kernel counts since its start is told as a date", () => {
  // Stands still while the machine sleeps, as the clock does not: no machine of tests does.
  const seconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const started = Date.now() - seconds * 1000;
  expect(Math.abs(monotonicToDate(0n).getTime() - started)).toBeLessThan(2000);
  expect(monotonicToDate(1_000_000_000n).getTime() - monotonicToDate(0n).getTime()).toBeGreaterThan(990);
});

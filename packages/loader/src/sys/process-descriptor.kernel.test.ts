import { readdirSync, readlinkSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { NotSupportedError } from "../errors/index.ts";
import { openProcess } from "./process-descriptor.ts";

beforeEach(requireKernel);

it("opens a process, and its threads where the kernel can", () => {
  using own = openProcess(process.pid);
  expect(readlinkSync(`/proc/self/fd/${own.value}`)).toContain("pidfd");
  const thread =
    readdirSync("/proc/self/task")
      .map(Number)
      .find((id) => id !== process.pid) ?? 0;
  expect(thread).toBeGreaterThan(0);
  try {
    openProcess(thread).close();
  } catch (error) {
    expect(error).toBeInstanceOf(NotSupportedError);
    expect(String(error)).toContain("opens such since Linux 6.9");
  }
});

it("tells what there is not", () => {
  expect(() => openProcess(0x7fff_fffe)).toThrow("there is no process 2147483646");
  for (const wrong of [0, -1, 1.5, NaN, 2 ** 31]) {
    expect(() => openProcess(wrong)).toThrow(`${wrong} is no number of a process`);
  }
});

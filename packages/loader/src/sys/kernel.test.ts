import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kernelIsAtLeast, kernelRelease, kernelVersionCode, pageSize, possibleCpus, readKernelBtf } from "./kernel.ts";
import { hasCapability, lockedMemoryLimit } from "./privileges.ts";

const here = process.platform === "linux" ? describe : describe.skip;

here("the running kernel", () => {
  it("tells its release", () => {
    expect(kernelRelease()).toBe(readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());
    expect(kernelIsAtLeast("2.6")).toBe(true);
    expect(kernelIsAtLeast("99.0")).toBe(false);
    const [major = 0, minor = 0] = kernelRelease().split(".").map(Number);
    expect(kernelIsAtLeast(`${major}.${minor}`)).toBe(true);
    expect(kernelIsAtLeast(`${major}.${minor + 1}`)).toBe(false);
    expect(kernelVersionCode() >> 8).toBe(major * 256 + minor);
  });

  it("tells its CPUs and page size", () => {
    const last = /(\d+)\s*$/.exec(readFileSync("/sys/devices/system/cpu/possible", "utf8"))?.[1];
    expect(possibleCpus()).toBe(Number(last) + 1);
    expect(pageSize() % 4096).toBe(0);
  });

  it("gives its BTF", () => {
    const types = readKernelBtf();
    expect(Buffer.from(types).equals(readFileSync("/sys/kernel/btf/vmlinux"))).toBe(true);
  });

  it("tells what the process may do", () => {
    if (process.getuid?.() === 0) expect(hasCapability("CAP_BPF")).toBe(true);
    expect(lockedMemoryLimit()).toBeGreaterThan(0);
  });
});

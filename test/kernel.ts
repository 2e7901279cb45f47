import { readFileSync } from "node:fs";
import type { TestContext } from "vitest";

/** CAP_SYS_ADMIN, which includes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN in what they are needed for here. */
const CAP_SYS_ADMIN = 21n;

function findReason(): string | undefined {
  if (process.platform !== "linux") return `bpf(2) is a system call of Linux, and this is ${process.platform}`;
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  if (((effective >> CAP_SYS_ADMIN) & 1n) === 0n) return "bpf(2) needs root; run the tests as root to include these";
  return undefined;
}

/** Why tests that use bpf(2) can't run here; `undefined` when they can. */
export const whyNoKernel: string | undefined = findReason();

/** For `beforeEach` in files named `*.kernel.test.ts`: skips with the reason where bpf(2) can't be used. */
export function requireKernel(context: TestContext): void {
  context.skip(whyNoKernel !== undefined, whyNoKernel);
}

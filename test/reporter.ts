import type { Reporter, TestModule } from "vitest/node";

/** Tests that need bpf(2) live in files of this name. */
const KERNEL_TEST = /\.kernel\.test\.ts$/;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Ends the run with why tests were skipped, a loud word when no kernel test ran, and one line of totals.
 *
 * A file that could not even be loaded counts as one failure.
 */
export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const all: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const kernel: Counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map<string, number>();

    for (const module of modules) {
      let failedInside = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        const state = result.state === "pending" ? "failed" : result.state;
        all[state] += 1;
        if (KERNEL_TEST.test(module.moduleId)) kernel[state] += 1;
        if (state === "failed") failedInside += 1;
        if (result.state === "skipped") {
          const reason = result.note ?? "no reason given";
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
      if (module.state() === "failed" && failedInside === 0) all.failed += 1;
    }

    for (const [reason, count] of reasons) console.log(`skipped ${count}: ${reason}`);
    if (kernel.skipped > 0 && kernel.passed + kernel.failed === 0) {
      console.log(`WARNING: none of the ${kernel.skipped} kernel tests ran, so nothing was loaded into a kernel`);
    }
    console.log(`${all.passed} passed, ${all.failed} failed, ${all.skipped} skipped`);
  }
}

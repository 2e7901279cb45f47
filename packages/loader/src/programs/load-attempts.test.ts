import { expect, it } from "vitest";
import { Errno } from "../sys/index.ts";
import { loadAttempts } from "./load-attempts.ts";
import type { LoadOutcome, LogRequest, ProgramLoadValues } from "./load-attempts.ts";

/** A kernel that answers each call as it is told, and what it was asked. */
function run(
  answers: readonly (number | { result: number; log?: string; logTrueSize?: number })[],
  request?: LogRequest,
): { outcome: LoadOutcome; sizes: (number | undefined)[] } {
  const sizes: (number | undefined)[] = [];
  const attempts = loadAttempts({}, request);
  let step = attempts.next();
  for (const answer of answers) {
    if (step.done === true) throw new Error("it gave up early");
    const values: ProgramLoadValues = step.value;
    sizes.push(values.logSize);
    const { result, log = "", logTrueSize = 0 } = typeof answer === "number" ? { result: answer } : answer;
    if (values.logBuf instanceof Uint8Array) new TextEncoder().encodeInto(log, values.logBuf);
    // Of the attribute, only the log's size is looked at.
    step = attempts.next({ result, attribute: { logTrueSize } as never });
  }
  if (step.done !== true) throw new Error("it wants another call");
  return { outcome: step.value, sizes };
}

it("makes no log when all is well", () => {
  expect(run([7])).toEqual({ outcome: { result: 7, log: [], truncated: false }, sizes: [undefined] });
});

it("makes none when there is to be none, not even after a failure", () => {
  const outcome = { result: -Errno.EINVAL, log: [], truncated: false };
  expect(run([-Errno.EINVAL], { level: 0, size: 64 })).toEqual({ outcome, sizes: [undefined] });
});

it("makes one with reasons after a failure, when only statistics were asked for", () => {
  const answers = [
    { result: -Errno.EACCES, log: "processed 1 insns" },
    { result: -Errno.EACCES, log: "R0 !read_ok" },
  ];
  expect(run(answers, { level: 4, size: 64 })).toEqual({
    outcome: { result: -Errno.EACCES, log: ["R0 !read_ok"], truncated: false },
    sizes: [64, 64],
  });
  expect(run([{ result: 7, log: "processed 1 insns" }], { level: 4, size: 64 }).outcome.log).toHaveLength(1);
});

it("makes one after a failure, and keeps the first error number", () => {
  expect(run([-Errno.EACCES, { result: -Errno.EINVAL, log: "why\n" }])).toEqual({
    outcome: { result: -Errno.EACCES, log: ["why"], truncated: false },
    sizes: [undefined, 65536],
  });
  // The second try may succeed.
  expect(run([-Errno.ENOMEM, 9]).outcome.result).toBe(9);
});

it("tries again, five times, when a signal came", () => {
  expect(run([-11, -11, -11, -11, -11, 7]).outcome.result).toBe(7);
  expect(run([-11, -11, -11, -11, -11, -11, { result: -11, log: "" }, -11, -11, -11, -11, -11]).outcome.result).toBe(
    -11,
  );
});

it("asks for as much as the log takes", () => {
  const { outcome, sizes } = run([
    -Errno.EACCES,
    { result: -Errno.ENOSPC, log: "the end", logTrueSize: 100_000 },
    { result: -Errno.EACCES, log: "all of it" },
  ]);
  expect(outcome).toEqual({ result: -Errno.EACCES, log: ["all of it"], truncated: false });
  expect(sizes).toEqual([undefined, 65_536, 165_536]);
});

it("grows in steps where the kernel does not say how much, stops, and asks for the verdict alone", () => {
  const full = { result: -Errno.ENOSPC, log: "cut" };
  const { outcome, sizes } = run([-Errno.EACCES, full, full, full, { result: -Errno.EACCES, log: "why\n" }]);
  expect(outcome).toEqual({ result: -Errno.EACCES, log: ["cut", "why"], truncated: true });
  expect(sizes).toEqual([undefined, 65_536, 1_048_576, 16_777_216, 65_536]);
  expect(run([-Errno.EACCES, full, full, full, 9]).outcome.result).toBe(9);
  // A log of gigabytes is not worth it.
  expect(run([-Errno.EACCES, { ...full, logTrueSize: 2 ** 31 }]).outcome.truncated).toBe(true);
});

it("loads without a log when the one that was asked for does not fit", () => {
  const huge = { result: -Errno.ENOSPC, log: "cut", logTrueSize: 2 ** 31 };
  expect(run([huge, 7], { level: 2, size: 128 })).toEqual({
    outcome: { result: 7, log: ["cut"], truncated: true },
    sizes: [128, undefined],
  });
});

import { BpfError, NotSupportedError } from "../errors/index.ts";
import { programTypeName } from "../uapi/index.ts";
import { runKind } from "./test-run-kinds.ts";
import type { BenchmarkOptions, RunOptions } from "./test-run-kinds.ts";
import { runProgramAsync } from "./test-run.ts";
import type { RunnableProgram } from "./test-run.ts";

/** How long a program takes: nanoseconds of one run, as the kernel measured them. It counts whole ones. */
export interface Benchmark {
  /** The shortest of the measurements: the best guess of what the program itself takes. */
  readonly min: number;
  readonly median: number;
  /** All measurements, each an average of `repeat` runs, in their order. */
  readonly rounds: readonly number[];
}

const ROUNDS = 10;
const REPEAT = 1000;

/**
 * Measures a program with test runs on the thread pool.
 *
 * @throws NotSupportedError for types of program that the kernel does not time.
 */
export async function benchmarkProgram(
  program: RunnableProgram,
  options: RunOptions & BenchmarkOptions,
): Promise<Benchmark> {
  const { rounds: count = ROUNDS, signal, ...run } = options;
  if (runKind(program.type)?.timed !== true) {
    const feature = `timed test runs of ${programTypeName(program.type)} programs`;
    throw new NotSupportedError(feature, undefined, `${program.what} can't be measured: the kernel has no ${feature}`);
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${program.what}: rounds is ${count}, and must be 1 or more`);
  }
  const rounds: number[] = [];
  while (rounds.length < count) {
    signal?.throwIfAborted();
    const { duration } = await runProgramAsync(program, { ...run, repeat: run.repeat ?? REPEAT });
    rounds.push(duration ?? 0);
  }
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = low] = sorted.length % 2 === 0 ? sorted.slice(middle - 1) : sorted.slice(middle);
  return { min: sorted[0] ?? 0, median: sorted.length % 2 === 0 ? (low + high) / 2 : low, rounds };
}

// The other end of `Server` in turns.mjs, in JavaScript.
import { createInterface } from "node:readline";

/**
 * For each line on the input that names a task: runs it, and prints the nanoseconds of one of its operations and a checksum.
 *
 * @param tasks name → [operations, what runs them and returns something made of all results, what is done afterwards and not counted]
 */
export async function answer(tasks) {
  for await (const name of createInterface({ input: process.stdin })) {
    const [operations, run, afterwards] = tasks[name];
    const start = performance.now();
    const checksum = run();
    const nanoseconds = ((performance.now() - start) * 1e6) / operations;
    afterwards?.();
    console.log(`${nanoseconds.toFixed(1)} ${checksum}`);
  }
}

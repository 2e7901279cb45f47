// Commands that print times, run in turns, so that what else the machine does is the same for all.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { StepError } from "../../scripts/steps.mjs";

/** Median and best of nanoseconds. */
export function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], best: sorted[0] };
}

/** Runs a command to its end. @returns what it printed */
export function output([command, ...args]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new StepError(`${[command, ...args].join(" ")}: ${(error?.message ?? stderr).trim()}`);
  return stdout;
}

/** Runs commands that print a time per line, in turns. @returns the times of each */
export function inTurns(rounds, commands) {
  const times = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, command] of commands.entries()) {
      times[index].push(...output(command).trim().split("\n").map(Number));
    }
  }
  return times.map(summary);
}

/** Whole processes, from start to end. */
export function processesInTurns(rounds, commands) {
  const times = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, command] of commands.entries()) {
      const start = performance.now();
      output(command);
      times[index].push((performance.now() - start) * 1e6);
    }
  }
  return times.map(summary);
}

/** A process that answers each line with a line. */
export class Server {
  #child;
  #lines;

  constructor([command, ...args]) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new StepError(`${this.#child.spawnargs.join(" ")} ended early`);
    return value;
  }

  ask(question) {
    this.#child.stdin.write(`${question}\n`);
    return this.line();
  }

  close() {
    this.#child.stdin.end();
  }
}

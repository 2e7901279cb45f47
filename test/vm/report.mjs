// What the tests did in the machines, as a table and lists.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { root } from "../../scripts/steps.mjs";

/** Lines of a failure that are shown. */
const MOST_LINES = 30;

const maps = new Map();

/** Names the place in the sources for each place in compiled files. */
function mapped(text) {
  return text.replace(/file:\/\/(\S+?\.mjs):(\d+):(\d+)/g, (all, path, line, column) => {
    try {
      if (!maps.has(path)) maps.set(path, new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8"))));
      const { originalSource, originalLine, originalColumn } = maps.get(path).findEntry(line - 1, column - 1);
      if (originalSource === undefined) return all;
      const source = originalSource.startsWith("file:")
        ? fileURLToPath(originalSource)
        : join(dirname(path), originalSource);
      return `${relative(root, source)}:${originalLine + 1}:${originalColumn + 1}`;
    } catch {
      return all; // no map: the compiled place is what is known
    }
  });
}

function shown(error) {
  const lines = mapped(error)
    .split("\n")
    .filter((line) => !/^\s+at .*(node_modules|node:internal)/.test(line));
  return lines.slice(0, MOST_LINES).map((line) => `    ${line}`);
}

/** Collects what one machine reports. */
export class Results {
  passed = 0;
  skipped = 0;
  failed = 0;
  /** Reason → how often. */
  reasons = new Map();
  failures = [];
  /** Tests that passed when they were tried again. */
  retried = [];
  /** Milliseconds of each file. */
  times = new Map();
  /** The file that is being tested. */
  current;
  done = false;
  /** Whether the machine has come to the tests. */
  started = false;
  #since = performance.now();

  /** A line that the machine wrote. */
  add(line) {
    const { begin, file, tests, done } = JSON.parse(line);
    this.started = true;
    if (done) this.done = true;
    if (begin !== undefined) {
      this.current = begin;
      this.#since = performance.now();
    }
    if (file === undefined) return;
    this.times.set(file, performance.now() - this.#since);
    this.current = undefined;
    for (const test of tests) {
      this[test.state]++;
      if (test.state === "skipped") this.reasons.set(test.note, (this.reasons.get(test.note) ?? 0) + 1);
      if (test.retries > 0) this.retried.push(`${file} > ${test.name}`);
      if (test.state === "failed") this.fail(`${file} > ${test.name}`, test.errors);
    }
  }

  /** Something failed that is no test: `errors` tell what. */
  stop(errors) {
    this.failed++;
    this.fail(this.current === undefined ? "the machine" : `the machine, at ${this.current}`, errors);
  }

  fail(name, errors) {
    this.failures.push([`  ${name}`, ...errors.flatMap(shown)].join("\n"));
  }
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column]))));
  const line = (row) => row.map((cell, column) => cell + " ".repeat(widths[column] - stringWidth(cell))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** Prints what was found. @param machines `{ kernel, results, seconds }` each */
export function printResults(machines) {
  for (const { kernel, results } of machines) {
    if (results.reasons.size > 0) console.log(`\nLinux ${kernel.release}: skipped`);
    const often = [...results.reasons].sort(([, a], [, b]) => b - a);
    for (const [reason, count] of often) console.log(`  ${String(count).padStart(3)}: ${reason.split("\n", 1)[0]}`);
  }
  for (const { kernel, results } of machines) {
    if (results.retried.length === 0) continue;
    console.log(`\nLinux ${kernel.release}: failed, and passed when tried again\n  ${results.retried.join("\n  ")}`);
  }
  for (const { kernel, results } of machines) {
    if (results.failures.length > 0) console.log(`\nLinux ${kernel.release}: failed\n${results.failures.join("\n")}`);
  }
  const rows = machines.map(({ kernel, results, seconds }) =>
    [kernel.release, results.passed, results.skipped, results.failed, `${seconds.toFixed(0)} s`].map(String),
  );
  console.log(`\n${table([["kernel", "passed", "skipped", "failed", "time"], ...rows])}`);
}

/** The files that took longest, for whoever wants it to take less. */
export function printTimes({ kernel, results }) {
  const slow = [...results.times].sort(([, a], [, b]) => b - a);
  console.log(`\nLinux ${kernel.release}: time of each file`);
  for (const [file, milliseconds] of slow) console.log(`  ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${file}`);
}

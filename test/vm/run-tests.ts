/**
 * Runs compiled test files in one process, one after the other, with vitest's own runner and matchers: its command takes a minute to
 * start where the processor is emulated. What the tests do is reported as lines of JSON.
 *
 *   node run.mjs <list.json> <file to report to>
 */
import { openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { startTests, type Suite, type Task, type Test, type VitestRunner } from "@vitest/runner";

/** A compiled test file. */
interface Listed {
  readonly file: string;
  readonly module: string;
}

/** What is reported of a test; the same in `report.mjs`. */
interface Outcome {
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly milliseconds: number;
  /** Why it was skipped. */
  readonly note?: string;
  readonly errors?: readonly string[];
  /** Times that it was tried again. */
  readonly retries?: number;
}

/** Times as long as elsewhere: what runs here is up to thirty times slower. */
const TEST_TIMEOUT = 300_000;
const HOOK_TIMEOUT = 100_000;
const POLL_TIMEOUT = 30_000;

const [, , list = "", destination = ""] = process.argv;
const listed = JSON.parse(readFileSync(list, "utf8")) as readonly Listed[]; // written by bundle.mjs
const output = openSync(destination, "w");
const report = (message: object): void => void writeSync(output, `${JSON.stringify(message)}\n`);

// The state that the command gives to the functions of vitest. Those that need more than this throw.
Object.defineProperty(globalThis, "__vitest_worker__", {
  value: { config: { expect: { poll: { timeout: POLL_TIMEOUT } } }, filepath: "", ctx: { pool: "vm" } },
});

const runner: VitestRunner = {
  config: {
    root: dirname(list),
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 1, hooks: "stack", setupFiles: "list" },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: TEST_TIMEOUT,
    hookTimeout: HOOK_TIMEOUT,
    // Time is short where a busy host emulates the processor. What passes only then is listed.
    retry: 1,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: true,
  },
  importFile: (path) => import(pathToFileURL(path).href),
};

const outside: string[] = [];
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => outside.push(textOf(error)));
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack ?? error.message;
}

function errorsOf(task: Task): readonly string[] {
  return (task.result?.errors ?? []).map(({ stack, name, message, diff }) =>
    [stack?.includes(message) === true ? stack : `${name}: ${message}\n${stack ?? ""}`, diff]
      .filter(Boolean)
      .join("\n"),
  );
}

function outcomeOf(test: Test, path: string): Outcome {
  const result = test.result;
  const { note } = { ...result } as { readonly note?: string }; // set where a test skips itself; its type does not say so
  const milliseconds = Math.round(result?.duration ?? 0);
  const name = `${path}${test.name}`;
  if (test.mode === "skip" || test.mode === "todo" || result?.state === "skip") {
    return { name, state: "skipped", milliseconds, note: note ?? "no reason given" };
  }
  if (result?.state === "pass") return { name, state: "passed", milliseconds, retries: result.retryCount ?? 0 };
  return { name, state: "failed", milliseconds, errors: errorsOf(test) };
}

/** The outcomes of a suite's tests, and of the suite where it failed itself: in a hook, or while it was read. */
function outcomes(suite: Suite, path = ""): readonly Outcome[] {
  const own = errorsOf(suite);
  return [
    ...suite.tasks.flatMap((task) =>
      task.type === "suite" ? outcomes(task, `${path}${task.name} > `) : outcomeOf(task, path),
    ),
    ...(own.length > 0 ? [{ name: path || "the file", state: "failed", milliseconds: 0, errors: own } as const] : []),
  ];
}

for (const { file, module } of listed) {
  report({ begin: file });
  const [result] = await startTests([module], runner);
  const tests = result === undefined ? [] : outcomes(result);
  const errors = outside.splice(0);
  const strays: readonly Outcome[] =
    errors.length === 0 ? [] : [{ name: "outside of the tests", state: "failed", milliseconds: 0, errors }];
  report({ file, tests: [...tests, ...strays] });
}
report({ done: true });
process.exit(0);

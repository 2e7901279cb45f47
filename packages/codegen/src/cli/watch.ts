import { statSync } from "node:fs";
import { errorLine, oneLine } from "./errors.ts";
import { print } from "./files.ts";
import { make } from "./job.ts";
import type { Batch } from "./job.ts";
import { write } from "./write.ts";

/** Milliseconds without another change before work starts: compilers write a file in several steps. */
const QUIET = 50;
/** Files named in a message. */
const MOST_NAMED = 4;

/** What to make, and the configuration file that says so. */
export interface WatchedBatches {
  readonly file: string | undefined;
  readonly batches: readonly Batch[];
}

/**
 * Makes the batches, and again those whose inputs change, and all of them when the configuration does. Errors are printed and don't
 * end it.
 *
 * @param readBatches reads the configuration anew
 * @param signal ends it
 */
export async function watchBatches(readBatches: () => Promise<WatchedBatches>, signal: AbortSignal): Promise<void> {
  let { file, batches } = await readBatches();
  // A module only, which scripts of Node.js before 22.12 have to import so.
  const { watch } = await import("chokidar");
  const watcher = watch([], { ignoreInitial: true, atomic: true });
  const changed = new Set<string>();
  let wake = nothing;
  watcher.on("all", (event, path) => {
    // A file that is gone is about to be there again, or the next change says that it is missing.
    if (event !== "add" && event !== "change") return;
    changed.add(path);
    wake();
  });
  watcher.on("error", (error) => void print(2, `${errorLine(error)}\n`));
  signal.addEventListener("abort", () => wake(), { once: true });

  const inputs = new Map<Batch, readonly string[]>();
  const watched = new Set<string>();
  const follow = (): void => {
    const wanted = new Set([
      ...(file === undefined ? [] : [file]),
      ...batches.flatMap((batch) => inputs.get(batch) ?? []),
    ]);
    watcher.add([...wanted].filter((path) => !watched.has(path)));
    void watcher.unwatch([...watched].filter((path) => !wanted.has(path)));
    watched.clear();
    for (const path of wanted) watched.add(path);
  };

  const stamps = new Map<string, string>();
  const run = async (some: readonly Batch[]): Promise<void> => {
    for (const batch of some) {
      const before = inputs.get(batch) ?? batch.jobs.map(({ input }) => input);
      for (const path of before) stamps.set(path, stampOf(path));
      const after = await runBatch(batch, before);
      for (const path of after) if (!stamps.has(path)) stamps.set(path, stampOf(path));
      inputs.set(batch, after);
    }
    follow();
  };

  const ready = new Promise<void>((resolve) => watcher.once("ready", resolve));
  await run(batches);
  // Watching starts a moment after it was asked for: what changed until then has other stamps than when it was read.
  await ready;
  for (const path of watched) if (stamps.get(path) !== stampOf(path)) changed.add(path);
  await print(2, `bpf-codegen: watching ${describeFiles(watched)}\n`);
  while (!signal.aborted) {
    if (changed.size === 0) {
      await new Promise<void>((resolve) => (wake = resolve));
      wake = nothing;
      if (!signal.aborted) await quiet(changed);
      continue;
    }
    const paths = new Set(changed);
    changed.clear();
    if (file === undefined || !paths.has(file)) {
      await run(batches.filter((batch) => inputs.get(batch)?.some((path) => paths.has(path))));
      continue;
    }
    try {
      ({ file, batches } = await readBatches());
      inputs.clear();
      await run(batches);
    } catch (error) {
      await print(2, `${errorLine(error)}\n`);
    }
  }
  await watcher.close();
}

function nothing(): void {}

/** Tells whether a file is still what it was. */
function stampOf(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  return file === undefined ? "" : `${file.ino} ${file.size} ${file.mtimeMs}`;
}

/** Resolves when nothing was added for a moment. */
async function quiet(changed: ReadonlySet<string>): Promise<void> {
  for (let size = -1; size !== changed.size;) {
    size = changed.size;
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  }
}

/** @returns the files that it was made from; `before` when that failed and they are not known. */
async function runBatch(batch: Batch, before: readonly string[]): Promise<readonly string[]> {
  try {
    const made = await make(batch);
    await write(made);
    return made.inputs;
  } catch (error) {
    await print(2, `${errorLine(error)}\n`);
    return before;
  }
}

/** A source includes hundreds. */
function describeFiles(paths: ReadonlySet<string>): string {
  const [first = "", ...others] = paths;
  if (others.length < MOST_NAMED) return [first, ...others].map(oneLine).join(", ");
  return `${oneLine(first)} and ${others.length} files more`;
}

import { resolve } from "node:path";
import { oneLine } from "./errors.ts";
import type { Batch, Job } from "./job.ts";

/** Jobs by themselves, or together where they share types. */
export function batchesOf(jobs: readonly Job[], types: string | undefined): readonly Batch[] {
  return types === undefined ? jobs.map((job) => ({ jobs: [job], types: undefined })) : [{ jobs, types }];
}

/** What would be written where something else is or is to be, in a sentence: `"a.ts would be written twice"`. */
export function outputConflict(jobs: readonly Job[], types: string | undefined): string | undefined {
  const inputs = new Set(jobs.map(({ input }) => resolve(input)));
  const seen = new Set<string>();
  for (const path of [...jobs.map(({ out }) => out), types]) {
    if (path === undefined) continue;
    if (inputs.has(resolve(path))) return `${oneLine(path)} is what is read, and would be written over`;
    if (seen.has(resolve(path))) return `${oneLine(path)} would be written twice`;
    seen.add(resolve(path));
  }
  return undefined;
}

import { resolve } from "node:path";
import type { Batch, Job } from "./job.ts";

/** Jobs by themselves, or together where they share types. */
export function batchesOf(jobs: readonly Job[], types: string | undefined): readonly Batch[] {
  return types === undefined ? jobs.map((job) => ({ jobs: [job], types: undefined })) : [{ jobs, types }];
}

/** A path that would be written twice. */
export function sameOutput(jobs: readonly Job[], types: string | undefined): string | undefined {
  const seen = new Set<string>();
  for (const path of [...jobs.map(({ out }) => out), types]) {
    if (path === undefined) continue;
    if (seen.has(resolve(path))) return path;
    seen.add(resolve(path));
  }
  return undefined;
}

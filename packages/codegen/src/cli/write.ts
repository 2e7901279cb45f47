import { oneLine } from "./errors.ts";
import { print, writeIfChanged } from "./files.ts";
import type { Made } from "./job.ts";

/**
 * Writes what was made, to files only what changes them, and says so on standard error.
 *
 * @throws CommandError about the output.
 */
export async function write({ files, warnings, diagnostics }: Made): Promise<void> {
  await print(2, diagnostics);
  for (const { subject, text } of warnings) await print(2, `bpf-codegen: ${oneLine(subject)}: ${oneLine(text)}\n`);
  for (const { subject, path, content } of files) {
    if (path === undefined) {
      await print(1, content);
      continue;
    }
    const changed = writeIfChanged(path, content);
    await print(2, `bpf-codegen: ${oneLine(subject)} → ${oneLine(path)}${changed ? "" : " (unchanged)"}\n`);
  }
}

import { readFileSync } from "node:fs";
import { isatty } from "node:tty";
import { styleText } from "node:util";
import { structuredPatch } from "diff";
import { CommandError, fileProblem, oneLine } from "./errors.ts";
import { print } from "./files.ts";
import type { Made } from "./job.ts";

/** Lines shown of what is different in one file. */
const MOST_LINES = 24;
/** Characters shown of one line: that of the embedded object has thousands. */
const WIDTH = 160;
/** Lines that may differ before finding the smallest difference takes too long. */
const MOST_EDITS = 2_000;

/**
 * Compares what was made with what the files hold, writes nothing, and prints what is different: the files on standard error,
 * the differences on standard output.
 *
 * @returns the paths of the files that are not up to date.
 * @throws CommandError when a file can't be read.
 */
export async function check({ files, warnings, diagnostics }: Made): Promise<readonly string[]> {
  await print(2, diagnostics);
  for (const { subject, text } of warnings) await print(2, `bpf-codegen: ${oneLine(subject)}: ${oneLine(text)}\n`);
  const stale: string[] = [];
  for (const file of files) {
    const { subject, path, content, reproducible } = file;
    if (path === undefined || !reproducible) continue;
    const present = readPresent(path);
    if (present?.equals(Buffer.from(content)) === true) continue;
    stale.push(path);
    const problem = present === undefined ? "does not exist" : `is not what ${oneLine(subject)} gives`;
    await print(2, `bpf-codegen: ${oneLine(path)}: ${problem}\n`);
    if (present !== undefined && typeof content === "string")
      await print(1, difference(present.toString(), oneLine(path), content));
  }
  return stale;
}

function readPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    throw new CommandError(path, fileProblem(error), { cause: error });
  }
}

/** Lines in the manner of diff -u, the first ones of many. */
function difference(present: string, name: string, content: string): string {
  const options = { context: 2, maxEditLength: MOST_EDITS };
  const patch = structuredPatch(name, name, present, content, undefined, undefined, options);
  if (patch === undefined) return `--- ${name}\nmore than ${MOST_EDITS} lines are different\n`;
  const lines: string[] = [];
  for (const { oldStart, oldLines, newStart, newLines, lines: changes } of patch.hunks)
    lines.push(`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...changes);
  const more = lines.length - MOST_LINES;
  const shown = lines.slice(0, MOST_LINES).map(showLine);
  if (more > 0) shown.push(`… and ${more} lines more`);
  return `--- ${name}\n+++ ${name}, generated anew\n${shown.join("\n")}\n`;
}

function showLine(line: string): string {
  const safe = oneLine(line);
  const cut = safe.length > WIDTH ? `${safe.slice(0, WIDTH)}… (${safe.length - 1} characters)` : safe;
  const color = line.startsWith("+") ? "green" : line.startsWith("-") ? "red" : undefined;
  return color !== undefined && isatty(1) && !process.env["NO_COLOR"] ? styleText(color, cut) : cut;
}

import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CommandError, fileProblem } from "./errors.ts";

/** Stands for standard input, as an input. */
export const STANDARD_INPUT = "-";
/** Stands for standard output, as an output. */
export const STANDARD_OUTPUT = "-";

/** @throws CommandError when it can't be read. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === STANDARD_INPUT ? 0 : path);
  } catch (error) {
    throw new CommandError(path === STANDARD_INPUT ? "standard input" : path, fileProblem(error), { cause: error });
  }
}

/**
 * Writes a file as a whole, through a temporary one beside it, so that nobody ever sees half of it. What is there and is
 * not a file, such as `/dev/stderr`, is written to as it is.
 *
 * @returns false when the file already had that content and was left alone.
 * @throws CommandError when it can't be written.
 */
export function writeIfChanged(path: string, content: string | Uint8Array): boolean {
  const present = statSync(path, { throwIfNoEntry: false });
  const bytes = Buffer.from(content);
  try {
    if (present !== undefined && !present.isFile()) writeFileSync(path, bytes);
    else if (present !== undefined && readFileSync(path).equals(bytes)) return false;
    else replaceFile(present === undefined ? path : realpathSync(path), bytes, present?.mode);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw new CommandError(path, code === "ENOENT" ? "its directory does not exist" : fileProblem(error), {
      cause: error,
    });
  }
  return true;
}

/** @throws CommandError when there is none and it can't be made. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CommandError(path, fileProblem(error), { cause: error });
  }
}

function replaceFile(path: string, content: Uint8Array, mode: number = 0o666): void {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, content, { mode: mode & 0o777 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes all of it to standard output or error; when nobody reads any more, the rest is dropped.
 * `process.stdout` would cost 3 ms of loading and is only needed for a pipe that takes no more at the moment.
 */
export async function print(descriptor: 1 | 2, content: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(content);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw new CommandError("standard output", fileProblem(error), { cause: error });
      await printLater(descriptor === 1 ? process.stdout : process.stderr, bytes.subarray(written));
      return;
    }
  }
}

async function printLater(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") resolve();
      else reject(new CommandError("standard output", fileProblem(error), { cause: error }));
    });
    stream.write(bytes, () => resolve());
  });
}

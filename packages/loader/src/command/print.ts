import { writeSync } from "node:fs";
import { CommandError } from "./errors.ts";

/** Whether somebody still reads what is printed. */
export type Readers = "some" | "gone";

/** Writes all of it to standard output or error. When nobody reads any more, the rest is dropped, and the result says so. */
export async function print(descriptor: 1 | 2, content: string): Promise<Readers> {
  const bytes = Buffer.from(content);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return "gone";
      if (code !== "EAGAIN")
        throw new CommandError(`standard output can't be written to: ${String(code)}`, { cause: error });
      return printLater(descriptor === 1 ? process.stdout : process.stderr, bytes.subarray(written));
    }
  }
  return "some";
}

/** For a pipe that takes no more at the moment. */
function printLater(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<Readers> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EPIPE") resolve("gone");
      else reject(new CommandError(`standard output can't be written to: ${String(error.code)}`, { cause: error }));
    };
    stream.once("error", failed);
    stream.write(bytes, (error) => {
      // An error is an event, too, that comes behind this.
      if (error !== null && error !== undefined) return failed(error);
      stream.off("error", failed);
      resolve("some");
    });
  });
}

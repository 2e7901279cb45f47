import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";

/** Bytes. A symbol table of Chromium with all its local symbols takes about 100 MB. */
const LARGEST_PART = 1 << 29;

/** A file of which parts are read; each is checked against its size before memory is taken for it. */
export class BoundedFile {
  readonly path: string;
  readonly #file: number;
  readonly #bytes: number;

  private constructor(path: string, file: number, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** @throws BpfError ERR_BPF_NOT_FOUND when it can't be opened; ObjectFormatError when it is a directory, a pipe or such. */
  static open(path: string): BoundedFile {
    let file: number;
    try {
      // Not to wait for whoever opens the other end, should it be a pipe.
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BpfError("ERR_BPF_NOT_FOUND", `can't open the executable ${quoteName(path)}: ${reason}`, {
        cause: error,
      });
    }
    const status = fstatSync(file);
    if (status.isFile()) return new BoundedFile(path, file, status.size);
    closeSync(file);
    throw new ObjectFormatError(`${quoteName(path)} is not a file`);
  }

  /** @throws ObjectFormatError when the file does not have these bytes. `what` is for the message. */
  read(offset: number, length: number, what: string): DataView {
    if (offset + length > this.#bytes) {
      throw new ObjectFormatError(`${quoteName(this.path)} is cut off: ${what} would end at byte ${offset + length}`, {
        offset,
      });
    }
    if (length > LARGEST_PART) {
      throw new ObjectFormatError(`${quoteName(this.path)}: ${what} is larger than 512 MiB`, { offset });
    }
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#file, buffer, filled, length - filled, offset + filled);
      if (count === 0) throw new ObjectFormatError(`${quoteName(this.path)} shrank while it was read`, { offset });
      filled += count;
    }
    return new DataView(buffer.buffer);
  }

  close(): void {
    closeSync(this.#file);
  }
}

import { addon, Errno, explainSyscall, pageSize } from "../sys/index.ts";

/** A map's values as memory of this process: what programs write is there at once, and the other way round. */
export interface MappedMemory {
  /** Writing to it where {@link writable} is false ends the process, so it is not for users' hands. */
  readonly buffer: ArrayBuffer;
  /** False for maps that are frozen, or read-only for programs. */
  readonly writable: boolean;
}

/**
 * Maps the values of an array map with MMAPABLE, `bytes` long. While it is mapped writable, the kernel refuses to freeze it.
 * `undefined` for a descriptor that was opened only to read, or only to write: the kernel does not map through these.
 *
 * @throws BpfError when the kernel refuses for another reason
 */
export function mapMemory(fd: number, bytes: number, what: string): MappedMemory | undefined {
  const length = Math.ceil(bytes / pageSize()) * pageSize();
  const shared = addon().map(fd, length, 0, true);
  if (typeof shared !== "number") return { buffer: shared, writable: true };
  // EPERM: frozen. EACCES: read-only for programs, whose verifier then takes the content for constant.
  if (shared !== -Errno.EPERM && shared !== -Errno.EACCES) throw explainSyscall(shared, "mmap", what);
  const readOnly = addon().map(fd, length, 0, false);
  if (typeof readOnly !== "number") return { buffer: readOnly, writable: false };
  if (readOnly !== -Errno.EINVAL && readOnly !== -Errno.EACCES) throw explainSyscall(readOnly, "mmap", what);
  return undefined;
}

/** A place in mapped memory, and a copy of it that codecs read and write. */
export interface Cell {
  readonly copy: DataView;
  /** Memory → copy. */
  load(): void;
  /** Copy → memory. */
  store(): void;
}

/**
 * Values of 1, 2, 4 and 8 bytes move in one access, so that neither side sees half of one: a DataView over the memory
 * would not do, since V8's interpreter moves its bytes one by one. Longer values can be seen half-written, as in C.
 */
export function cellAt(buffer: ArrayBuffer, offset: number, size: number): Cell {
  switch (offset % size === 0 ? size : 0) {
    case 1:
      return cell(new Uint8Array(buffer, offset, 1), new Uint8Array(1));
    case 2:
      return cell(new Uint16Array(buffer, offset, 1), new Uint16Array(1));
    case 4:
      return cell(new Uint32Array(buffer, offset, 1), new Uint32Array(1));
    case 8:
      return bigCell(new BigUint64Array(buffer, offset, 1), new BigUint64Array(1));
    default: {
      const memory = new Uint8Array(buffer, offset, size);
      const copy = new Uint8Array(size);
      return { copy: new DataView(copy.buffer), load: () => copy.set(memory), store: () => memory.set(copy) };
    }
  }
}

function cell<A extends Uint8Array | Uint16Array | Uint32Array>(memory: A, copy: A): Cell {
  return {
    copy: new DataView(copy.buffer),
    load: () => {
      copy[0] = memory[0] ?? 0;
    },
    store: () => {
      memory[0] = copy[0] ?? 0;
    },
  };
}

function bigCell(memory: BigUint64Array, copy: BigUint64Array): Cell {
  return {
    copy: new DataView(copy.buffer),
    load: () => {
      copy[0] = memory[0] ?? 0n;
    },
    store: () => {
      memory[0] = copy[0] ?? 0n;
    },
  };
}

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

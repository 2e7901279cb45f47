import { existsSync, readlinkSync } from "node:fs";
import { BpfError } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { explainSyscall } from "./explain.ts";
import { FileDescriptor } from "./file-descriptor.ts";

/** Kinds of kernel object that bpf(2) gives descriptors of. */
export type ObjectKind = "map" | "program" | "link" | "btf";

/** Names of the files behind the descriptors, as the kernel's anon_inode_getfd() calls have them. Links had `_` at first. */
const fileNames: ReadonlyMap<string, ObjectKind> = new Map<string, ObjectKind>([
  ["anon_inode:bpf-map", "map"],
  ["anon_inode:bpf-prog", "program"],
  ["anon_inode:bpf_link", "link"],
  ["anon_inode:bpf-link", "link"],
  ["anon_inode:btf", "btf"],
]);

const titles: Readonly<Record<ObjectKind, string>> = {
  map: "a map",
  program: "a program",
  link: "a link",
  btf: "a BTF object",
};

/**
 * Which kind of BPF object a descriptor of this process is; `undefined` for anything else. The commands that open pins and tell
 * about objects take all kinds alike.
 *
 * @throws SyscallError `EBADF` when it is not open; BpfError `ERR_BPF_NOT_SUPPORTED` without /proc
 */
export function objectKind(fd: number): ObjectKind | undefined {
  return fileNames.get(fileBehind(fd));
}

/**
 * Refuses a descriptor of another kind.
 *
 * @param object for messages: `map "flows" at "/sys/fs/bpf/flows"`.
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT`
 */
export function requireObjectKind(fd: number, wanted: ObjectKind, object: string): void {
  const file = fileBehind(fd);
  const kind = fileNames.get(file);
  if (kind === wanted) return;
  const found = kind === undefined ? `no BPF object but ${JSON.stringify(file)}` : titles[kind];
  throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${object} is not ${titles[wanted]} but ${found}`);
}

function fileBehind(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    if (existsSync("/proc/self/fd")) throw explainSyscall(Errno.EBADF, "readlink", `descriptor ${fd}`);
    throw new BpfError(
      "ERR_BPF_NOT_SUPPORTED",
      `what descriptor ${fd} is can't be told without /proc: mount -t proc proc /proc`,
      { cause: error },
    );
  }
}

/**
 * A duplicate of a descriptor that is someone else's, of a certain kind of object.
 *
 * @param what for messages: `descriptor 5`.
 * @throws SyscallError `EBADF`; BpfError `ERR_BPF_INVALID_ARGUMENT` when it is of another kind
 */
export function duplicate(fd: number, kind: ObjectKind, what: string): FileDescriptor {
  requireObjectKind(fd, kind, what);
  const own = addon().dup(fd);
  if (own < 0) throw explainSyscall(own, "dup", what);
  return new FileDescriptor(own, what);
}

import { BpfError } from "../errors/index.ts";
import { callBpf, Errno, explainSyscall, FileDescriptor, getFdById, getNextId, tryBpf } from "../sys/index.ts";
import { Command, commandName } from "../uapi/index.ts";

/** The kinds of objects that have ids. */
export type NumberedKind = "map" | "program" | "link" | "btf";

interface Commands {
  readonly next: Command;
  readonly open: Command;
  /** For messages. */
  readonly title: string;
}

const commands: Readonly<Record<NumberedKind, Commands>> = {
  map: { next: Command.MAP_GET_NEXT_ID, open: Command.MAP_GET_FD_BY_ID, title: "map" },
  program: { next: Command.PROG_GET_NEXT_ID, open: Command.PROG_GET_FD_BY_ID, title: "program" },
  link: { next: Command.LINK_GET_NEXT_ID, open: Command.LINK_GET_FD_BY_ID, title: "link" },
  btf: { next: Command.BTF_GET_NEXT_ID, open: Command.BTF_GET_FD_BY_ID, title: "BTF object" },
};

/** The kernel keeps apart who may see all objects. */
const CONTEXT = { capabilities: ["CAP_SYS_ADMIN"] } as const;

/** Opens an object by its id; `undefined` when there is none (any more). `flags` are RDONLY and WRONLY of `MapFlag`, for maps. */
export function tryOpenById(kind: NumberedKind, id: number, flags = 0): FileDescriptor | undefined {
  const { open, title } = commands[kind];
  const what = `${title} with id ${id}`;
  const fd = tryBpf(open, getFdById, { id, openFlags: flags });
  // EAGAIN: a link that is being made (bpf_link_by_id() of kernel/bpf/syscall.c).
  if (fd === -Errno.ENOENT || fd === -Errno.EAGAIN) return undefined;
  if (fd < 0) throw explainSyscall(fd, commandName(open), what, CONTEXT);
  return new FileDescriptor(fd, what);
}

/**
 * Opens an object by its id. Needs CAP_SYS_ADMIN. Maps and programs: since Linux 4.13, BTF objects 4.18, links 5.8.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none (any more); MissingCapabilityError
 */
export function openById(kind: NumberedKind, id: number, flags = 0): FileDescriptor {
  const descriptor = tryOpenById(kind, id, flags);
  if (descriptor === undefined)
    throw new BpfError("ERR_BPF_NOT_FOUND", `there is no ${commands[kind].title} with id ${id}`);
  return descriptor;
}

/** The ids that there are, in order. Objects that come and go meanwhile may be in it or not. */
export function* idsOf(kind: NumberedKind): Generator<number, void, undefined> {
  const { next, title } = commands[kind];
  for (let id = 0; ;) {
    const { result, attribute } = callBpf(next, getNextId, { startId: id });
    if (result === -Errno.ENOENT) return;
    if (result < 0) throw explainSyscall(result, commandName(next), `ids of every ${title}`, CONTEXT);
    id = attribute.nextId;
    yield id;
  }
}

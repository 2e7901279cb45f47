import { readlinkSync } from "node:fs";
import { socketDescriptor, type SocketOwner } from "../maps/socket-descriptor.ts";
import { addon, explainSyscall, FileDescriptor } from "../sys/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { attachError, linkName } from "./create-link.ts";
import { LegacyAttachment } from "./legacy-attachment.ts";
import { type LinkKind, optionError, required } from "./link-kind.ts";

/** Options of `socket` and `sk_reuseport` programs. */
export interface SocketOptions {
  /** A socket: its descriptor's number, something that has it as `fd`, or an open socket or listening server of `node:net`. */
  readonly socket: SocketOwner;
}

/** Options of include/uapi/asm-generic/socket.h. */
const SO_DETACH_FILTER = 27;
const SO_ATTACH_BPF = 50;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

const isSocket = (value: unknown): boolean =>
  (typeof value === "number" && (value | 0) === value && value >= 0) || (typeof value === "object" && value !== null);

const options = { socket: required("Socket | Server | { fd: number } | number", isSocket) };
const example = "attach({ socket: server })";

/** SO_ATTACH_BPF, since Linux 3.19. A socket has one filter; another takes its place. */
export const socket: LinkKind<SocketOptions> = {
  kind: "socket",
  title: "a socket filter",
  since: "3.19",
  options,
  example,
  attach(program, { socket: target }) {
    const fd = numberOf(socket, program, target);
    return attachToSocket("socket", program, fd, SO_ATTACH_BPF, SO_DETACH_FILTER, {
      ENOMEM: "the program is larger than net.core.optmem_max allows",
      EPERM: "the socket's filter is locked (SO_LOCK_FILTER)",
    });
  },
};

/**
 * SO_ATTACH_REUSEPORT_EBPF, since Linux 4.19: for all sockets that share the port. Detached by closing since Linux 5.3; before, when
 * the last of the sockets is closed.
 */
export const reuseport: LinkKind<SocketOptions> = {
  kind: "reuseport",
  title: "an sk_reuseport program",
  since: "4.19",
  options,
  example,
  attach(program, { socket: target }) {
    const fd = numberOf(reuseport, program, target);
    return attachToSocket("reuseport", program, fd, SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF, {
      EINVAL: "the socket was bound without SO_REUSEPORT (in Node 23: listen({ reusePort: true }))",
    });
  },
};

function numberOf(kind: LinkKind<SocketOptions>, program: AttachableProgram, target: SocketOwner): number {
  const fd = socketDescriptor(target);
  if (identityOf(fd) === undefined) throw optionError(kind, program, `descriptor ${fd} is no open socket`);
  return fd;
}

function attachToSocket(
  kind: "socket" | "reuseport",
  program: AttachableProgram,
  fd: number,
  option: number,
  detachOption: number,
  hints: Readonly<Record<string, string>>,
): SocketAttachment {
  const own = addon().dup(program.fd);
  if (own < 0) throw explainSyscall(own, "dup", describeProgram(program));
  const descriptor = new FileDescriptor(own, linkName(program));
  const result = addon().setSocketFilter(fd, option, own);
  if (result >= 0) return new SocketAttachment(kind, descriptor, fd, detachOption);
  descriptor.close();
  const command = option === SO_ATTACH_BPF ? "SO_ATTACH_BPF" : "SO_ATTACH_REUSEPORT_EBPF";
  throw attachError(result, command, program, () => ({ capabilities: [], hints }));
}

/** `"socket:[12345]"`: what tells a socket from another that got its number later. `undefined` for what is no socket. */
function identityOf(fd: number): string | undefined {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`);
    return target.startsWith("socket:") ? target : undefined;
  } catch {
    return undefined;
  }
}

/** A program on a socket, which goes with the socket. There are no links for it. */
class SocketAttachment extends LegacyAttachment {
  readonly #socket: number;
  readonly #identity: string | undefined;
  readonly #detachOption: number;

  constructor(kind: "socket" | "reuseport", descriptor: FileDescriptor, fd: number, detachOption: number) {
    super(kind, descriptor, undefined);
    this.#socket = fd;
    this.#identity = identityOf(fd);
    this.#detachOption = detachOption;
  }

  /** Detaches, unless the socket is closed. */
  override close(): void {
    if (this.closed) return;
    super.close();
    // What it answers says nothing that matters: somebody else may have taken the program off, and old kernels can't.
    if (identityOf(this.#socket) === this.#identity) addon().setSocketFilter(this.#socket, this.#detachOption, 0);
  }
}

/**
 * perf_event_open(2), its ioctls, and open(2), with errors explained.
 *
 * @module
 */
import { BpfError, quoteName } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { perfEventAttr, PerfRequest } from "./attributes/index.ts";
import { Errno } from "./errno.ts";
import { explainSyscall, type FailureContext } from "./explain.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { encode, type Values } from "./layout.ts";

/** Where a perf event counts. */
export interface PerfTarget {
  /** Process; -1 = all (then `cpu` must be given). */
  readonly pid: number;
  /** Processor; -1 = all (then `pid` must be given). */
  readonly cpu: number;
  /** Bits of `PerfOpenFlag`. */
  readonly flags?: number;
}

const CONTEXT: FailureContext = { capabilities: ["CAP_PERFMON"] };

/**
 * perf_event_open(2). The size field is filled in.
 *
 * @throws BpfError as {@link explainSyscall} finds
 */
export function perfEventOpen(
  values: Values<typeof perfEventAttr>,
  target: PerfTarget,
  object: string,
  context: FailureContext = {},
): FileDescriptor {
  const { bytes, pointers } = encode(perfEventAttr, { size: perfEventAttr.size, ...values });
  const fd = addon().perfEventOpen(bytes, pointers, target.pid, target.cpu, -1, target.flags ?? 0);
  if (fd < 0) throw explainSyscall(fd, "perf_event_open", object, { ...CONTEXT, ...context });
  return new FileDescriptor(fd, `perf event of ${object}`);
}

/**
 * ioctl(2) on a perf event: ENABLE, DISABLE, SET_BPF with a program's descriptor, or PAUSE_OUTPUT with 1 or 0.
 *
 * @throws BpfError as {@link explainSyscall} finds
 */
export function perfEventIoctl(
  event: FileDescriptor,
  request: keyof typeof PerfRequest,
  argument: number,
  context: FailureContext = {},
): void {
  const result = addon().ioctl(event.value, PerfRequest[request], argument);
  if (result < 0) throw explainSyscall(result, `PERF_EVENT_IOC_${request}`, event.what, { ...CONTEXT, ...context });
}

/**
 * Opens a file or directory that a call wants a descriptor of: a cgroup, a network namespace, an executable.
 *
 * @param flags of open(2); O_CLOEXEC is always set, O_CREAT is refused.
 * @throws BpfError `ERR_BPF_NOT_FOUND` when it does not exist, else as {@link explainSyscall} finds
 */
export function openPath(path: string, flags: number, what: string): FileDescriptor {
  const fd = addon().open(path, flags);
  if (fd >= 0) return new FileDescriptor(fd, `${what} ${quoteName(path)}`);
  if (fd === -Errno.ENOENT) throw new BpfError("ERR_BPF_NOT_FOUND", `there is no ${what} ${quoteName(path)}`);
  throw explainSyscall(fd, "open", `${what} ${quoteName(path)}`, { capabilities: [] });
}

import { readdirSync, readlinkSync } from "node:fs";
import { BpfError } from "../errors/index.ts";
import { callBpf, Errno, explainSyscall, stringFromBytes, taskFdQuery } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** `enum bpf_task_fd_type` of include/uapi/linux/bpf.h, by number. */
const types = ["rawTracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"] as const;

/** A program that hangs on a perf event or a raw tracepoint of a process, without a link of the kernel's. */
export interface TaskProgram {
  readonly pid: number;
  /** The process's descriptor that keeps it attached. */
  readonly fd: number;
  readonly programId: number;
  readonly type: (typeof types)[number];
  /** Name of the tracepoint or function, or path of the file; empty for a kprobe that was given by address. */
  readonly name: string;
  /** Of a probe: bytes from the start of the function or file. */
  readonly offset: bigint;
  /** Of a kprobe that was given by address: that. */
  readonly address: bigint | undefined;
}

/** Longer than any path that the kernel gives. */
const NAME_BYTES = 4096;

/**
 * Which program hangs on a descriptor of a process (BPF_TASK_FD_QUERY); `undefined` when none does, or it is no perf event or raw
 * tracepoint. Needs CAP_SYS_ADMIN. Since Linux 4.18.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is no such process; MissingCapabilityError
 */
export function taskProgram(pid: number, fd: number): TaskProgram | undefined {
  const what = `descriptor ${fd} of process ${pid}`;
  const buf = new Uint8Array(NAME_BYTES);
  const { result, attribute } = callBpf(Command.TASK_FD_QUERY, taskFdQuery, { pid, fd, buf, bufLen: buf.length });
  if (result === -Errno.ENOENT) {
    throw new BpfError("ERR_BPF_NOT_FOUND", `there is no process ${pid}`);
  }
  // No such descriptor (any more); not one of these; an event without a program, or of a kind that has no name.
  if (
    result === -Errno.EBADF ||
    result === -Errno.EOPNOTSUPP ||
    result === -Errno.ENOTSUPP ||
    result === -Errno.EINVAL
  ) {
    return undefined;
  }
  if (result < 0) throw explainSyscall(result, "BPF_TASK_FD_QUERY", what, { capabilities: ["CAP_SYS_ADMIN"] });
  const type = types[attribute.fdType];
  if (type === undefined) return undefined;
  return {
    pid,
    fd,
    programId: attribute.progId,
    type,
    name: stringFromBytes(buf),
    offset: attribute.probeOffset,
    address: attribute.probeAddr === 0n ? undefined : attribute.probeAddr,
  };
}

/**
 * The programs that hang on perf events and raw tracepoints of a process; of all processes when none is given. This is how those are
 * found that were attached without links: before Linux 5.15, or by tools that still do so.
 */
export function* taskPrograms(pid?: number): Generator<TaskProgram, void, undefined> {
  const pids = pid === undefined ? namesIn("/proc") : [String(pid)];
  for (const process of pids) {
    for (const fd of namesIn(`/proc/${process}/fd`)) {
      if (!isCandidate(`/proc/${process}/fd/${fd}`)) continue;
      const found = tryTaskProgram(Number(process), Number(fd));
      if (found !== undefined) yield found;
    }
  }
}

/** Processes end while they are looked at. */
function tryTaskProgram(pid: number, fd: number): TaskProgram | undefined {
  try {
    return taskProgram(pid, fd);
  } catch (error) {
    if (error instanceof BpfError && error.code === "ERR_BPF_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Names that are numbers; none when the directory is gone, or may not be read. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d{1,10}$/.test(name));
  } catch {
    return [];
  }
}

function isCandidate(path: string): boolean {
  try {
    return /^anon_inode:(?:\[perf_event\]|bpf-raw-tracepoint|bpf[_-]link)$/.test(readlinkSync(path));
  } catch {
    return false;
  }
}

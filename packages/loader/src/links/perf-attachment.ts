import { NotSupportedError } from "../errors/index.ts";
import { perfEventLinks } from "../features/link-kinds.ts";
import type { AttachKind } from "../spec/section-table.ts";
import { Errno, FileDescriptor, lacks, linkCreate, perfEventIoctl, tryBpf, type FailureContext } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { describeProgram, type AttachableProgram } from "./attachable-program.ts";
import { attachError, linkName } from "./create-link.ts";
import { PerfEventAttachment } from "./legacy-attachment.ts";
import { BpfLink, type Link } from "./link.ts";

/**
 * Attaches a program to a perf event (tracepoint, kprobe, uprobe, counter), by a link, or before Linux 5.15 by ioctl.
 *
 * @param event is taken over: the link keeps what it needs of it, and on failure it is closed.
 * @param hints what error numbers mean for this kind of event.
 */
export function attachToPerfEvent(
  kind: AttachKind,
  program: AttachableProgram,
  event: FileDescriptor,
  cookie: bigint | undefined,
  hints: FailureContext["hints"] = {},
): Link {
  const context: FailureContext = {
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: { E2BIG: "64 programs are attached to this event, the most that the kernel allows", ...hints },
  };
  try {
    const result = tryBpf(Command.LINK_CREATE, linkCreate, {
      progFd: program.fd,
      targetFd: event.value,
      attachType: AttachType.PERF_EVENT,
      perfEventCookie: cookie,
    });
    if (result >= 0) return enabled(new BpfLink(kind, new FileDescriptor(result, linkName(program))), event);
    if (-result !== Errno.EINVAL || !lacks(perfEventLinks)) {
      throw attachError(result, "BPF_LINK_CREATE", program, () => context);
    }
    if (cookie !== undefined) {
      throw new NotSupportedError(
        "cookies of perf events",
        "5.15",
        `${describeProgram(program)} can't be attached with a cookie: the running kernel has no links on perf events, which came with Linux 5.15`,
      );
    }
    perfEventIoctl(event, "SET_BPF", program.fd, context);
    const own = new FileDescriptor(event.release(), linkName(program));
    return enabled(new PerfEventAttachment(kind, own), own);
  } finally {
    // A link holds the event by itself; an attachment took the descriptor away before.
    if (!event.closed) event.close();
  }
}

function enabled(link: Link, event: FileDescriptor): Link {
  try {
    perfEventIoctl(event, "ENABLE", 0);
  } catch (error) {
    link.close();
    throw error;
  }
  return link;
}

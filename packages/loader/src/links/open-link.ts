import { type LinkInfo } from "../info/index.ts";
import { readLinkInfo } from "../info/link-info.ts";
import { openById } from "../info/object-by-id.ts";
import type { AttachKind } from "../spec/section-table.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { IterLink } from "./iter.ts";
import { BpfLink, type Link } from "./link.ts";
import { openPin, Pin } from "./pin.ts";

/** Options of {@link openPinnedLink}. */
export interface OpenPinnedLinkOptions {
  /** True: the name is taken away, and closing the link detaches its program, unless it is open elsewhere. */
  readonly unpin?: boolean;
}

/**
 * Opens the link that has this id: the program stays attached while it is open here. Needs CAP_SYS_ADMIN. Since Linux 5.8.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none; MissingCapabilityError
 */
export function openLinkById(id: number): Link {
  return linkOf(openById("link", id), new Pin());
}

/**
 * Opens the link that is pinned at a path. Since Linux 5.7.
 *
 * ```ts
 * using link = openPinnedLink("/sys/fs/bpf/my-xdp");
 * link.update(newProgram); // without a moment in which none is attached
 * ```
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is there, `ERR_BPF_INVALID_ARGUMENT` when it is no link
 */
export function openPinnedLink(path: string, options: OpenPinnedLinkOptions = {}): Link {
  const link = linkOf(openPin(path, "link", "link"), new Pin(path));
  try {
    if (options.unpin === true) link.unpin();
    return link;
  } catch (error) {
    link.close();
    throw error;
  }
}

function linkOf(descriptor: FileDescriptor, pin: Pin): Link {
  try {
    const kind = kindOf(readLinkInfo(descriptor.value, descriptor.what));
    return kind === "iter" ? new IterLink(kind, descriptor, pin) : new BpfLink(kind, descriptor, pin);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The kind of program that makes such a link. A type of link that is not known here counts as the general one. */
function kindOf(info: LinkInfo): AttachKind {
  switch (info.kind) {
    case "tracing":
      if (info.attachType === AttachType.LSM_MAC) return "lsm";
      return info.attachType === 0 ? "freplace" : "tracing";
    case "cgroup":
      return info.attachType === AttachType.LSM_CGROUP ? "lsmCgroup" : "cgroup";
    case "perfEvent":
      return perfEventKind(info.event?.type);
    case "other":
      return "tracing";
    default:
      return info.kind;
  }
}

/** Before Linux 6.6 it is not known which. */
function perfEventKind(type: string | undefined): AttachKind {
  switch (type) {
    case "kprobe":
    case "kretprobe":
      return "kprobe";
    case "uprobe":
    case "uretprobe":
      return "uprobe";
    case "tracepoint":
      return "tracepoint";
    default:
      return "perfEvent";
  }
}

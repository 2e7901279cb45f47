import type { BpfError } from "../errors/index.ts";
import { cgroupLinks } from "../features/link-kinds.ts";
import { Errno, type FailureContext, FileDescriptor, lacks, linkCreate, tryBpf, type Values } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { orderHints, type OrderOptions, orderRules, orderValues } from "./anchor.ts";
import { type AttachableProgram, sectionPrefix } from "./attachable-program.ts";
import { cgroupRule, openCgroup } from "./cgroup-directory.ts";
import { attachError, linkName } from "./create-link.ts";
import { DirectAttachment } from "./legacy-attachment.ts";
import { BpfLink, type Link } from "./link.ts";
import { isOneOf, type LinkKind, optional, optionError } from "./link-kind.ts";

/** Options of `cgroup/…`, `cgroup_skb/…` and `sockops` programs. Order options: since Linux 6.17. */
export interface CgroupOptions extends OrderOptions {
  /** Path of the cgroup's directory: `"/sys/fs/cgroup/my.service"`. */
  readonly cgroup: string;
  /** Packets that come in or that go out: for `cgroup/skb`, whose name does not say it. */
  readonly direction?: "ingress" | "egress";
}

/** By link since Linux 5.7; before, by BPF_PROG_ATTACH, since Linux 4.15. Other programs on the cgroup stay and run too. */
export const cgroup: LinkKind<CgroupOptions> = {
  kind: "cgroup",
  title: "a cgroup program",
  since: "4.15",
  options: {
    cgroup: cgroupRule,
    direction: optional('"ingress" | "egress"', isOneOf("ingress", "egress")),
    ...orderRules,
  },
  example: 'attach({ cgroup: "/sys/fs/cgroup/my.service" })',
  attach(program, { cgroup: path, direction, ...order }) {
    const attachType = attachTypeOf(program, direction);
    const place = orderValues(cgroup, program, order);
    const directory = openCgroup(path);
    try {
      return attachToCgroup(program, directory, attachType, place);
    } finally {
      // A link holds the cgroup by itself; an attachment took the descriptor away.
      directory.close();
    }
  },
};

function attachToCgroup(
  program: AttachableProgram,
  directory: FileDescriptor,
  attachType: AttachType,
  place: Values<typeof linkCreate>,
): Link {
  const result = tryBpf(Command.LINK_CREATE, linkCreate, {
    ...place,
    progFd: program.fd,
    targetFd: directory.value,
    attachType,
  });
  if (result >= 0) return new BpfLink("cgroup", new FileDescriptor(result, linkName(program)));
  if (-result !== Errno.EINVAL || !lacks(cgroupLinks)) throw failed(program, result, place);
  return attachWithoutLink(program, directory, attachType);
}

/** As kernels before 5.7 attach. `directory` is taken over. */
export function attachWithoutLink(
  program: AttachableProgram,
  directory: FileDescriptor,
  attachType: AttachType,
): DirectAttachment {
  const attachment = DirectAttachment.create("cgroup", program.fd, {
    target: new FileDescriptor(directory.release(), linkName(program)),
    attachType,
    flags: F_ALLOW_MULTI,
    linkSince: cgroupLinks.since,
  });
  if (typeof attachment !== "number") return attachment;
  throw attachError(attachment, "BPF_PROG_ATTACH", program, () => context);
}

const F_ALLOW_MULTI = 2;

const context: FailureContext = {
  capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
  hints: {
    ...orderHints,
    EPERM:
      "a program is attached to this cgroup or one above it in a way that allows no other (without BPF_F_ALLOW_MULTI); " +
      "see: bpftool cgroup tree",
    E2BIG: "64 programs are attached to the cgroup, the most that the kernel allows",
    EBADF: "the cgroup is being removed",
  },
};

function failed(program: AttachableProgram, errno: number, place: Values<typeof linkCreate>): BpfError {
  const ordered = place.flags !== undefined || place.expectedRevision !== undefined;
  const hints = { ...context.hints, EINVAL: "the order of programs on a cgroup can be chosen since Linux 6.17" };
  return attachError(errno, "BPF_LINK_CREATE", program, () => (ordered ? { ...context, hints } : context));
}

function attachTypeOf(program: AttachableProgram, direction: CgroupOptions["direction"]): AttachType {
  const open = sectionPrefix(program) === "cgroup/skb";
  if (!open && direction !== undefined) {
    throw optionError(
      cgroup,
      program,
      'the option direction is for SEC("cgroup/skb"), here the section\'s name says it',
    );
  }
  if (!open) return program.attachType;
  if (direction === undefined) throw optionError(cgroup, program, 'option "direction" is missing');
  return direction === "ingress" ? AttachType.CGROUP_INET_INGRESS : AttachType.CGROUP_INET_EGRESS;
}

import { sockmapLinks } from "../features/link-kinds.ts";
import { addon, Errno, type FailureContext, FileDescriptor, lacks, linkCreate, tryBpf } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { type AttachableProgram, sectionPrefix } from "./attachable-program.ts";
import { attachError, linkName } from "./create-link.ts";
import { DirectAttachment } from "./legacy-attachment.ts";
import { BpfLink, type Link } from "./link.ts";
import { isOneOf, type LinkKind, optional, optionError, required } from "./link-kind.ts";

/** Options of `sk_skb/…` and `sk_msg` programs. */
export interface SockmapOptions {
  /** A map of kind SOCKMAP or SOCKHASH: the program runs for the sockets in it. */
  readonly map: { readonly fd: number };
  /** For `sk_skb`, whose name does not say it. */
  readonly hook?: "streamParser" | "streamVerdict" | "verdict";
}

const hooks = {
  streamParser: AttachType.SK_SKB_STREAM_PARSER,
  streamVerdict: AttachType.SK_SKB_STREAM_VERDICT,
  verdict: AttachType.SK_SKB_VERDICT,
} as const;

const isMap = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "fd" in value && typeof value.fd === "number";

/** By link since Linux 6.10; before, by BPF_PROG_ATTACH, since Linux 4.14. */
export const sockmap: LinkKind<SockmapOptions> = {
  kind: "sockmap",
  title: "a program for a map of sockets",
  since: "4.14",
  options: {
    map: required("SockMap", isMap),
    hook: optional('"streamParser" | "streamVerdict" | "verdict"', isOneOf(...Object.keys(hooks))),
  },
  example: "attach({ map: objs.maps.sockets })",
  attach(program, { map, hook }) {
    const attachType = attachTypeOf(program, hook);
    const result = tryBpf(Command.LINK_CREATE, linkCreate, { progFd: program.fd, targetFd: map.fd, attachType });
    if (result >= 0) return new BpfLink("sockmap", new FileDescriptor(result, linkName(program)));
    if (-result !== Errno.EINVAL || !lacks(sockmapLinks)) {
      throw attachError(result, "BPF_LINK_CREATE", program, () => context);
    }
    return attachWithoutLink(program, map.fd, attachType);
  },
};

/** As kernels before 6.10 attach. */
export function attachWithoutLink(program: AttachableProgram, mapFd: number, attachType: AttachType): Link {
  // The attachment has to name the map when it is closed, by which time its owner may have closed it.
  const copy = addon().dup(mapFd);
  const attachment =
    copy < 0
      ? copy
      : DirectAttachment.create("sockmap", program.fd, {
          target: new FileDescriptor(copy, linkName(program)),
          attachType,
          flags: 0,
          linkSince: sockmapLinks.since,
        });
  if (typeof attachment !== "number") return attachment;
  throw attachError(attachment, "BPF_PROG_ATTACH", program, () => context);
}

const context: FailureContext = {
  capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
  hints: {
    EBUSY: "the map has a program of this kind already, or a verdict program, which goes with no stream verdict",
    EOPNOTSUPP: "the map is not of kind SOCKMAP or SOCKHASH, or the kernel was built without CONFIG_BPF_STREAM_PARSER",
    EINVAL: "the map is not of kind SOCKMAP or SOCKHASH",
    EBADF: "the map is closed",
  },
};

function attachTypeOf(program: AttachableProgram, hook: SockmapOptions["hook"]): AttachType {
  const open = sectionPrefix(program) === "sk_skb";
  if (!open && hook !== undefined) {
    throw optionError(sockmap, program, 'the option hook is for SEC("sk_skb"), here the section\'s name says it');
  }
  if (!open) return program.attachType;
  if (hook === undefined) throw optionError(sockmap, program, 'option "hook" is missing');
  return hooks[hook];
}

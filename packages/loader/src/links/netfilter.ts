import { netfilterLinks } from "../features/link-kinds.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import { isBoolean, isInt32, isOneOf, type LinkKind, optional, required } from "./link-kind.ts";

/** Where in the way of a packet, as in nft(8). */
export type NetfilterHook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** Options of `netfilter` programs. */
export interface NetfilterOptions {
  readonly family: "ipv4" | "ipv6";
  readonly hook: NetfilterHook;
  /**
   * Order among the hook's functions, smaller is earlier; each can be taken once. Filters of nft(8) are at 0, connection
   * tracking at -200. Neither of the two ends of the range of 32 bits.
   */
  readonly priority: number;
  /** Put fragments together before the program sees them; needs a priority above -400. Since Linux 6.6. */
  readonly defragment?: boolean;
}

/** NFPROTO_… and NF_INET_… of include/uapi/linux/netfilter.h. */
const families = { ipv4: 2, ipv6: 10 } as const;
const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const F_IP_DEFRAG = 1;

/** Since Linux 6.4. */
export const netfilter: LinkKind<NetfilterOptions> = {
  kind: "netfilter",
  title: "a netfilter program",
  since: "6.4",
  options: {
    family: required('"ipv4" | "ipv6"', isOneOf(...Object.keys(families))),
    hook: required('"prerouting" | "input" | "forward" | "output" | "postrouting"', isOneOf(...Object.keys(hooks))),
    priority: required("number", isInt32),
    defragment: optional("boolean", isBoolean),
  },
  example: 'attach({ family: "ipv4", hook: "input", priority: -128 })',
  attach(program, { family, hook, priority, defragment }) {
    const link = createLink(
      program,
      {
        attachType: AttachType.NETFILTER,
        netfilterPf: families[family],
        netfilterHooknum: hooks[hook],
        netfilterPriority: priority,
        netfilterFlags: defragment === true ? F_IP_DEFRAG : 0,
      },
      () => ({
        capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
        probes: [netfilterLinks],
        hints: {
          EBUSY: `priority ${priority} is taken at ${family} ${hook}; choose another`,
          ERANGE: `priority ${priority} is one that the kernel keeps for itself; choose another`,
          EAFNOSUPPORT: `the kernel has no netfilter for ${family}`,
          ENOENT: `the kernel's module that puts ${family} fragments together is missing (nf_defrag_${family})`,
          EOPNOTSUPP: "the kernel was built without CONFIG_NETFILTER_BPF_LINK",
        },
      }),
    );
    return new BpfLink("netfilter", link);
  },
};

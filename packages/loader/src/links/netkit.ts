import { netkitLinks } from "../features/link-kinds.ts";
import { orderHints, type OrderOptions, orderRules, orderValues } from "./anchor.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import type { LinkKind } from "./link-kind.ts";
import { describeInterface, indexOfInterface, interfaceDetails, interfaceRule } from "./network-interface.ts";

/** Options of `netkit/primary` and `netkit/peer` programs. */
export interface NetkitOptions extends OrderOptions {
  /** Name or index of the primary device of the pair; programs for the peer are attached through it too. */
  readonly interface: string | number;
}

/** Since Linux 6.7, with CONFIG_NETKIT. */
export const netkit: LinkKind<NetkitOptions> = {
  kind: "netkit",
  title: "a netkit program",
  since: "6.7",
  options: { interface: interfaceRule, ...orderRules },
  example: 'attach({ interface: "nk0" })',
  attach(program, { interface: target, ...order }) {
    const place = orderValues(netkit, program, order);
    const index = indexOfInterface(target);
    const link = createLink(program, { ...place, targetIfindex: index, attachType: program.attachType }, () => {
      const details = interfaceDetails(index);
      const where = describeInterface(target);
      const not = details === undefined || details.kind === "netkit" ? "" : `${where} is no netkit device`;
      return {
        capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
        probes: [netkitLinks],
        hints: {
          ...orderHints,
          ...(not === "" ? {} : { ENXIO: not, EINVAL: not, ENODEV: not }),
          EACCES: `${where} is the peer of its pair; attach to the primary device`,
        },
      };
    });
    return new BpfLink("netkit", link);
  },
};

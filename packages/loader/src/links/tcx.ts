import { tcxLinks } from "../features/link-kinds.ts";
import { NotSupportedError } from "../errors/index.ts";
import { Errno, FileDescriptor, lacks, linkCreate, tryBpf } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { orderHints, type OrderOptions, orderRules, orderValues } from "./anchor.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { attachFilter } from "./clsact.ts";
import { attachError, linkName } from "./create-link.ts";
import { BpfLink, type Link } from "./link.ts";
import { isOneOf, type LinkKind, optional, optionError } from "./link-kind.ts";
import { indexOfInterface, interfaceDetails, interfaceRule } from "./network-interface.ts";

/** Options of `tc`, `tcx` and `classifier` programs. */
export interface TcxOptions extends OrderOptions {
  /** Name or index of the network interface. */
  readonly interface: string | number;
  /** Packets that come in or that go out. Needed when the section's name does not say it: `tc`, `classifier`. */
  readonly direction?: "ingress" | "egress";
}

/** By link since Linux 6.6; before, as a filter of tc(8) on the qdisc clsact, since Linux 4.5. */
export const tcx: LinkKind<TcxOptions> = {
  kind: "tcx",
  title: "a traffic control program (tcx)",
  since: "4.5",
  options: {
    interface: interfaceRule,
    direction: optional('"ingress" | "egress"', isOneOf("ingress", "egress")),
    ...orderRules,
  },
  example: 'attach({ interface: "eth0", direction: "ingress" })',
  attach(program, { interface: target, direction, ...order }) {
    const attachType = attachTypeOf(program, direction);
    const place = orderValues(tcx, program, order);
    const index = indexOfInterface(target);
    const values = { ...place, progFd: program.fd, targetIfindex: index, attachType };
    const result = tryBpf(Command.LINK_CREATE, linkCreate, values);
    if (result >= 0) return new BpfLink("tcx", new FileDescriptor(result, linkName(program)));
    if (-result === Errno.EINVAL && lacks(tcxLinks)) return attachWithoutLink(program, index, attachType, order);
    throw attachError(result, "BPF_LINK_CREATE", program, (errno) => {
      // Throws when it is the interface that does not exist.
      if (errno === "ENODEV") interfaceDetails(index);
      return { capabilities: ["CAP_BPF", "CAP_NET_ADMIN"], hints: orderHints };
    });
  },
};

/** As kernels before 6.6 attach: in front of the filters that are there. */
export function attachWithoutLink(
  program: AttachableProgram,
  ifindex: number,
  attachType: AttachType,
  order: OrderOptions,
): Link {
  if (order.expectedRevision !== undefined || order.after !== undefined || (order.before ?? "all") !== "all") {
    throw new NotSupportedError(
      "the order of traffic control programs",
      "6.6",
      `${describeProgram(program)}: before Linux 6.6 a program can only be attached in front of the others; leave out the options after, before and expectedRevision`,
    );
  }
  // Throws when the interface does not exist.
  interfaceDetails(ifindex);
  return attachFilter(program, ifindex, attachType === AttachType.TCX_INGRESS ? "ingress" : "egress");
}

function attachTypeOf(program: AttachableProgram, direction: TcxOptions["direction"]): AttachType {
  const wanted =
    direction === undefined ? undefined : direction === "ingress" ? AttachType.TCX_INGRESS : AttachType.TCX_EGRESS;
  const given = [AttachType.TCX_INGRESS, AttachType.TCX_EGRESS].find((type) => type === program.attachType);
  if (given !== undefined && wanted !== undefined && given !== wanted) {
    throw optionError(tcx, program, `the section's name says another direction than ${direction}`);
  }
  const attachType = wanted ?? given;
  if (attachType === undefined) throw optionError(tcx, program, 'option "direction" is missing');
  return attachType;
}

import { tcxLinks } from "../features/link-kinds.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { orderHints, type OrderOptions, orderRules, orderValues } from "./anchor.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import { isOneOf, type LinkKind, optional, optionError } from "./link-kind.ts";
import { indexOfInterface, interfaceDetails, interfaceRule } from "./network-interface.ts";

/** Options of `tc`, `tcx` and `classifier` programs. */
export interface TcxOptions extends OrderOptions {
  /** Name or index of the network interface. */
  readonly interface: string | number;
  /** Packets that come in or that go out. Needed when the section's name does not say it: `tc`, `classifier`. */
  readonly direction?: "ingress" | "egress";
}

/** Since Linux 6.6. */
export const tcx: LinkKind<TcxOptions> = {
  kind: "tcx",
  title: "a traffic control program (tcx)",
  since: "6.6",
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
    const link = createLink(program, { ...place, targetIfindex: index, attachType }, (errno) => {
      // Throws when it is the interface that does not exist.
      if (errno === "ENODEV") interfaceDetails(index);
      return { capabilities: ["CAP_BPF", "CAP_NET_ADMIN"], probes: [tcxLinks], hints: orderHints };
    });
    return new BpfLink("tcx", link);
  },
};

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

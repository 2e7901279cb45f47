import { BpfError } from "../errors/index.ts";
import { xdpLinks } from "../features/link-kinds.ts";
import { type FailureContext } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { describeProgram } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import { isOneOf, type LinkKind, optional } from "./link-kind.ts";
import { describeInterface, indexOfInterface, interfaceDetails, interfaceRule } from "./network-interface.ts";

/** Options of `xdp` programs. */
export interface XdpOptions {
  /** Name or index of the network interface. */
  readonly interface: string | number;
  /**
   * `"native"`: in the driver; `"generic"`: in the kernel's network stack, slower but on every interface; `"offload"`: on the
   * device. Default: native where the driver can, else generic.
   */
  readonly mode?: "generic" | "native" | "offload";
}

/** XDP_FLAGS_… of include/uapi/linux/if_link.h. */
const modeFlags = { generic: 1 << 1, native: 1 << 2, offload: 1 << 3 } as const;

/** Since Linux 5.9. */
export const xdp: LinkKind<XdpOptions> = {
  kind: "xdp",
  title: "an XDP program",
  since: "5.9",
  options: {
    interface: interfaceRule,
    mode: optional('"generic" | "native" | "offload"', isOneOf("generic", "native", "offload")),
  },
  example: 'attach({ interface: "eth0" })',
  attach(program, { interface: target, mode }) {
    if (program.attachType === AttachType.XDP_DEVMAP || program.attachType === AttachType.XDP_CPUMAP) {
      const map = program.attachType === AttachType.XDP_DEVMAP ? "DEVMAP" : "CPUMAP";
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${describeProgram(program)} is not attached to an interface: put its fd into a value of a ${map} map`,
      );
    }
    const index = indexOfInterface(target);
    const link = createLink(
      program,
      {
        targetIfindex: index,
        attachType: AttachType.XDP,
        flags: mode === undefined ? 0 : modeFlags[mode],
      },
      () => explain(target, index, mode),
    );
    return new BpfLink("xdp", link);
  },
};

function explain(target: string | number, index: number, mode: XdpOptions["mode"]): FailureContext {
  const details = interfaceDetails(index);
  const where = describeInterface(target);
  const present =
    details?.xdp === undefined
      ? `${where} has an XDP program already`
      : `${where} has an XDP program already (id ${details.xdp.programId}, ${details.xdp.mode})`;
  const remedy =
    "close the link that holds it, or take it off with: " +
    `ip link set dev ${details?.name ?? index} ${details?.xdp?.mode === "generic" ? "xdpgeneric" : "xdp"} off`;
  return {
    capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
    probes: [xdpLinks],
    hints: {
      EBUSY: `${present}; ${remedy}`,
      EEXIST: `${present}, and the kernel does not mix native and generic; ${remedy}`,
      EOPNOTSUPP:
        mode === "offload"
          ? `the device behind ${where} can't run programs itself; leave the option mode out`
          : `the driver of ${where} has no native XDP; use mode: "generic", or leave the option out`,
      EINVAL: 'the program and the interface do not fit: it may need frags (SEC("xdp.frags")) or another mode',
      ERANGE: "the interface's MTU is larger than its driver's XDP can take; use SEC(\"xdp.frags\") or a smaller MTU",
      EMSGSIZE: "the interface's MTU is larger than its driver's XDP can take; use SEC(\"xdp.frags\") or a smaller MTU",
    },
  };
}

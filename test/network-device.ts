import { SyscallError } from "../packages/loader/src/errors/index.ts";
import { netlinkAttribute, NetlinkFlag, netlinkRoute } from "../packages/loader/src/sys/index.ts";

const RTM_NEWLINK = 16;
const { ACK } = NetlinkFlag;

/** A pair of devices of this kind; taken away by disposing of it. Undefined where the kernel does not have the kind. */
export function createDevice(kind: "veth" | "netkit", name: string): Disposable | undefined {
  const RTM_DELLINK = 17;
  const IFLA_IFNAME = 3;
  const IFLA_LINKINFO = 18;
  const IFLA_INFO_KIND = 1;
  const header = new Uint8Array(16);
  const parts = [
    header,
    netlinkAttribute(IFLA_IFNAME, name),
    netlinkAttribute(IFLA_LINKINFO, [netlinkAttribute(IFLA_INFO_KIND, kind)]),
  ];
  const { CREATE, EXCLUSIVE } = NetlinkFlag;
  try {
    netlinkRoute("RTM_NEWLINK", RTM_NEWLINK, ACK | CREATE | EXCLUSIVE, parts, name);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === "EOPNOTSUPP") return undefined;
    throw error;
  }
  return {
    [Symbol.dispose](): void {
      netlinkRoute("RTM_DELLINK", RTM_DELLINK, ACK, [header, netlinkAttribute(IFLA_IFNAME, name)], name);
    },
  };
}

/** Switches a device on. */
export function switchOn(ifindex: number): void {
  // struct ifinfomsg: family and type, index, flags, which of them to change.
  const header = new Uint8Array(Int32Array.of(0, ifindex, 1, 1).buffer);
  netlinkRoute("RTM_NEWLINK", RTM_NEWLINK, ACK, [header], `interface ${ifindex}`);
}

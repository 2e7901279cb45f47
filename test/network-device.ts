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

/** Gives a device an IPv4 address of its own. */
export function addAddress(ifindex: number, address: string): void {
  const RTM_NEWADDR = 20;
  const IFA_LOCAL = 2;
  // struct ifaddrmsg: family (AF_INET), bits of the prefix, flags, scope; index.
  const header = new Uint8Array(8);
  header.set([2, 32, 0, 0]);
  new Uint32Array(header.buffer)[1] = ifindex;
  const local = netlinkAttribute(IFA_LOCAL, Uint8Array.from(address.split("."), Number));
  netlinkRoute("RTM_NEWADDR", RTM_NEWADDR, ACK | NetlinkFlag.CREATE, [header, local], address);
}

/**
 * Programs of lightweight tunnels, which belong to a route.
 * Sources: include/uapi/linux/rtnetlink.h, lwtunnel.h, seg6_local.h.
 *
 * @module
 */

import { endianness } from "node:os";
import { parseIpv4, parseIpv6 } from "../codec/ip-address.ts";
import { SyscallError } from "../errors/index.ts";
import {
  addon,
  explainSyscall,
  FileDescriptor,
  netlinkAttribute,
  NetlinkFlag,
  netlinkRoute,
  netlinkU32,
} from "../sys/index.ts";
import { ProgramType } from "../uapi/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { linkName } from "./create-link.ts";
import { LegacyAttachment } from "./legacy-attachment.ts";
import { isText, isUint32, type LinkKind, optional, optionError, required } from "./link-kind.ts";
import { indexOfInterface, interfaceRule } from "./network-interface.ts";

/** Options of `lwt_in`, `lwt_out`, `lwt_xmit` and `lwt_seg6local` programs: the route that is made for them. */
export interface LwtOptions {
  /** Destinations: `"10.1.0.0/16"`, `"2001:db8::/32"`, or one address. */
  readonly route: string;
  /** Name or index of the network interface that the packets leave by. */
  readonly interface: string | number;
  /** Address of the router. Default: the destinations are on the interface's own network. */
  readonly via?: string;
  /** Bytes in front of a packet that an `lwt_xmit` program may add to it. Up to 256. */
  readonly headroom?: number;
  /** Routing table. Default: 254, `main`. */
  readonly table?: number;
}

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_TABLE = 15;
const RTA_ENCAP_TYPE = 21;
const RTA_ENCAP = 22;
const NESTED = 0x8000;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;
const AF_INET = 2;
const AF_INET6 = 10;

const LWTUNNEL_ENCAP_BPF = 6;
const LWTUNNEL_ENCAP_SEG6_LOCAL = 7;
const LWT_BPF_XMIT_HEADROOM = 4;
const LARGEST_HEADROOM = 256;
const SEG6_LOCAL_ACTION = 1;
const SEG6_LOCAL_ACTION_END_BPF = 15;
const SEG6_LOCAL_BPF = 8;
/** LWT_BPF_IN, LWT_BPF_OUT, LWT_BPF_XMIT. */
const hooks: ReadonlyMap<ProgramType, number> = new Map([
  [ProgramType.LWT_IN, 1],
  [ProgramType.LWT_OUT, 2],
  [ProgramType.LWT_XMIT, 3],
]);

const LITTLE = endianness() === "LE";

/** Since Linux 4.10; `lwt_seg6local` since Linux 4.18. */
export const lwt: LinkKind<LwtOptions> = {
  kind: "lwt",
  title: "a lightweight tunnel program",
  since: "4.10",
  options: {
    route: required("string", isText),
    interface: interfaceRule,
    via: optional("string", isText),
    headroom: optional("number", (value) => isUint32(value) && Number(value) <= LARGEST_HEADROOM),
    table: optional("number", (value) => isUint32(value) && value !== 0),
  },
  example: 'attach({ route: "10.1.0.0/16", interface: "eth0" })',
  attach(program, options) {
    const parts = routeParts(program, options);
    const encapsulation = encapsulationOf(program, options.headroom);
    const fd = addon().dup(program.fd);
    if (fd < 0) throw explainSyscall(fd, "dup", describeProgram(program));
    const descriptor = new FileDescriptor(fd, linkName(program));
    const { ACK, CREATE, EXCLUSIVE } = NetlinkFlag;
    try {
      netlinkRoute(
        "RTM_NEWROUTE",
        RTM_NEWROUTE,
        ACK | CREATE | EXCLUSIVE,
        [...parts, ...encapsulation],
        linkName(program),
        {
          hints: {
            EEXIST: `there is a route to ${options.route} already; take it away, or choose another table`,
            EOPNOTSUPP: "the kernel was built without CONFIG_LWTUNNEL_BPF, or without CONFIG_IPV6_SEG6_LWTUNNEL",
            ENETUNREACH: "the router is not on the interface's network",
            ENETDOWN: "the interface is down",
          },
        },
      );
    } catch (error) {
      descriptor.close();
      throw error;
    }
    return new RouteAttachment(descriptor, parts);
  },
};

/** `struct rtmsg`, and the attributes that name the route. */
function routeParts(
  program: AttachableProgram,
  { route, interface: device, via, table = RT_TABLE_MAIN }: LwtOptions,
): readonly Uint8Array[] {
  const wrong = (what: string): Error => optionError(lwt, program, what);
  const [text = "", bits, ...rest] = route.split("/");
  const address = parseIpv4(text) ?? parseIpv6(text);
  const length = bits === undefined ? (address?.length ?? 0) * 8 : Number(bits === "" ? NaN : bits);
  if (
    address === undefined ||
    rest.length > 0 ||
    !(Number.isInteger(length) && length >= 0 && length <= address.length * 8)
  )
    throw wrong('option "route" must be an address, "/" and the length of a prefix');
  const gateway = via === undefined ? undefined : address.length === 4 ? parseIpv4(via) : parseIpv6(via);
  if (via !== undefined && gateway === undefined)
    throw wrong(`option "via" must be an address of IPv${address.length === 4 ? 4 : 6}, as the route is`);
  if (program.type === ProgramType.LWT_SEG6LOCAL && address.length === 4)
    throw wrong("segment routing is for IPv6: choose such a route");
  const header = new Uint8Array(12);
  const isIpv4 = address.length === 4;
  header[0] = isIpv4 ? AF_INET : AF_INET6;
  header[1] = length;
  // Numbers of tables that take more than a byte are in the attribute only.
  header[4] = table < 256 ? table : 0;
  header[5] = RTPROT_STATIC;
  header[6] = isIpv4 && gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  header[7] = RTN_UNICAST;
  return [
    header,
    netlinkAttribute(RTA_DST, address),
    netlinkAttribute(RTA_OIF, netlinkU32(indexOfInterface(device))),
    netlinkAttribute(RTA_TABLE, netlinkU32(table)),
    ...(gateway === undefined ? [] : [netlinkAttribute(RTA_GATEWAY, gateway)]),
  ];
}

/** What makes the packets of the route go through the program. */
function encapsulationOf(program: AttachableProgram, headroom: number | undefined): readonly Uint8Array[] {
  // LWT_BPF_PROG_FD and SEG6_LOCAL_BPF_PROG, LWT_BPF_PROG_NAME and SEG6_LOCAL_BPF_PROG_NAME have the same numbers.
  const reference = [netlinkAttribute(1, netlinkU32(program.fd)), netlinkAttribute(2, program.name)];
  const hook = hooks.get(program.type);
  if (headroom !== undefined && program.type !== ProgramType.LWT_XMIT)
    throw optionError(lwt, program, 'option "headroom" is for SEC("lwt_xmit")');
  const [type, inside] =
    hook === undefined
      ? [
          LWTUNNEL_ENCAP_SEG6_LOCAL,
          [
            netlinkAttribute(SEG6_LOCAL_ACTION, netlinkU32(SEG6_LOCAL_ACTION_END_BPF)),
            netlinkAttribute(SEG6_LOCAL_BPF | NESTED, reference),
          ],
        ]
      : [
          LWTUNNEL_ENCAP_BPF,
          [
            netlinkAttribute(hook | NESTED, reference),
            ...(headroom === undefined ? [] : [netlinkAttribute(LWT_BPF_XMIT_HEADROOM, netlinkU32(headroom))]),
          ],
        ];
  const typeBytes = new Uint8Array(2);
  new DataView(typeBytes.buffer).setUint16(0, type, LITTLE);
  return [netlinkAttribute(RTA_ENCAP_TYPE, typeBytes), netlinkAttribute(RTA_ENCAP | NESTED, inside)];
}

/** A route with a program. It would outlive this process: only {@link close} takes it away. */
class RouteAttachment extends LegacyAttachment {
  readonly #parts: readonly Uint8Array[];

  constructor(descriptor: FileDescriptor, parts: readonly Uint8Array[]) {
    super("lwt", descriptor, undefined);
    this.#parts = parts;
  }

  /** @throws BpfError when the kernel refuses to take the route away; the descriptor is closed all the same. */
  override close(): void {
    if (this.closed) return;
    super.close();
    try {
      netlinkRoute("RTM_DELROUTE", RTM_DELROUTE, NetlinkFlag.ACK, this.#parts, this.what);
    } catch (error) {
      // Somebody else took it away, or it went with the interface.
      if (error instanceof SyscallError && ["ESRCH", "ENODEV", "ENOENT"].includes(error.errno)) return;
      throw error;
    }
  }
}

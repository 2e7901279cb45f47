import { endianness } from "node:os";
import { BpfError, quoteName, SyscallError } from "../errors/index.ts";
import {
  interfaceIndex,
  netlinkAttribute,
  netlinkAttributes,
  netlinkRoute,
  netlinkU32,
  stringFromBytes,
} from "../sys/index.ts";
import { isUint32, type OptionRule, required } from "./link-kind.ts";

/** What is asked about an interface after an attachment to it failed. */
export interface InterfaceDetails {
  readonly name: string;
  /** `"veth"`, `"netkit"` …; undefined for hardware and for the loopback interface. */
  readonly kind: string | undefined;
  /** The XDP program on it, when there is one. */
  readonly xdp: { readonly mode: "generic" | "native" | "offload" | "several"; readonly programId: number } | undefined;
}

/** Numbers of include/uapi/linux/rtnetlink.h and if_link.h. */
const RTM_GETLINK = 18;
const LINK_HEADER_BYTES = 16;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFLA_XDP = 43;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_PROG_ID = 4;

const LITTLE = endianness() === "LE";

const xdpModes: ReadonlyMap<number, "generic" | "native" | "offload" | "several"> = new Map([
  [1, "native"],
  [2, "generic"],
  [3, "offload"],
  [4, "several"],
]);

/** The option by which all kinds on network interfaces are told where to attach. */
export const interfaceRule: OptionRule = required(
  "string | number",
  (value) => (typeof value === "string" && value !== "" && !value.includes("\0")) || (isUint32(value) && value !== 0),
);

/**
 * The index of an interface of this thread's network namespace; an index is passed through.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when none has that name; the message lists those that exist.
 */
export function indexOfInterface(nameOrIndex: string | number): number {
  return typeof nameOrIndex === "number" ? nameOrIndex : interfaceIndex(nameOrIndex);
}

/**
 * What the kernel knows about an interface; undefined when it does not tell.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND when there is none of that index (any more).
 */
export function interfaceDetails(index: number): InterfaceDetails | undefined {
  const header = new Uint8Array(LINK_HEADER_BYTES);
  new DataView(header.buffer).setInt32(4, index, LITTLE);
  const parts = [header, netlinkAttribute(IFLA_EXT_MASK, netlinkU32(RTEXT_FILTER_SKIP_STATS))];
  try {
    const [answer] = netlinkRoute("RTM_GETLINK", RTM_GETLINK, 0, parts, `network interface ${index}`);
    return answer === undefined ? undefined : detailsOf(answer.body);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === "ENODEV") {
      const message = `there is no network interface of index ${index} in this network namespace`;
      throw new BpfError("ERR_BPF_NOT_FOUND", message, { cause: error });
    }
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}

/** `interface "eth0"`, for messages. */
export function describeInterface(nameOrIndex: string | number): string {
  return `interface ${typeof nameOrIndex === "number" ? nameOrIndex : quoteName(nameOrIndex)}`;
}

function detailsOf(body: Uint8Array): InterfaceDetails {
  const top = new Map(netlinkAttributes(body, LINK_HEADER_BYTES));
  const nested = (type: number): ReadonlyMap<number, Uint8Array> => {
    const attribute = top.get(type);
    return attribute === undefined ? new Map() : new Map(netlinkAttributes(attribute, 0));
  };
  const name = top.get(IFLA_IFNAME);
  const kind = nested(IFLA_LINKINFO).get(IFLA_INFO_KIND);
  const xdp = nested(IFLA_XDP);
  const mode = xdpModes.get(xdp.get(IFLA_XDP_ATTACHED)?.[0] ?? 0);
  return {
    name: name === undefined ? "" : stringFromBytes(name),
    kind: kind === undefined ? undefined : stringFromBytes(kind),
    xdp: mode === undefined ? undefined : { mode, programId: u32(xdp.get(IFLA_XDP_PROG_ID)) },
  };
}

function u32(bytes: Uint8Array | undefined): number {
  return bytes === undefined || bytes.length < 4
    ? 0
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, LITTLE);
}

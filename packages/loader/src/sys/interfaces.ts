/**
 * Network interfaces by name.
 *
 * @module
 */
import { endianness } from "node:os";
import { BpfError, quoteName, SyscallError } from "../errors/index.ts";
import { stringFromBytes } from "./layout.ts";
import { netlinkAttribute, netlinkAttributes, NetlinkFlag, netlinkRoute, type NetlinkMessage } from "./netlink.ts";

const LITTLE = endianness() === "LE";
const RTM_GETLINK = 18;
/** Bytes of `struct ifinfomsg`. */
const LINK_HEADER_SIZE = 16;
const IFLA_IFNAME = 3;

/** A network interface. */
export interface NetworkInterface {
  readonly name: string;
  /** The kernel's number for it, from 1. */
  readonly index: number;
}

/** Every interface of the network namespace that this thread is in. */
export function networkInterfaces(): readonly NetworkInterface[] {
  const header = new Uint8Array(LINK_HEADER_SIZE);
  return netlinkRoute("RTM_GETLINK", RTM_GETLINK, NetlinkFlag.DUMP, [header], "network interfaces").map(interfaceOf);
}

/**
 * The number of the interface with this name.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none; the message lists those that exist.
 */
export function interfaceIndex(name: string): number {
  const object = `network interface ${quoteName(name)}`;
  try {
    const parts = [new Uint8Array(LINK_HEADER_SIZE), netlinkAttribute(IFLA_IFNAME, name)];
    const [answer] = netlinkRoute("RTM_GETLINK", RTM_GETLINK, 0, parts, object);
    if (answer !== undefined) return interfaceOf(answer).index;
  } catch (error) {
    // ERANGE and EINVAL: the name is longer than 15 characters, so that no interface has it.
    const absent = error instanceof SyscallError && ["ENODEV", "ERANGE", "EINVAL"].includes(error.errno);
    if (!absent) throw error;
  }
  const names = networkInterfaces().map((candidate) => quoteName(candidate.name));
  throw new BpfError("ERR_BPF_NOT_FOUND", `there is no ${object}; there are: ${names.join(", ")}`);
}

function interfaceOf({ body }: NetlinkMessage): NetworkInterface {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let name = "";
  for (const [type, value] of netlinkAttributes(body, LINK_HEADER_SIZE)) {
    if (type === IFLA_IFNAME) name = stringFromBytes(value);
  }
  return { name, index: view.getInt32(4, LITTLE) };
}

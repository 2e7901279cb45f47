/**
 * Programs as filters of tc(8), in direct-action mode on the qdisc clsact: how kernels before 6.6 attach them to interfaces.
 * Sources: include/uapi/linux/rtnetlink.h, pkt_sched.h, pkt_cls.h; net/sched/cls_bpf.c.
 *
 * @module
 */

import { endianness } from "node:os";
import { SyscallError } from "../errors/index.ts";
import {
  addon,
  explainSyscall,
  FileDescriptor,
  netlinkAttribute,
  NetlinkFlag,
  type NetlinkMessage,
  netlinkRoute,
  netlinkU32,
} from "../sys/index.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { describeProgram } from "./attachable-program.ts";
import { linkName } from "./create-link.ts";
import { LegacyAttachment } from "./legacy-attachment.ts";

const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_FLAG_ACT_DIRECT = 1;
const TC_H_CLSACT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
const parents = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
const ETH_P_ALL = 3;

const LITTLE = endianness() === "LE";

/** Where a filter is: what names it when it is taken away. */
interface FilterPlace {
  readonly ifindex: number;
  readonly parent: number;
  /** The kernel's number for the filter. */
  readonly handle: number;
  /** Priority, and protocol in network byte order. */
  readonly info: number;
}

/** `struct tcmsg`. */
function header({ ifindex, parent, handle, info }: FilterPlace): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, ifindex, LITTLE);
  view.setUint32(8, handle, LITTLE);
  view.setUint32(12, parent, LITTLE);
  view.setUint32(16, info, LITTLE);
  return bytes;
}

/**
 * Attaches a program to an interface as a filter for all packets, in front of those that are there. The qdisc clsact is made when
 * the interface has none, and stays. Since Linux 4.5.
 *
 * @throws BpfError
 */
export function attachFilter(
  program: AttachableProgram,
  ifindex: number,
  direction: "ingress" | "egress",
): ClsactAttachment {
  const object = describeProgram(program);
  // It would outlive the program's descriptor; this one is what tells that the attachment is open.
  const fd = addon().dup(program.fd);
  if (fd < 0) throw explainSyscall(fd, "dup", object);
  const descriptor = new FileDescriptor(fd, linkName(program));
  try {
    makeClsact(ifindex, object);
    return new ClsactAttachment(descriptor, addFilter(program, ifindex, parents[direction]));
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function makeClsact(ifindex: number, object: string): void {
  const place = { ifindex, parent: TC_H_CLSACT, handle: CLSACT_HANDLE, info: 0 };
  const { ACK, CREATE, EXCLUSIVE } = NetlinkFlag;
  try {
    const parts = [header(place), netlinkAttribute(TCA_KIND, "clsact")];
    netlinkRoute("RTM_NEWQDISC", RTM_NEWQDISC, ACK | CREATE | EXCLUSIVE, parts, object, {
      hints: { ENOENT: "the kernel has no qdisc clsact (CONFIG_NET_SCH_INGRESS)" },
    });
  } catch (error) {
    // An interface has one at most.
    if (!(error instanceof SyscallError && error.errno === "EEXIST")) throw error;
  }
}

function addFilter(program: AttachableProgram, ifindex: number, parent: number): FilterPlace {
  const protocol = networkOrder(ETH_P_ALL);
  const parts = [
    header({ ifindex, parent, handle: 0, info: protocol }),
    netlinkAttribute(TCA_KIND, "bpf"),
    netlinkAttribute(TCA_OPTIONS, [
      netlinkAttribute(TCA_BPF_FD, netlinkU32(program.fd)),
      netlinkAttribute(TCA_BPF_NAME, program.name),
      netlinkAttribute(TCA_BPF_FLAGS, netlinkU32(TCA_BPF_FLAG_ACT_DIRECT)),
    ]),
  ];
  const { ACK, CREATE, EXCLUSIVE, ECHO } = NetlinkFlag;
  const object = describeProgram(program);
  const answer = netlinkRoute("RTM_NEWTFILTER", RTM_NEWTFILTER, ACK | CREATE | EXCLUSIVE | ECHO, parts, object, {
    hints: { ENOENT: "the kernel has no filters of programs (CONFIG_NET_CLS_BPF)" },
  });
  const made = answer.find(({ type }) => type === RTM_NEWTFILTER);
  // Without it the filter could not be taken away.
  if (made === undefined) throw explainSyscall(-ENODATA, "RTM_NEWTFILTER", object);
  return { ifindex, parent, ...placeOf(made) };
}

const ENODATA = 61;

function placeOf({ body }: NetlinkMessage): { readonly handle: number; readonly info: number } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { handle: view.getUint32(8, LITTLE), info: view.getUint32(16, LITTLE) };
}

function networkOrder(value: number): number {
  return LITTLE ? ((value & 0xff) << 8) | (value >>> 8) : value;
}

/** A filter of an interface. It would outlive this process: only {@link close} takes it away. */
export class ClsactAttachment extends LegacyAttachment {
  readonly #place: FilterPlace;

  constructor(descriptor: FileDescriptor, place: FilterPlace) {
    super("tcx", descriptor, "6.6");
    this.#place = place;
  }

  /** @throws BpfError when the kernel refuses to take the filter away; the descriptor is closed all the same. */
  override close(): void {
    if (this.closed) return;
    super.close();
    const parts = [header(this.#place), netlinkAttribute(TCA_KIND, "bpf")];
    try {
      netlinkRoute("RTM_DELTFILTER", RTM_DELTFILTER, NetlinkFlag.ACK, parts, this.what);
    } catch (error) {
      // Somebody else took it away, or the qdisc with it (EINVAL), or the interface is gone.
      if (error instanceof SyscallError && ["ENOENT", "ENODEV", "EINVAL"].includes(error.errno)) return;
      throw error;
    }
  }
}

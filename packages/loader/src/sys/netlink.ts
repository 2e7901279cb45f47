/**
 * Messages of NETLINK_ROUTE: lengths, attributes, answers, and the kernel's extended error texts.
 * Sources: include/uapi/linux/netlink.h, rtnetlink.h, if_link.h.
 *
 * @module
 */
import { endianness } from "node:os";
import type { BpfError } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";
import { explainSyscall, type FailureContext } from "./explain.ts";
import { stringFromBytes } from "./layout.ts";

const LITTLE = endianness() === "LE";
const NETLINK_ROUTE = 0;
const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
const ALIGNMENT = 4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
/** Largest answer: a dump of some ten thousand interfaces. */
const LARGEST_ANSWER = 1 << 26;

/** Flags of a request. */
export const NetlinkFlag = { ACK: 4, ECHO: 8, REPLACE: 0x100, EXCLUSIVE: 0x200, CREATE: 0x400, DUMP: 0x300 } as const;

/** A message of an answer. */
export interface NetlinkMessage {
  readonly type: number;
  /** What follows the header: a fixed structure, then attributes. */
  readonly body: Uint8Array;
}

/**
 * One attribute, header and padding included.
 *
 * @param value bytes, or a string that is passed NUL-terminated, or attributes to nest.
 */
export function netlinkAttribute(type: number, value: Uint8Array | string | readonly Uint8Array[]): Uint8Array {
  const payload = Array.isArray(value) ? concatenate(value) : value;
  const bytes = typeof payload === "string" ? new TextEncoder().encode(`${payload}\0`) : (payload as Uint8Array); // the array case is gone
  const attribute = new Uint8Array(aligned(ATTRIBUTE_HEADER_SIZE + bytes.length));
  const view = new DataView(attribute.buffer);
  view.setUint16(0, ATTRIBUTE_HEADER_SIZE + bytes.length, LITTLE);
  view.setUint16(2, type, LITTLE);
  attribute.set(bytes, ATTRIBUTE_HEADER_SIZE);
  return attribute;
}

/** The four bytes of a u32 attribute. */
export function netlinkU32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, LITTLE);
  return bytes;
}

/** Attributes from `offset` on: type (without the flags for nesting and byte order) and payload. */
export function* netlinkAttributes(body: Uint8Array, offset: number): Generator<readonly [number, Uint8Array]> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = offset;
  while (at + ATTRIBUTE_HEADER_SIZE <= body.length) {
    const length = view.getUint16(at, LITTLE);
    if (length < ATTRIBUTE_HEADER_SIZE || at + length > body.length) return;
    yield [view.getUint16(at + 2, LITTLE) & 0x3fff, body.subarray(at + ATTRIBUTE_HEADER_SIZE, at + length)];
    at += aligned(length);
  }
}

/**
 * Sends one request of NETLINK_ROUTE and gives the messages of the answer, acknowledgement left out.
 *
 * @param type RTM_…
 * @param parts the fixed structure, then attributes.
 * @param object what it is for, for the message: `interface "eth0"`.
 * @throws BpfError when the kernel answers with an error; its own text is in the message.
 */
export function netlinkRoute(
  command: string,
  type: number,
  flags: number,
  parts: readonly Uint8Array[],
  object: string,
  context: FailureContext = {},
): readonly NetlinkMessage[] {
  const request = concatenate([new Uint8Array(HEADER_SIZE), ...parts]);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, LITTLE);
  view.setUint16(4, type, LITTLE);
  view.setUint16(6, flags | NLM_F_REQUEST, LITTLE);
  view.setUint32(8, 1, LITTLE);
  const answer = exchange(request);
  if (typeof answer === "number") throw explainSyscall(answer, command, object, networkContext(context));
  return messagesOf(answer, command, object, networkContext(context));
}

function networkContext(context: FailureContext): FailureContext {
  return { capabilities: ["CAP_NET_ADMIN"], ...context };
}

function exchange(request: Uint8Array): Uint8Array | number {
  for (let room = 1 << 16; ; room *= 4) {
    const response = new Uint8Array(room);
    const result = addon().netlink(NETLINK_ROUTE, request, response);
    if (result >= 0) return response.subarray(0, result);
    if (result !== -Errno.EMSGSIZE || room >= LARGEST_ANSWER) return result;
  }
}

function messagesOf(answer: Uint8Array, command: string, object: string, context: FailureContext): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  let at = 0;
  while (at + HEADER_SIZE <= answer.length) {
    const length = view.getUint32(at, LITTLE);
    const type = view.getUint16(at + 4, LITTLE);
    if (length < HEADER_SIZE || at + length > answer.length) break;
    const body = answer.subarray(at + HEADER_SIZE, at + length);
    // Both carry an error number; an acknowledgement is an error of 0.
    if (type === NLMSG_ERROR || type === NLMSG_DONE) {
      const errno = body.length >= 4 ? view.getInt32(at + HEADER_SIZE, LITTLE) : 0;
      if (errno < 0) throw refusal(errno, body, view.getUint16(at + 6, LITTLE), command, object, context);
    } else {
      messages.push({ type, body });
    }
    at += aligned(length);
  }
  return messages;
}

/** The error, with the kernel's own text when it sent one (since Linux 4.12). */
function refusal(
  errno: number,
  body: Uint8Array,
  flags: number,
  command: string,
  object: string,
  context: FailureContext,
): BpfError {
  if ((flags & NLM_F_ACK_TLVS) === 0) return explainSyscall(errno, command, object, context);
  const echoed = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(4, LITTLE);
  const offset = 4 + ((flags & NLM_F_CAPPED) === 0 ? aligned(echoed) : HEADER_SIZE);
  for (const [type, value] of netlinkAttributes(body, offset)) {
    if (type !== NLMSGERR_ATTR_MSG) continue;
    return explainSyscall(errno, command, `${object}: the kernel says: ${stringFromBytes(value)}`, context);
  }
  return explainSyscall(errno, command, object, context);
}

function aligned(length: number): number {
  return (length + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * The contexts that test runs take and give, as tables: offsets are those of the structures in the kernel's
 * include/uapi/linux/bpf.h. Fields that a test run neither takes nor fills are left out.
 *
 * @module
 */

import { endianness } from "node:os";
import { describeValue } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";

/** `be16` is in network byte order, which a reader need not know; addresses are bytes in the order in which they are written. */
type FieldType = "u8" | "u16" | "be16" | "u32" | "u64" | `u32[${number}]` | `u8[${number}]`;

type Field = readonly [offset: number, type: FieldType];

/** A structure of the kernel that a test run takes or gives. */
export interface TestContext {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

type Value<T extends FieldType> = T extends "u64"
  ? bigint
  : T extends `u32[${number}]`
    ? readonly number[]
    : T extends `u8[${number}]`
      ? Uint8Array
      : number;

type ContextOf<C extends TestContext> = { readonly [F in keyof C["fields"]]: Value<C["fields"][F][1]> };

/** `struct xdp_md`. */
export const xdpMd = {
  name: "struct xdp_md",
  size: 24,
  fields: {
    data: [0, "u32"],
    dataEnd: [4, "u32"],
    dataMeta: [8, "u32"],
    ingressIfindex: [12, "u32"],
    rxQueueIndex: [16, "u32"],
    egressIfindex: [20, "u32"],
  },
} as const;

/**
 * `struct xdp_md`: `data` and `dataEnd` are offsets in the bytes given, `dataMeta` is 0. The bytes before `data` are the packet's
 * metadata; `dataEnd` is their number when it is left out.
 */
export type XdpContext = ContextOf<typeof xdpMd>;

/** `struct __sk_buff`. */
export const skBuff = {
  name: "struct __sk_buff",
  size: 192,
  fields: {
    mark: [8, "u32"],
    queueMapping: [12, "u32"],
    priority: [32, "u32"],
    ingressIfindex: [36, "u32"],
    ifindex: [40, "u32"],
    cb: [48, "u32[5]"],
    tstamp: [152, "u64"],
    wireLen: [160, "u32"],
    gsoSegs: [164, "u32"],
    gsoSize: [176, "u32"],
    hwtstamp: [184, "u64"],
  },
} as const;

/** `struct __sk_buff`: the fields that a test run can set. */
export type SkbContext = ContextOf<typeof skBuff>;

/** `struct bpf_sk_lookup`. */
export const skLookup = {
  name: "struct bpf_sk_lookup",
  size: 72,
  fields: {
    cookie: [0, "u64"],
    family: [8, "u32"],
    protocol: [12, "u32"],
    remoteIp4: [16, "u8[4]"],
    remoteIp6: [20, "u8[16]"],
    remotePort: [36, "be16"],
    localIp4: [40, "u8[4]"],
    localIp6: [44, "u8[16]"],
    localPort: [60, "u32"],
    ingressIfindex: [64, "u32"],
  },
} as const;

/** `struct bpf_sk_lookup`: `family` is 2 (AF_INET) or 10 (AF_INET6), `cookie` that of the socket which was chosen, 0 for none. */
export type SkLookupContext = ContextOf<typeof skLookup>;

/** `struct bpf_flow_keys`. */
export const flowKeys = {
  name: "struct bpf_flow_keys",
  size: 56,
  fields: {
    nhoff: [0, "u16"],
    thoff: [2, "u16"],
    addrProto: [4, "u16"],
    isFrag: [6, "u8"],
    isFirstFrag: [7, "u8"],
    isEncap: [8, "u8"],
    ipProto: [9, "u8"],
    nProto: [10, "be16"],
    sport: [12, "be16"],
    dport: [14, "be16"],
    ipv4Src: [16, "u8[4]"],
    ipv4Dst: [20, "u8[4]"],
    ipv6Src: [16, "u8[16]"],
    ipv6Dst: [32, "u8[16]"],
    flags: [48, "u32"],
    flowLabel: [52, "u32"],
  },
} as const;

/** `struct bpf_flow_keys`: `addrProto` (0x0800 or 0x86DD) says which addresses count; those of IPv4 and IPv6 are the same bytes. */
export type FlowKeys = ContextOf<typeof flowKeys>;

/** The start of `struct nf_hook_state`; the kernel wants the rest to be zero. */
export const netfilterState = {
  name: "struct nf_hook_state",
  size: 2,
  fields: { hook: [0, "u8"], pf: [1, "u8"] },
} as const;

/** Where in netfilter the packet is: `hook` from 0 (NF_INET_PRE_ROUTING) to 4, `pf` 2 (NFPROTO_IPV4) or 10 (NFPROTO_IPV6). */
export type NetfilterState = ContextOf<typeof netfilterState>;

const LITTLE = endianness() === "LE";

/**
 * The bytes of a context; what is left out is zero.
 *
 * @throws BpfError `ERR_BPF_VALUE` for a field that it does not have, or a value that does not fit.
 */
export function encodeContext(context: TestContext, values: Readonly<Record<string, unknown>>): Uint8Array {
  const bytes = new Uint8Array(context.size);
  const view = new DataView(bytes.buffer);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(context.fields, name) ? context.fields[name] : undefined;
    if (field === undefined) {
      const known = Object.keys(context.fields).join(", ");
      throw new BpfError("ERR_BPF_VALUE", `${context.name} of a test run has no field ${name}; it has ${known}`);
    }
    if (!writeField(view, field, value)) {
      throw new BpfError(
        "ERR_BPF_VALUE",
        `${name} of ${context.name} takes a ${field[1]}, not ${describeValue(value)}`,
      );
    }
  }
  return bytes;
}

/** A context's fields; those behind the end of `bytes`, which an older kernel wrote, are zero. */
export function decodeContext<C extends TestContext>(context: C, bytes: Uint8Array): ContextOf<C> {
  const whole = new Uint8Array(context.size);
  whole.set(bytes.subarray(0, context.size));
  const view = new DataView(whole.buffer);
  // Each field is read as its type says.
  return Object.fromEntries(
    Object.entries(context.fields).map(([name, field]) => [name, readField(view, field)]),
  ) as ContextOf<C>;
}

/** False when the value does not fit. */
function writeField(view: DataView, [offset, type]: Field, value: unknown): boolean {
  if (type === "u64") {
    const fits = typeof value === "bigint" && BigInt.asUintN(64, value) === value;
    if (fits) view.setBigUint64(offset, value, LITTLE);
    return fits;
  }
  const count = arrayLength(type);
  if (type.startsWith("u8[")) {
    const fits = value instanceof Uint8Array && value.length === count;
    if (fits) new Uint8Array(view.buffer, offset, count).set(value);
    return fits;
  }
  if (count !== undefined) {
    if (!Array.isArray(value) || value.length !== count) return false;
    return value.every((each: unknown, index) => writeField(view, [offset + 4 * index, "u32"], each));
  }
  const bits = type === "u8" ? 8 : type === "u32" ? 32 : 16;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 2 ** bits) return false;
  if (bits === 8) view.setUint8(offset, value);
  else if (bits === 16) view.setUint16(offset, value, type === "u16" && LITTLE);
  else view.setUint32(offset, value, LITTLE);
  return true;
}

function readField(view: DataView, [offset, type]: Field): unknown {
  switch (type) {
    case "u8":
      return view.getUint8(offset);
    case "u16":
      return view.getUint16(offset, LITTLE);
    case "be16":
      return view.getUint16(offset);
    case "u32":
      return view.getUint32(offset, LITTLE);
    case "u64":
      return view.getBigUint64(offset, LITTLE);
    default: {
      const count = arrayLength(type) ?? 0;
      if (type.startsWith("u8[")) return new Uint8Array(view.buffer.slice(offset, offset + count));
      return Array.from({ length: count }, (_, index) => view.getUint32(offset + 4 * index, LITTLE));
    }
  }
}

function arrayLength(type: FieldType): number | undefined {
  const digits = /\[(\d+)\]$/.exec(type)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

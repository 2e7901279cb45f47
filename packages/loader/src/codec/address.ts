/**
 * Addresses of networks as text. The type is the form of the text, so that the compiler takes `"10.0.0.1"` and refuses
 * `"localhost"`; text of unknown form is checked when it is written, or by `toIpv4`, `toIpv6` and `toMac`.
 *
 * @module
 */

import { codecError, describeValue } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";

/** An address of IPv4: `"10.0.0.1"`. */
export type Ipv4 = `${number}.${number}.${number}.${number}`;
/** An address of IPv6: `"2001:db8::1"`. Read as RFC 5952 writes it. */
export type Ipv6 = `${string}:${string}`;
/** An address of Ethernet: `"02:00:5e:10:00:01"`. */
export type Mac = `${string}:${string}:${string}:${string}:${string}:${string}`;

/** Four bytes, in the order of the network: `__be32`, `struct in_addr`, `__u8[4]`. */
export const Ipv4: Codec<Ipv4> = {
  name: "IPv4 address",
  size: 4,
  align: 4,
  // Of the form that the type says.
  read: (view, at) => `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`,
  write: (view, at, value) => copy(view, at, parsed(value, "IPv4", "10.0.0.1", parseIpv4)),
};

/** Sixteen bytes: `struct in6_addr`, `__be32[4]`, `__u8[16]`. */
export const Ipv6: Codec<Ipv6> = {
  name: "IPv6 address",
  size: 16,
  align: 4,
  // There is a colon in every one.
  read: (view, at) => formatIpv6(new Uint8Array(view.buffer, view.byteOffset + at, 16)) as Ipv6,
  write: (view, at, value) => copy(view, at, parsed(value, "IPv6", "2001:db8::1", parseIpv6)),
};

/** Six bytes: `unsigned char[ETH_ALEN]`. */
export const Mac: Codec<Mac> = {
  name: "Ethernet address",
  size: 6,
  align: 1,
  // Six octets, so five colons.
  read: (view, at) => Array.from({ length: 6 }, (_, index) => hexOctet(view.getUint8(at + index))).join(":") as Mac,
  write: (view, at, value) => copy(view, at, parsed(value, "Ethernet", "02:00:5e:10:00:01", parseMac)),
};

/** @throws CodecError unless it is an address of IPv4 in four decimal numbers. */
export function toIpv4(text: string): Ipv4 {
  // Of that form, having been parsed.
  return formatIpv4(parsed(text, "IPv4", "10.0.0.1", parseIpv4)) as Ipv4;
}

/** @throws CodecError unless it is an address of IPv6, without a zone. The result is as RFC 5952 writes it. */
export function toIpv6(text: string): Ipv6 {
  // Of that form, having been parsed.
  return formatIpv6(parsed(text, "IPv6", "2001:db8::1", parseIpv6)) as Ipv6;
}

/** @throws CodecError unless it is six pairs of hexadecimal digits between colons or hyphens. The result has colons. */
export function toMac(text: string): Mac {
  // Of that form, having been parsed.
  return [...parsed(text, "Ethernet", "02:00:5e:10:00:01", parseMac)].map(hexOctet).join(":") as Mac;
}

function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}$/.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (digits) => Number.parseInt(digits, 16));
}

function parsed(
  value: unknown,
  family: string,
  example: string,
  parse: (text: string) => Uint8Array | undefined,
): Uint8Array {
  const octets = typeof value === "string" ? parse(value) : undefined;
  if (octets === undefined)
    throw codecError("", `${describeValue(value)} is no ${family} address, as "${example}" is one`);
  return octets;
}

function copy(view: DataView, at: number, octets: Uint8Array): void {
  for (const [index, octet] of octets.entries()) view.setUint8(at + index, octet);
}

function hexOctet(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}

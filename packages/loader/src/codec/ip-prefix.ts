/**
 * Networks of IPv4 and IPv6, as a kernel's trie of prefixes has them for keys: `struct bpf_lpm_trie_key`.
 *
 * @module
 */

import { codecError, describeValue } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";

/** A prefix of a trie: the first `prefixLength` bits of `data` count. */
export interface LpmKey {
  /** Bits. */
  readonly prefixLength: number;
  /** First bit first: network byte order for addresses. */
  readonly data: Uint8Array;
}

/** The kernel's integers are in the machine's byte order. */
const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Keys of a trie, as they are: `__u32 prefixlen` in the machine's byte order, then `length` bytes of data. */
export function lpmKey(length: number): Codec<LpmKey> {
  return {
    name: `struct bpf_lpm_trie_key of ${length} bytes`,
    size: 4 + length,
    align: 4,
    read: (view, offset) => ({
      prefixLength: view.getUint32(offset, LITTLE),
      data: new Uint8Array(view.buffer, view.byteOffset + offset + 4, length).slice(),
    }),
    write(view, offset, { prefixLength, data }) {
      if (!(data instanceof Uint8Array) || data.length !== length)
        throw codecError("data", `${describeValue(data)} is not a Uint8Array of ${length} bytes`);
      if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > length * 8)
        throw codecError("prefixLength", `${describeValue(prefixLength)} is not an integer from 0 to ${length * 8}`);
      writeKey(view, offset, prefixLength, data);
    },
  };
}

/**
 * Networks of IPv4 as strings, `"10.0.0.0/8"`; an address alone is a network of 32 bits. For tries with keys of
 * `struct { __u32 prefixlen; __be32 address; }`. Octets are decimal without leading zeros, and bits behind the prefix must
 * be zero.
 */
export const ipv4Prefix: Codec<string> = prefixCodec("IPv4", "10.0.0.0/8", 4, parseIpv4, formatIpv4);

/**
 * Networks of IPv6 as strings, `"2001:db8::/32"`; an address alone is a network of 128 bits. For tries with keys of
 * `struct { __u32 prefixlen; struct in6_addr address; }`. Read as RFC 5952 writes them; bits behind the prefix must be zero.
 */
export const ipv6Prefix: Codec<string> = prefixCodec("IPv6", "2001:db8::/32", 16, parseIpv6, formatIpv6);

function prefixCodec(
  family: string,
  example: string,
  length: number,
  parse: (text: string) => Uint8Array | undefined,
  format: (address: Uint8Array) => string,
): Codec<string> {
  const bits = length * 8;
  return {
    name: `${family} prefix`,
    size: 4 + length,
    align: 4,
    read(view, offset) {
      const address = new Uint8Array(view.buffer, view.byteOffset + offset + 4, length);
      return `${format(address)}/${view.getUint32(offset, LITTLE)}`;
    },
    write(view, offset, value) {
      const wrong = (problem: string): Error => codecError("", `${describeValue(value)} ${problem}`);
      if (typeof value !== "string") throw wrong(`is not a string, as a prefix of ${family} is: "${example}"`);
      const slash = value.indexOf("/");
      const address = parse(slash < 0 ? value : value.slice(0, slash));
      if (address === undefined) throw wrong(`is no prefix of ${family}, as "${example}" is one`);
      const tail = value.slice(slash + 1);
      const prefixLength = slash < 0 ? bits : /^(?:0|[1-9]\d{0,2})$/.test(tail) ? Number(tail) : -1;
      if (prefixLength < 0 || prefixLength > bits) throw wrong(`has no length from 0 to ${bits} behind the slash`);
      const network = masked(address, prefixLength);
      if (network.some((byte, index) => byte !== address[index]))
        throw wrong(`has bits behind its prefix; the network is "${format(network)}/${prefixLength}"`);
      writeKey(view, offset, prefixLength, address);
    },
  };
}

function writeKey(view: DataView, offset: number, prefixLength: number, data: Uint8Array): void {
  view.setUint32(offset, prefixLength, LITTLE);
  for (let i = 0; i < data.length; i++) view.setUint8(offset + 4 + i, data[i] ?? 0);
}

/** The address with zeros behind its first `bits`. */
function masked(address: Uint8Array, bits: number): Uint8Array {
  return address.map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - index * 8));
    return byte & (0xff00 >> kept) & 0xff;
  });
}

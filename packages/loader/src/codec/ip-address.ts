/**
 * Addresses of IPv4 and IPv6 as text: what inet_pton(3) takes and inet_ntop(3) writes. Nothing else is an address: no octal or
 * short forms, no zones.
 *
 * @module
 */

/** Four octets; `undefined` for what is no address. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".", 5);
  if (parts.length !== 4) return undefined;
  const address = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address[index] = Number(part);
  }
  return address;
}

/** `10.0.0.1`. */
export function formatIpv4(address: Uint8Array): string {
  return address.join(".");
}

/** Sixteen octets; `undefined` for what is no address. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::", 3);
  const [head = "", tail] = halves;
  if (halves.length > 2) return undefined;
  const front = octets(head, tail === undefined);
  const back = octets(tail ?? "", true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  // "::" stands for one group of zeros at least.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  const address = new Uint8Array(16);
  address.set(front);
  address.set(back, 16 - back.length);
  return address;
}

/** The octets of groups between colons. Only the last groups of an address may be written as of IPv4. */
function octets(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const found: number[] = [];
  // Nine are too many already.
  const groups = text.split(":", 9);
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      found.push(value >> 8, value & 0xff);
      continue;
    }
    const ipv4 = isEnd && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4 === undefined) return undefined;
    found.push(...ipv4);
  }
  return found.length <= 16 ? found : undefined;
}

/** As RFC 5952 says: lower case, the longest run of zero groups as `::`, IPv4-mapped addresses with the dots of IPv4. */
export function formatIpv6(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(address.subarray(12))}`;
  const { start, length } = longestZeroRun(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return length < 2 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** The first of the longest runs. */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

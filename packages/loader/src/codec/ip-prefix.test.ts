import { isIP, SocketAddress } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodecError, ipv4Prefix, ipv6Prefix, lpmKey } from "./index.ts";
import type { Codec } from "./index.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";

function bytesOf<T>(codec: Codec<T>, value: T): number[] {
  const view = new DataView(new ArrayBuffer(codec.size));
  codec.write(view, 0, value);
  expect(codec.read(view, 0)).toBeDefined();
  return [...new Uint8Array(view.buffer)];
}

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const view = new DataView(new ArrayBuffer(codec.size + 3));
  codec.write(view, 3, value);
  return codec.read(view, 3);
}

const writeKey =
  (prefixLength: number, length: number): (() => void) =>
  () =>
    lpmKey(3).write(new DataView(new ArrayBuffer(7)), 0, { prefixLength, data: new Uint8Array(length) });

const host = (number: number): number[] => [...new Uint8Array(new Uint32Array([number]).buffer)];

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.map((byte) => (byte < 100 ? 0 : byte)));

describe("addresses", () => {
  // Groups and separators in any order: some are addresses, most are nearly.
  const piece = fc.constantFrom(":", "::", ".", "0", "00", "1", "ff", "FFFF", "1.2.3.4", "255", "256", "g", "%lo", " ");
  const nearly = fc.array(piece, { maxLength: 18 }).map((pieces) => pieces.join(""));

  it("are what Node.js takes for addresses", () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.ipV4(), fc.ipV6()), (text) => {
        // Node takes zones, which a network has none of.
        expect(parseIpv4(text) !== undefined).toBe(isIP(text) === 4);
        expect(parseIpv6(text) !== undefined).toBe(isIP(text) === 6 && !text.includes("%"));
      }),
      { numRuns: 5000 },
    );
  });

  it("of IPv6 are written as inet_ntop writes them, and read back", () => {
    fc.assert(
      fc.property(octets(16), (address) => {
        const text = formatIpv6(address);
        expect(parseIpv6(text)).toEqual(address);
        // The C library keeps the old form of IPv4-compatible addresses, `::1.2.3.4`, which RFC 5952 leaves open.
        if (!address.subarray(0, 12).every((byte) => byte === 0))
          expect(text).toBe(new SocketAddress({ address: text, family: "ipv6" }).address);
      }),
      { numRuns: 2000 },
    );
  });

  it("of IPv4 are written and read back", () => {
    fc.assert(
      fc.property(octets(4), (address) => {
        expect(parseIpv4(formatIpv4(address))).toEqual(address);
      }),
    );
  });

  it.each([
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["1:2:3:0:4:5:6:7", "1:2:3:0:4:5:6:7"],
    ["::FFFF:10.0.0.1", "::ffff:10.0.0.1"],
    ["2001:DB8::A", "2001:db8::a"],
  ])("of IPv6: %s is %s", (text, canonical) => {
    expect(formatIpv6(parseIpv6(text) ?? new Uint8Array(0))).toBe(canonical);
  });
});

describe("prefixes", () => {
  it("lie in the kernel's key in network byte order", () => {
    expect(bytesOf(ipv4Prefix, "10.1.0.0/16")).toEqual([...host(16), 10, 1, 0, 0]);
    expect(bytesOf(ipv4Prefix, "10.1.2.3")).toEqual([...host(32), 10, 1, 2, 3]);
    const rest = Array.from({ length: 12 }, () => 0);
    expect(bytesOf(ipv6Prefix, "2001:db8::/32")).toEqual([...host(32), 0x20, 0x01, 0x0d, 0xb8, ...rest]);
    expect(bytesOf(lpmKey(3), { prefixLength: 12, data: Uint8Array.of(1, 2, 3) })).toEqual([...host(12), 1, 2, 3]);
  });

  it.each(["0.0.0.0/0", "10.0.0.0/8", "10.128.0.0/9", "255.255.255.255/32"])("%s is read as written", (prefix) => {
    expect(roundTrip(ipv4Prefix, prefix)).toBe(prefix);
  });

  it.each(["::/0", "2001:db8::/32", "8000::/1", "::1/128", "::ffff:10.0.0.0/104"])(
    "%s is read as written",
    (prefix) => {
      expect(roundTrip(ipv6Prefix, prefix)).toBe(prefix);
    },
  );

  it("without a length are addresses", () => {
    expect(roundTrip(ipv4Prefix, "10.0.0.1")).toBe("10.0.0.1/32");
    expect(roundTrip(ipv6Prefix, "::1")).toBe("::1/128");
  });

  it.each([
    [ipv4Prefix, "10.0.0/8", "is no prefix of IPv4"],
    [ipv4Prefix, "010.0.0.0/8", "is no prefix of IPv4"],
    [ipv4Prefix, "::/0", "is no prefix of IPv4"],
    [ipv4Prefix, "10.0.0.0/33", "has no length from 0 to 32 behind the slash"],
    [ipv4Prefix, "10.0.0.0/", "has no length from 0 to 32"],
    [ipv4Prefix, "10.0.0.0/08", "has no length from 0 to 32"],
    [ipv4Prefix, "10.0.0.0/8/8", "has no length from 0 to 32"],
    [ipv4Prefix, "10.1.2.3/8", 'has bits behind its prefix; the network is "10.0.0.0/8"'],
    [ipv4Prefix, 8 as unknown as string, "8 is not a string"],
    [ipv6Prefix, "fe80::1%lo/128", "is no prefix of IPv6"],
    [ipv6Prefix, "2001:db8::1/32", 'the network is "2001:db8::/32"'],
    [ipv6Prefix, "::/129", "has no length from 0 to 128"],
  ])("%#: %s", (codec, value, problem) => {
    const write = (): void => codec.write(new DataView(new ArrayBuffer(20)), 0, value);
    expect(write).toThrow(CodecError);
    expect(write).toThrow(problem);
  });

  it("of other data are checked, too", () => {
    expect(writeKey(25, 3)).toThrow("field prefixLength: 25 is not an integer from 0 to 24");
    expect(writeKey(-1, 3)).toThrow("field prefixLength");
    expect(writeKey(1.5, 3)).toThrow("field prefixLength");
    expect(writeKey(8, 4)).toThrow("field data");
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodecError, Ipv4, Ipv6, Mac, toIpv4, toIpv6, toMac } from "./index.ts";
import type { Codec } from "./index.ts";

function bytesOf<T>(codec: Codec<T>, value: T): number[] {
  const bytes = new Uint8Array(codec.size + 2).fill(0xaa);
  codec.write(new DataView(bytes.buffer), 1, value);
  expect([bytes[0], bytes[codec.size + 1]]).toEqual([0xaa, 0xaa]);
  return [...bytes.subarray(1, -1)];
}

function refused(codec: Codec<never>, value: unknown): unknown {
  try {
    codec.write(new DataView(new ArrayBuffer(16)), 0, value as never);
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return (error as Error).message;
  }
  return undefined;
}

describe("addresses as text", () => {
  it("have their bytes in the order of the network", () => {
    expect(bytesOf(Ipv4, "10.0.0.1")).toEqual([10, 0, 0, 1]);
    expect(bytesOf(Ipv6, "2001:db8::1")).toEqual([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(bytesOf(Mac, "02:00:5E:10:00:ff")).toEqual([2, 0, 0x5e, 0x10, 0, 0xff]);
  });

  it.each([
    { name: "Ipv4", codec: Ipv4 as Codec<string> },
    { name: "Ipv6", codec: Ipv6 as Codec<string> },
    { name: "Mac", codec: Mac as Codec<string> },
  ])("$name: what is read is written as the same bytes", ({ codec }) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: codec.size, maxLength: codec.size }), (bytes) => {
        expect(bytesOf(codec, codec.read(new DataView(bytes.buffer, bytes.byteOffset), 0))).toEqual([...bytes]);
      }),
    );
  });

  it("of another form are refused, and shown", () => {
    expect(refused(Ipv4 as Codec<never>, "10.0.1")).toBe('"10.0.1" is no IPv4 address, as "10.0.0.1" is one');
    for (const wrong of ["", "256.0.0.1", "01.2.3.4", 1, undefined, null, {}])
      expect(refused(Ipv4 as Codec<never>, wrong)).toContain("is no IPv4 address");
    expect(refused(Ipv6 as Codec<never>, "fe80::1%lo")).toContain("is no IPv6 address");
    for (const wrong of ["02:00:5e:10:00", "02:00:5e:10:00:1", "02:00-5e:10:00:01", "02:00:5e:10:00:01:02"])
      expect(refused(Mac as Codec<never>, wrong)).toContain("is no Ethernet address");
  });

  it("are made of text of unknown form", () => {
    expect(toIpv4("10.0.0.1")).toBe("10.0.0.1");
    expect(toIpv6("2001:DB8:0:0::1")).toBe("2001:db8::1");
    expect(toMac("02-00-5E-10-00-01")).toBe("02:00:5e:10:00:01");
    expect(() => toIpv4("localhost")).toThrow('"localhost" is no IPv4 address');
  });
});

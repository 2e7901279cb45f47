import { CodecError } from "bpf-loader/codec";
import type { Codec } from "bpf-loader/codec";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as both from "./expected/values-both-byte-orders.ts";
import * as little from "./expected/values.ts";

/** Values that rules make something else of, in generated codecs. */

function bytesOf<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.size);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

const read = <T>(codec: Codec<T>, bytes: Uint8Array): T =>
  codec.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);

const flow: little.Flow = {
  saddr: "10.0.0.1",
  daddr: "10.0.0.2",
  sport: 80,
  dport: 443,
  via: { sAddr: "192.168.0.1" },
  over: "2001:db8::1",
  hops: ["1.2.3.4", "5.6.7.8"],
  cookie: 0x0102030405060708n,
  source: "02:00:5e:10:00:01",
  target: new Uint8Array(6),
};

describe.each([
  { name: "of one byte order", Flow: little.Flow, Event: little.Event, Total: little.Total },
  { name: "of both byte orders", Flow: both.Flow, Event: both.Event, Total: both.Total },
])("values by rules, $name", ({ Flow, Event, Total }) => {
  it("in network order are what they mean", () => {
    const bytes = bytesOf(Flow, flow);
    expect([...bytes.subarray(0, 16)]).toEqual([10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 1, 187, 192, 168, 0, 1]);
    expect([...bytes.subarray(40, 54)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 2, 0, 0x5e, 0x10, 0, 1]);
    expect(read(Flow, bytes)).toEqual(flow);
    const wrong = { ...flow, hops: ["1.2.3.4", "x"] } as unknown as little.Flow;
    expect(() => bytesOf(Flow, wrong)).toThrow('field hops[1]: "x" is no IPv4 address');
  });

  it("are written as they were read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: Flow.size, maxLength: Flow.size }), (bytes) => {
        bytes.fill(0, 60);
        expect(bytesOf(Flow, read(Flow, bytes))).toEqual(bytes);
      }),
    );
  });

  it("that are numbers of 64 bits are refused where they can't be exact, by the field's path", () => {
    const bytes = new Uint8Array(Total.size);
    const event = read(Event, bytes);
    expect([event.bytes, event.balance, event.counts, event.inner]).toEqual([0, 0, [0, 0, 0], { sum: 0 }]);
    const failure = (at: number): string => {
      bytes.fill(0).fill(0x7f, at, at + 8);
      try {
        read(Total, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
        return (error as CodecError).path.join(".");
      }
      return "none";
    };
    expect([32, 40, 56, 128, 0].map(failure)).toEqual([
      "last.bytes",
      "last.balance",
      "last.counts.1",
      "last.inner.sum",
      "none",
    ]);
    expect(() => bytesOf(Event, { ...event, bytes: 2 ** 53 })).toThrow("field bytes: 9007199254740992 does not fit");
    expect(read(Event, bytesOf(Event, { ...event, balance: -(2 ** 53 - 1) })).balance).toBe(-(2 ** 53 - 1));
  });
});

import type { Codec } from "bpf-loader/codec";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Event, Kind, Tagged } from "./expected/tagged.ts";
import type { EventOther, Exec } from "./expected/tagged.ts";

/** Unions as the member that their tag means, in generated codecs. */

function bytesOf<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.size).fill(0xaa);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

const read = <T>(codec: Codec<T>, bytes: Uint8Array): T =>
  codec.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);

describe("tagged unions", () => {
  it("are one of their members, which the compiler knows by the tag", () => {
    const { data } = read(Event, new Uint8Array(Event.size));
    switch (data.kind) {
      case Kind.KIND_EXEC:
        expectTypeOf(data.exec).toEqualTypeOf<Exec>();
        break;
      case Kind.KIND_EXIT:
        expectTypeOf(data.exit).toEqualTypeOf<number>();
        break;
      case Kind.KIND_OPEN:
        expectTypeOf(data.open).toEqualTypeOf<string>();
        break;
      case Kind.KIND_OTHER:
        expectTypeOf(data.other).toEqualTypeOf<EventOther>();
        break;
      case undefined:
        expectTypeOf(data.bytes).toEqualTypeOf<Uint8Array>();
    }
    expect(data).toEqual({ kind: undefined, bytes: new Uint8Array(16) });
  });

  it("read the member that the tag means, and the bytes where it means none", () => {
    const bytes = new Uint8Array(Event.size);
    bytes.set([2, 0, 0, 0], 8);
    bytes.set([0xff, 0xff, 0xff, 0xff, 1], 16);
    expect(read(Event, bytes)).toEqual({ time: 0n, kind: 2, data: { kind: 2, exit: -1 } });
    bytes[8] = 9;
    expect(read(Event, bytes).data).toEqual({ kind: undefined, bytes: bytes.subarray(16) });
  });

  it("write that member, and zeros behind it", () => {
    const bytes = bytesOf(Event, { time: 1n, kind: Kind.KIND_EXIT, data: { kind: Kind.KIND_EXIT, exit: 7 } });
    expect([...bytes.subarray(8)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 7, ...Array.from({ length: 15 }, () => 0)]);
    const other = { time: 1n, kind: 9, data: { kind: undefined, bytes: new Uint8Array(16).fill(5) } };
    expect(read(Event, bytesOf(Event, other))).toEqual(other);
  });

  it.each<[string, unknown, string]>([
    [
      "another tag",
      { kind: 1, exec: {} },
      "field data.kind: 1 does not agree with kind beside it: 2 means member exit",
    ],
    ["no tag", { exit: 1 }, "field data.kind: undefined does not agree with kind beside it: 2 means member exit"],
    ["no member", { kind: 2 }, "field data.exit: undefined is not a number"],
    ["a member that does not fit", { kind: 2, exit: 2 ** 31 }, "field data.exit: 2147483648 does not fit __s32"],
    ["nothing", undefined, "field data: undefined is not an object"],
  ])("refuse %s", (_what, data, message) => {
    expect(() => bytesOf(Event, { time: 0n, kind: 2, data } as unknown as Event)).toThrow(message);
  });

  it("without a name in C have one, and several tags can mean one member", () => {
    fc.assert(
      fc.property(fc.nat({ max: 15 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (type, sum) => {
        const bytes = new Uint8Array(Tagged.size);
        bytes[0] = type << 4;
        new DataView(bytes.buffer).setBigUint64(8, sum, true);
        const value = read(Tagged, bytes);
        expect(Object.keys(value.data)[1]).toBe({ 1: "sum", 2: "exec", 3: "exec", 4: "bytes" }[type] ?? "bytes$1");
        if (type !== 2 && type !== 3) expect(bytesOf(Tagged, value)).toEqual(bytes);
      }),
    );
  });
});

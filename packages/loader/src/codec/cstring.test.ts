import * as fc from "fast-check";
import { expect, it } from "vitest";
import { cstring } from "./cstring.ts";

const bytesOf = (...bytes: number[]): DataView => new DataView(new Uint8Array(bytes).buffer);
const encoder = new TextEncoder();

it("text of any length and script comes back, the rest is NUL", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !text.includes("\0")),
      fc.integer({ min: 1, max: 40 }),
      (text, room) => {
        const length = encoder.encode(text).length;
        const codec = cstring(length + room);
        const bytes = new Uint8Array(codec.size + 2).fill(0xee);
        const view = new DataView(bytes.buffer);
        codec.write(view, 1, text);
        expect(codec.read(view, 1)).toBe(text);
        expect(bytes.subarray(1 + length, -1)).toEqual(new Uint8Array(room));
        expect([bytes[0], bytes.at(-1)]).toEqual([0xee, 0xee]);
      },
    ),
  );
});

it("reading ends at the NUL, or at the array's end", () => {
  expect(cstring(4).read(bytesOf(0x61, 0, 0x62, 0), 0)).toBe("a");
  expect(cstring(2).read(bytesOf(0x61, 0x62, 0x63), 0)).toBe("ab");
  expect(cstring(2).read(bytesOf(0, 0), 0)).toBe("");
  expect(cstring(0).read(bytesOf(0x61), 0)).toBe("");
});

it("bytes that are not UTF-8 are replaced, a byte order mark is kept", () => {
  expect(cstring(3).read(bytesOf(0x61, 0xff, 0x62), 0)).toBe("a\ufffdb");
  expect(cstring(3).read(bytesOf(0xef, 0xbb, 0xbf), 0)).toBe("\ufeff");
});

it.each([
  ["abcd", '"abcd" takes 5 bytes with its NUL, char[4] has 4'],
  ["äöü", '"äöü" takes 7 bytes with its NUL, char[4] has 4'],
  ["éa", undefined],
  ["a\0b", "has a NUL in it"],
  ["é\0", "has a NUL in it"],
  ["\ud800", "has half a surrogate pair in it"],
  [5, "5 is not a string"],
  [null, "null is not a string"],
  [new String("a"), "an object is not a string"],
])("writing %o into char[4]", (value, message) => {
  const view = new DataView(new ArrayBuffer(4));
  const write = (): void => cstring(4).write(view, 0, value as string);
  if (message === undefined) expect(write).not.toThrow();
  else expect(write).toThrow(message);
});

it("a long string is cut in the message", () => {
  expect(() => cstring(4).write(new DataView(new ArrayBuffer(4)), 0, "x".repeat(1e6))).toThrow(
    /^"x{48}" \(a string of 1000000\) takes 1000001 bytes with its NUL/,
  );
});

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bigintToJson, bytesToBase64, bytesToHex, pointerToHex } from "./index.ts";

it("bytes are text in two forms", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      expect(bytesToBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
    }),
    { numRuns: 20 },
  );
});

it("large numbers are text where a number is not exact", () => {
  expect([0n, -1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n)].map(bigintToJson)).toEqual([
    0,
    -1,
    9007199254740991,
    "9007199254740992",
    "-9223372036854775808",
  ]);
  expect(pointerToHex(0xffff888100000000n)).toBe("0xffff888100000000");
});

import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { Errno, errnoName, errnoText } from "./errno.ts";

describe("errnoName", () => {
  it.runIf(process.platform === "linux")("agrees with the C library", () => {
    for (const [name, number] of Object.entries(constants.errno)) {
      // Two names of one number.
      if (name === "ENOTSUP" || name === "EWOULDBLOCK") continue;
      expect(errnoName(number)).toBe(name);
    }
  });

  it("knows the numbers that code compares with", () => {
    for (const [name, number] of Object.entries(Errno)) expect(errnoName(-number)).toBe(name);
  });

  it("shows a number without name", () => {
    expect(errnoName(41)).toBe("errno 41");
    expect(errnoName(-4000)).toBe("errno 4000");
  });
});

describe("errnoText", () => {
  it("says it in words, or nothing", () => {
    expect(errnoText(-1)).toBe("operation not permitted");
    expect(errnoText(524)).toBe("operation is not supported");
    expect(errnoText(4000)).toBe("");
  });
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isGlob, matchesGlob } from "./glob.ts";

test.each([
  ["tcp_*", "tcp_sendmsg", true],
  ["tcp_*", "udp_sendmsg", false],
  ["*", "", true],
  ["*send*", "tcp_sendmsg", true],
  ["getg?d", "getgid", true],
  ["getg?d", "getgd", false],
  ["a*b*c", "aXbXbXc", true],
  ["a*b*c", "aXbXbX", false],
  ["exact", "exact", true],
  ["a.c", "abc", false],
  ["", "", true],
  ["", "a", false],
])("%s on %s: %s", (pattern, name, expected) => {
  expect(matchesGlob(pattern)(name)).toBe(expected);
});

test("does as a regular expression does, without being one", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "."), maxLength: 8 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 }), (pattern, name) => {
      const source = pattern.replace(/\./g, "\\.").replace(/\*/g, ".*").replace(/\?/g, ".");
      expect(matchesGlob(pattern)(name)).toBe(new RegExp(`^${source}$`).test(name));
    }),
  );
});

test("is fast on patterns that make regular expressions slow", () => {
  expect(matchesGlob("*a".repeat(30) + "b")("a".repeat(2000))).toBe(false);
});

test("knows a pattern from a name", () => {
  expect(isGlob("tcp_*")).toBe(true);
  expect(isGlob("getg?d")).toBe(true);
  expect(isGlob("getgid.part.0")).toBe(false);
});

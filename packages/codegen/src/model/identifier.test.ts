import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberIdentifier, typeIdentifier } from "./identifier.ts";

describe("memberIdentifier", () => {
  it.each([
    ["target_pid", "targetPid"],
    ["fooBar", "fooBar"],
    ["FooBar", "fooBar"],
    ["MAX_ENTRIES", "maxEntries"],
    ["CPUInfo", "cpuInfo"],
    ["IPv6Addr", "iPv6Addr"],
    ["__proto__", "proto"],
    ["_leading", "leading"],
    ["v1_2", "v1_2"],
    ["v12", "v12"],
    ["2fast", "_2fast"],
    ["a.b-c$d", "aBCD"],
    ["", "_"],
    ["___", "_"],
    ["größe", "grE"],
  ])("%j → %s", (name, identifier) => {
    expect(memberIdentifier(name)).toBe(identifier);
  });
});

describe("typeIdentifier", () => {
  it.each([
    ["flow_key", "FlowKey"],
    ["TCP_INFO", "TcpInfo"],
    ["u64_stats_t", "U64StatsT"],
    ["ipv4Address", "Ipv4Address"],
    ["", "_"],
  ])("%j → %s", (name, identifier) => {
    expect(typeIdentifier(name)).toBe(identifier);
  });
});

it("makes an identifier of anything, and not a long one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (name) => {
      for (const identifier of [memberIdentifier(name), typeIdentifier(name)]) {
        expect(identifier).toMatch(/^[A-Za-z_][\w]*$/);
        expect(identifier.length).toBeLessThan(250);
      }
    }),
  );
  expect(memberIdentifier("x".repeat(10_000)).length).toBe(120);
});

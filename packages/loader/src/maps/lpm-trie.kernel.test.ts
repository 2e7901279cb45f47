import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { bytes, ipv4Prefix, ipv6Prefix, lpmKey, u32 } from "../codec/index.ts";
import { LpmTrie, openMapByFd } from "./index.ts";

beforeEach(requireKernel);

const routes = (maxEntries = 16): LpmTrie<string, number> =>
  LpmTrie.create({ key: ipv4Prefix, value: u32, maxEntries });

describe("a trie", () => {
  it("finds the longest prefix, and changes the exact one", () => {
    using map = routes();
    expect(map.set("10.0.0.0/8", 8)).toBe(true);
    expect(map.set("10.1.0.0/16", 16)).toBe(true);
    expect(map.set("0.0.0.0/0", 0)).toBe(true);
    expect(map.get("10.1.2.3")).toBe(16);
    expect(map.get("10.2.3.4")).toBe(8);
    expect(map.get("192.168.0.1")).toBe(0);
    expect(map.get("10.0.0.0/12")).toBe(8);
    expect(map.get("8.0.0.0/6")).toBe(0);
    expect(map.has("10.9.9.9")).toBe(true);
    expect(map.set("10.1.0.0/16", 17, { flag: "noExist" })).toBe(false);
    expect(map.set("10.1.0.0/16", 17, { flag: "exist" })).toBe(true);
    expect(map.set("10.1.1.0/24", 24, { flag: "exist" })).toBe(false);
    expect(map.delete("10.1.2.3")).toBe(false);
    expect(map.delete("10.1.0.0/16")).toBe(true);
    expect(map.get("10.1.2.3")).toBe(8);
    expect(map.size).toBe(2);
    map.clear();
    expect(map.size).toBe(0);
    expect(map.has("10.9.9.9")).toBe(false);
  });

  it("lists longer prefixes before those that they start with", () => {
    using map = routes();
    const entries: [string, number][] = [
      ["0.0.0.0/0", 1],
      ["10.0.0.0/8", 2],
      ["10.1.0.0/16", 3],
      ["10.1.2.3/32", 4],
    ];
    expect(map.setMany(entries)).toBe(4);
    expect([...map]).toEqual(entries.toReversed());
    expect(map.deleteMany(["10.0.0.0/8", "10.9.0.0/16"])).toBe(1);
    expect([...map.keys()]).toEqual(["10.1.2.3/32", "10.1.0.0/16", "0.0.0.0/0"]);
    expect([...map.values()]).toEqual([4, 3, 1]);
  });

  it("is walked to its end once while the loop deletes", () => {
    using map = routes(4096);
    const keys = Array.from({ length: 1000 }, (_, i) => `10.${i >> 8}.${i & 0xff}.0/24`);
    map.setMany(keys.map((key, index) => [key, index] as const));
    map.set("10.0.0.0/8", 9999);
    const seen = new Map<string, number>();
    for (const [key, value] of map) {
      expect(seen.has(key)).toBe(false);
      seen.set(key, value);
      map.delete(key);
    }
    expect(seen.size).toBe(1001);
    for (const [index, key] of keys.entries()) expect(seen.get(key)).toBe(index);
    expect(map.size).toBe(0);
  });

  it("of IPv6", () => {
    using map = LpmTrie.create({ key: ipv6Prefix, value: u32, maxEntries: 8 });
    map.set("2001:db8::/32", 1);
    map.set("2001:db8:1::/48", 2);
    expect(map.get("2001:db8:1::5")).toBe(2);
    expect(map.get("2001:db8:2::5")).toBe(1);
    expect(map.get("::1")).toBeUndefined();
    expect([...map]).toEqual([
      ["2001:db8:1::/48", 2],
      ["2001:db8::/32", 1],
    ]);
  });

  it("of any bits, which is what keys are without a codec", () => {
    using map = LpmTrie.create({ key: lpmKey(3), value: u32, maxEntries: 8 });
    map.set({ prefixLength: 12, data: Uint8Array.of(0xab, 0xc0, 0) }, 12);
    expect(map.get({ prefixLength: 24, data: Uint8Array.of(0xab, 0xcd, 0xef) })).toBe(12);
    using same = openMapByFd(map.fd, { value: u32 });
    expect([...(same as LpmTrie<unknown, number>)]).toEqual([
      [{ prefixLength: 12, data: Uint8Array.of(0xab, 0xc0, 0) }, 12],
    ]);
  });

  it("can be looked at with other keys", () => {
    const before = openKernelObjects();
    using raw = LpmTrie.create({ key: lpmKey(4), value: u32, maxEntries: 8 });
    using map = raw.withKey(ipv4Prefix);
    map.set("10.0.0.0/8", 1);
    expect(raw.get({ prefixLength: 32, data: Uint8Array.of(10, 1, 2, 3) })).toBe(1);
    expect(() => raw.withKey(ipv6Prefix)).toThrow("its keys have 8 bytes, the codec of IPv6 prefix has 20");
    map.close();
    expect(raw.size).toBe(1);
    raw.close();
    expect(openKernelObjects()).toEqual(before);
  });

  it("that is full says so", () => {
    using map = routes(1);
    map.set("10.0.0.0/8", 1);
    expect(() => map.set("11.0.0.0/8", 1)).toThrow("the map is full");
    expect(() => map.set("10.0.0.1/8", 1)).toThrow('the network is "10.0.0.0/8"');
  });

  it("refuses prefixes that are longer than its keys, given as bytes", () => {
    using map = LpmTrie.create({ key: bytes(8), value: u32, maxEntries: 1 });
    expect(() => map.set(Uint8Array.of(255, 0, 0, 0, 10, 0, 0, 0), 1)).toThrow(
      "EINVAL (invalid argument): the kernel refuses the key or the value",
    );
  });
});

import { describe, expect, it } from "vitest";
import { mapInfo } from "../sys/index.ts";
import type { Decoded } from "../sys/index.ts";
import { fdInfoCount, fdInfoNumber, parseFdInfo } from "./fdinfo.ts";
import { combineMapInfo } from "./map-info.ts";
import { programInfoFromFile } from "./program-info.ts";
import { Reported } from "./reported.ts";

const MAP = `pos:\t0
flags:\t02000002
mnt_id:\t15
map_type:\t1
key_size:\t4
value_size:\t8
max_entries:\t16
map_flags:\t0x1
map_extra:\t0x2
memlock:\t4096
map_id:\t12
frozen:\t1
`;

describe("parseFdInfo", () => {
  it("reads numbers, decimal and hexadecimal", () => {
    const info = parseFdInfo(MAP);
    expect(fdInfoCount(info, "map_type")).toBe(1);
    expect(fdInfoCount(info, "map_flags")).toBe(1);
    expect(fdInfoNumber(info, "map_extra")).toBe(2n);
    expect(fdInfoCount(info, "nothing")).toBeUndefined();
  });

  it.each([
    ["", 0],
    ["\n\n:\n:1\n", 0],
    ["no colon", 0],
    ["map_id:\t1\nmap_id:\t2", 1],
    [`map_id:\t1\n${"x".repeat(1 << 20)}:1`, 1],
    ["a:\t\u0000\u001b[2J\nmap_id: 1", 2],
  ])("takes anything: case %#", (text, names) => {
    const info = parseFdInfo(text);
    expect(info.size).toBe(names);
    expect([undefined, 1]).toContain(fdInfoCount(info, "map_id"));
  });

  it.each(["-1", "1e3", "0x", "18446744073709551616", "99999999999999999999999", "1 2", "Infinity", "0b1", "٣"])(
    "%j is no number",
    (text) => {
      expect(fdInfoNumber(parseFdInfo(`n:\t${text}`), "n")).toBeUndefined();
    },
  );

  it("counts are exact or nothing", () => {
    expect(fdInfoCount(parseFdInfo("n: 9007199254740991"), "n")).toBe(Number.MAX_SAFE_INTEGER);
    expect(fdInfoCount(parseFdInfo("n: 9007199254740992"), "n")).toBeUndefined();
    expect(fdInfoNumber(parseFdInfo("n: 18446744073709551615"), "n")).toBe(0xffff_ffff_ffff_ffffn);
  });
});

/** As a kernel would fill it. */
const told: Decoded<typeof mapInfo> = {
  type: 2,
  id: 7,
  keySize: 4,
  valueSize: 16,
  maxEntries: 3,
  mapFlags: 0,
  name: "numbers",
  ifindex: 0,
  btfVmlinuxValueTypeId: 0,
  netnsDev: 0n,
  netnsIno: 0n,
  btfId: 0,
  btfKeyTypeId: 0,
  btfValueTypeId: 0,
  btfVmlinuxId: 0,
  mapExtra: 0n,
  hashSize: 0,
};

describe("what the kernel does not tell", () => {
  it("is undefined, and zero is zero", () => {
    const of413 = combineMapInfo({ info: told, length: 24 }, undefined, "map");
    expect(of413).toMatchObject({
      type: 2,
      id: 7,
      valueSize: 16,
      name: undefined,
      btfId: undefined,
      mapExtra: undefined,
    });
    const of415 = combineMapInfo({ info: told, length: 40 }, undefined, "map");
    expect(of415).toMatchObject({ name: "numbers", ifindex: undefined, netnsIno: undefined });
    const of418 = combineMapInfo({ info: told, length: 80 }, undefined, "map");
    expect(of418).toMatchObject({ ifindex: 0, netnsIno: 0n, btfId: 0, btfValueTypeId: 0, mapExtra: undefined });
    const of516 = combineMapInfo({ info: told, length: 88 }, undefined, "map");
    expect(of516).toMatchObject({ mapExtra: 0n, btfVmlinuxId: undefined, memlock: undefined, frozen: undefined });
  });

  it("comes from the file, which never overwrites", () => {
    const both = combineMapInfo({ info: told, length: 80 }, parseFdInfo(MAP), "map");
    expect(both).toMatchObject({ type: 2, id: 7, valueSize: 16, maxEntries: 3, flags: 0 });
    expect(both).toMatchObject({ mapExtra: 2n, memlock: 4096, frozen: true });
    const fileOnly = combineMapInfo(undefined, parseFdInfo(MAP), "map");
    expect(fileOnly).toMatchObject({
      type: 1,
      id: 12,
      keySize: 4,
      valueSize: 8,
      maxEntries: 16,
      flags: 1,
      name: undefined,
    });
    expect(() => combineMapInfo(undefined, undefined, 'map "flows"')).toThrow(
      'map "flows": neither BPF_OBJ_GET_INFO_BY_FD (Linux 4.13) nor /proc/self/fdinfo says anything about it',
    );
    expect(() => combineMapInfo(undefined, parseFdInfo("pos:\t0"), "map")).toThrow("neither");
  });

  it("of a program: type and tag are in the file", () => {
    const info = programInfoFromFile(
      parseFdInfo("prog_type:\t6\nprog_jited:\t1\nprog_tag:\t0123456789abcdef\nmemlock:\t4096"),
      "p",
    );
    expect(info).toMatchObject({ type: 6, tag: "0123456789abcdef", memlock: 4096, id: undefined, runTime: undefined });
    expect(info.mapIds).toBeUndefined();
    expect(() => info.instructions()).toThrow("the kernel shows no instructions: it takes CAP_BPF");
    expect(() => info.jited()).toThrow("the kernel shows no machine code: the program is not compiled");
    expect(() => programInfoFromFile(parseFdInfo("pos:\t0"), 'program "count"')).toThrow('program "count": neither');
  });

  it("is told by the length, and by what came together", () => {
    const reported = new Reported(mapInfo, { info: told, length: 80 });
    expect(reported.has("btfVmlinuxId")).toBe(true);
    expect(reported.has("mapExtra")).toBe(false);
    expect(reported.get("btfVmlinuxId", "hashSize")).toBeUndefined();
    expect(reported.getNonZero("btfVmlinuxId")).toBeUndefined();
    expect(reported.getNonZero("valueSize")).toBe(16);
  });
});

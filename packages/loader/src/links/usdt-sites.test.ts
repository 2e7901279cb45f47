import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { usdtTarget } from "../../../../test/usdt-target.ts";
import { findUsdtProbe } from "./usdt-sites.ts";

describe("findUsdtProbe", () => {
  let directory: string;
  const file = (bytes: Uint8Array): string => {
    const path = join(directory, "target");
    writeFileSync(path, bytes);
    return path;
  };

  /** Reads a damaged file: either it works, or there is a clear error. */
  const open = (bytes: Uint8Array): void => {
    try {
      findUsdtProbe(file(bytes), "test", "many");
    } catch (error) {
      expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_(OBJECT_FORMAT|NOT_FOUND|NOT_SUPPORTED)$/));
    }
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "usdt-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("finds all places of a probe, with offsets in the file", () => {
    const path = file(usdtTarget());
    expect(findUsdtProbe(path, "test", "twice")).toEqual({
      machine: 62,
      movable: false,
      sites: [
        { offset: 0xed, address: 0x4000ed, counterOffset: undefined, arguments: "4@%esi" },
        { offset: 0xee, address: 0x4000ee, counterOffset: undefined, arguments: "4@%esi" },
      ],
    });
  });

  test("finds the counter of those who trace, in the data", () => {
    const bytes = usdtTarget();
    const [site] = findUsdtProbe(file(bytes), "test", "many").sites;
    // The second segment is the data, which start with the counter.
    expect(site?.counterOffset).toBe(Number(new DataView(bytes.buffer).getBigUint64(64 + 56 + 8, true)));
  });

  test.each([0x10_0000, -0x10_0000])("corrects what prelink moved, by %d", (moved) => {
    const options = { movable: false, moved };
    const still = findUsdtProbe(file(usdtTarget()), "test", "many");
    const { sites, movable } = findUsdtProbe(file(usdtTarget(undefined, options)), "test", "many");
    expect(movable).toBe(false);
    expect(sites).toHaveLength(1);
    expect(sites).toMatchObject([{ ...still.sites[0], address: 0x4000e7 + moved }]);
  });

  test("a position independent executable is movable", () => {
    expect(findUsdtProbe(file(usdtTarget(undefined, { movable: true })), "test", "plain")).toMatchObject({
      movable: true,
      sites: [{ offset: 0xe7, address: 0xe7 }],
    });
  });

  test("says what there is instead", () => {
    const path = file(usdtTarget());
    expect(() => findUsdtProbe(path, "test", "twic")).toThrow(
      /has no USDT probe "test:twic"; did you mean "test:twice"\?/,
    );
    expect(() => findUsdtProbe(path, "__proto__", "constructor")).toThrow(/has no USDT probe "__proto__:constructor"$/);
    expect(() => findUsdtProbe(file(usdtTarget([])), "test", "x")).toThrow(/\(it has no USDT probes at all\)/);
    expect(() => findUsdtProbe(process.execPath, "x", "y")).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }),
    );
  });

  test("refuses addresses outside of the file's code and data", () => {
    const bytes = usdtTarget([{ name: "one", place: 0, arguments: "", semaphore: true }]);
    const view = new DataView(bytes.buffer);
    // Without its flag, the code is none.
    view.setUint32(64 + 4, 4, true);
    expect(() => findUsdtProbe(file(bytes), "test", "one")).toThrow(
      /the instruction of probe "test:one", at address 0x4000e7, is not in its code/,
    );
    view.setUint32(64 + 4, 5, true);
    view.setUint32(64 + 56 + 4, 7, true);
    expect(() => findUsdtProbe(file(bytes), "test", "one")).toThrow(/the semaphore of probe .* is not in its data/);
  });

  test("refuses executables of 32 bits", () => {
    const bytes = new Uint8Array(52);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    expect(() => findUsdtProbe(file(bytes), "test", "x")).toThrow(/is a 32-bit executable/);
  });

  test("survives every cut and every damaged byte of a file", () => {
    const whole = usdtTarget([{ name: "many", place: 0, arguments: "4@%edi", semaphore: true }]);
    for (let length = 0; length < whole.length; length += 3) open(whole.slice(0, length));
    for (let at = 4; at < whole.length; at++) {
      for (const value of [0, 0xff]) {
        const damaged = whole.slice();
        damaged[at] = value;
        open(damaged);
      }
    }
  });
});

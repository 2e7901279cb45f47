import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readExecutable } from "./executable.ts";

/** A shared library that this process has loaded. */
function loadedLibrary(name: string): string {
  const line = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .find((each) => each.includes(`/${name}`));
  if (line === undefined) throw new Error(`${name} is not loaded`);
  return line.slice(line.indexOf("/"));
}

const libc = loadedLibrary("libc");

interface Parts {
  readonly symbols?: readonly { name: string; value: number; info?: number; section?: number }[];
  readonly dynamic?: boolean;
  readonly word?: 4 | 8;
  readonly littleEndian?: boolean;
}

/** An ELF file with one segment, from address 0x400000 to file offset 0x1000, and one symbol table. */
function elfFile({ symbols = [], dynamic = false, word = 8, littleEndian = true }: Parts): Uint8Array {
  const wide = word === 8;
  const sizes = wide
    ? { header: 64, segment: 56, section: 64, symbol: 24 }
    : { header: 52, segment: 32, section: 40, symbol: 16 };
  const names = Buffer.from(`\0${symbols.map(({ name }) => name).join("\0")}\0`);
  const symbolsAt = sizes.header + sizes.segment;
  const namesAt = symbolsAt + symbols.length * sizes.symbol;
  const sectionsAt = namesAt + names.length;
  const bytes = new Uint8Array(sectionsAt + 3 * sizes.section);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number): void => view.setUint16(at, value, littleEndian);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
  const uword = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), littleEndian) : u32(at, value);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  uword(wide ? 32 : 28, sizes.header);
  uword(wide ? 40 : 32, sectionsAt);
  u16(wide ? 56 : 44, 1);
  u16(wide ? 60 : 48, 3);
  u32(sizes.header, 1);
  uword(sizes.header + (wide ? 8 : 4), 0x1000);
  uword(sizes.header + (wide ? 16 : 8), 0x400000);
  uword(sizes.header + (wide ? 32 : 16), 0x2000);
  let nameAt = 1;
  symbols.forEach(({ name, value, info = 0x12, section = 1 }, index) => {
    const at = symbolsAt + index * sizes.symbol;
    u32(at, nameAt);
    view.setUint8(at + (wide ? 4 : 12), info);
    u16(at + (wide ? 6 : 14), section);
    uword(at + (wide ? 8 : 4), value);
    nameAt += Buffer.byteLength(name) + 1;
  });
  bytes.set(names, namesAt);
  const section = (index: number, type: number, offset: number, size: number, link: number): void => {
    const at = sectionsAt + index * sizes.section;
    u32(at + 4, type);
    uword(at + (wide ? 24 : 16), offset);
    uword(at + (wide ? 32 : 20), size);
    u32(at + (wide ? 40 : 24), link);
  };
  section(1, dynamic ? 11 : 2, symbolsAt, symbols.length * sizes.symbol, 2);
  section(2, 3, namesAt, names.length, 0);
  return bytes;
}

describe("readExecutable", () => {
  let directory: string;
  const file = (bytes: Uint8Array): string => {
    const path = join(directory, "executable");
    writeFileSync(path, bytes);
    return path;
  };

  /** Reads a damaged file: either it works, or there is a clear error. */
  const open = (bytes: Uint8Array): void => {
    try {
      readExecutable(file(bytes)).functionOffset("main");
    } catch (error) {
      expect(error).toHaveProperty("code", expect.stringMatching(/^ERR_BPF_(OBJECT_FORMAT|NOT_FOUND)$/));
    }
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "executable-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("finds the offsets that readelf shows, in a library of this machine", () => {
    const executable = readExecutable(libc);
    const symbols = execFileSync("readelf", ["-W", "--dyn-syms", libc], { encoding: "utf8", maxBuffer: 1 << 26 });
    // The text segment of libc is mapped so that address and offset are the same, as readelf -l shows; the made files below
    // are not.
    let compared = 0;
    for (const line of symbols.split("\n")) {
      const [, value, , type, , , section, name] = line.trim().split(/\s+/);
      if (type !== "FUNC" || section === "UND" || name === undefined || value === undefined) continue;
      const [plain = "", version] = name.split("@@");
      if (version === undefined || plain.includes("@")) continue;
      expect(executable.functionOffset(plain), name).toBe(Number.parseInt(value, 16));
      if (++compared === 200) break;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test.each([
    { word: 8, littleEndian: true },
    { word: 8, littleEndian: false },
    { word: 4, littleEndian: true },
    { word: 4, littleEndian: false },
  ] as const)("translates addresses by the segments: %o", (kind) => {
    const path = file(elfFile({ ...kind, symbols: [{ name: "main", value: 0x400123 }] }));
    expect(readExecutable(path).functionOffset("main")).toBe(0x1123);
  });

  test("finds a name that is the tail of another", () => {
    const bytes = elfFile({
      symbols: [
        { name: "do_main", value: 0x400123 },
        { name: "x", value: 0x400200 },
      ],
    });
    // Let the second name be "main", inside of the first, as linkers do it.
    new DataView(bytes.buffer).setUint32(64 + 56 + 24, 1 + 3, true);
    expect(readExecutable(file(bytes)).functionOffset("main")).toBe(0x1200);
  });

  test("prefers global functions to local ones, and refuses to choose between equals", () => {
    const path = file(
      elfFile({
        symbols: [
          { name: "run", value: 0x400010, info: 0x02 },
          { name: "run", value: 0x400020, info: 0x12 },
          { name: "stop", value: 0x400030, info: 0x02 },
          { name: "stop", value: 0x400040, info: 0x02 },
        ],
      }),
    );
    const executable = readExecutable(path);
    expect(executable.functionOffset("run")).toBe(0x1020);
    expect(() => executable.functionOffset("stop")).toThrow(/2 functions named "stop"; .*0x1030, 0x1040/);
    expect(executable.functionOffsets("*")).toEqual(
      new Map([
        ["run", 0x1020],
        ["stop", 0x1030],
      ]),
    );
  });

  test("names what looks like a missing function, and says when the file is stripped", () => {
    const symbols = [
      { name: "readline", value: 0x400010 },
      { name: "main", value: 0x400020 },
    ];
    expect(() => readExecutable(file(elfFile({ symbols }))).functionOffset("readlin")).toThrow(
      /has no function "readlin"; did you mean "readline"\?$/,
    );
    expect(() => readExecutable(file(elfFile({ symbols, dynamic: true }))).functionOffset("zzz")).toThrow(/stripped/);
  });

  test("does not offer what is not a function of the file", () => {
    const path = file(
      elfFile({
        symbols: [
          { name: "object", value: 0x400010, info: 0x11 },
          { name: "imported", value: 0, section: 0 },
          { name: "beyond", value: 0x500000 },
          { name: "strlen", value: 0x400010, info: 0x1a },
        ],
      }),
    );
    const executable = readExecutable(path);
    for (const name of ["object", "imported", "beyond"]) {
      expect(() => executable.functionOffset(name)).toThrow(/has no function/);
    }
    expect(() => executable.functionOffset("strlen")).toThrow(/indirect function/);
    expect(executable.functionOffsets("*")).toEqual(new Map());
  });

  test("refuses what is no executable, with a clear error", () => {
    expect(() => readExecutable(join(directory, "missing"))).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }),
    );
    expect(() => readExecutable(directory)).toThrow(/is not a file/);
    expect(() => readExecutable(file(Buffer.from("#!/bin/sh\nexit 0\n")))).toThrow(/is not an ELF file/);
    expect(() => readExecutable(file(new Uint8Array(3)))).toThrow(/is cut off/);
  });

  test("survives every cut and every damaged byte of a file", () => {
    const whole = elfFile({ symbols: [{ name: "main", value: 0x400123 }] });
    for (let length = 0; length < whole.length; length++) open(whole.slice(0, length));
    for (let at = 4; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = whole.slice();
        damaged[at] = value;
        open(damaged);
      }
    }
  });
});

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { u32 } from "../codec/index.ts";
import { u32be } from "./big-endian.ts";
import { forThisMachine, hostOrder, littleEndian, objectFile } from "./embedded.ts";

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

it("the byte order is the machine's", () => {
  expect(littleEndian).toBe(isLittle);
  expect(hostOrder(u32, u32be)).toBe(isLittle ? u32 : u32be);
});

function on(arch: string): void {
  vi.stubGlobal("process", { ...process, arch });
}

describe("forThisMachine", () => {
  afterEach(() => vi.unstubAllGlobals());
  const objects = { arm64: () => Uint8Array.of(1), bpfel: () => Uint8Array.of(2), bpfeb: () => Uint8Array.of(3) };

  it("takes the architecture's, or that of the byte order", () => {
    on("arm64");
    expect(forThisMachine(objects)).toEqual(Uint8Array.of(1));
    on("riscv64");
    expect(forThisMachine(objects)).toEqual(Uint8Array.of(isLittle ? 2 : 3));
  });

  it("says which there are when none fits", () => {
    on("riscv64");
    expect(() => forThisMachine({ arm64: objects.arm64, s390x: objects.bpfeb })).toThrow(
      "the object was compiled for arm64, s390x, and this machine is riscv64; generate it with --target arm64,s390x,riscv64",
    );
  });
});

describe("objectFile", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "object-file-"));
    writeFileSync(join(folder, "a b.o"), "object");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const sha256 = createHash("sha256").update("object").digest("hex");

  it("reads the file that the module was generated from", () => {
    expect(new TextDecoder().decode(objectFile(pathToFileURL(join(folder, "a b.o")), sha256))).toBe("object");
  });

  it("refuses another", () => {
    const url = pathToFileURL(join(folder, "a b.o"));
    expect(() => objectFile(url, sha256.replaceAll(/./g, "0"))).toThrow(
      /a b\.o" is not the one that its module was generated from; run bpf-codegen again/,
    );
    expect(() => objectFile(pathToFileURL(join(folder, "c.o")), sha256)).toThrow(
      expect.objectContaining({ code: "ERR_BPF_NOT_FOUND", message: expect.stringContaining("ENOENT") }),
    );
  });
});

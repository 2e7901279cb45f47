import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { exit, loadNumber, loadWide, mov } from "./construct.ts";
import { encode } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { hasTag, programTag } from "./program-tag.ts";

const withMap = (fd: bigint): readonly Instruction[] => [
  mov("r0", 0),
  loadWide("r1", "map", fd),
  loadWide("r2", "mapValue", (fd << 32n) | fd),
  loadNumber("r3", 7n),
  exit(),
];

it.each([true, false])("hashes the instructions without descriptors (little endian: %s)", async (littleEndian) => {
  const plain = encode(withMap(0n), littleEndian);
  const code = encode(withMap(55n), littleEndian);
  for (const [name, hash] of [
    ["sha1", "SHA-1"],
    ["sha256", "SHA-256"],
  ] as const) {
    const expected = createHash(name).update(plain).digest("hex").slice(0, 16);
    expect(await programTag(code, hash, littleEndian)).toBe(expected);
    expect(await hasTag(code, expected.toUpperCase(), littleEndian)).toBe(true);
  }
  expect(code).toEqual(encode(withMap(55n), littleEndian));
  expect(await hasTag(code, "0123456789abcdef", littleEndian)).toBe(false);
});

it("refuses half an instruction", async () => {
  await expect(programTag(new Uint8Array(12), "SHA-1")).rejects.toMatchObject({ code: "ERR_BPF_OBJECT_FORMAT" });
});

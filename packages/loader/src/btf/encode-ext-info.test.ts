import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { ElfFile } from "../elf/index.ts";
import { Btf, encodeExtInfo, parseExtInfo } from "./index.ts";

const source = fileURLToPath(new URL("..", import.meta.url));

interface Infos {
  readonly path: string;
  readonly btf: Btf;
  readonly bytes: Uint8Array;
}

/** Of all compiled fixtures of the loader that have any. */
const objects = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".o"))
  .flatMap((path): Infos[] => {
    const elf = ElfFile.parse(new Uint8Array(readFileSync(`${source}${path}`)));
    const types = elf.section(".BTF");
    const section = elf.section(".BTF.ext");
    return types === undefined || section === undefined
      ? []
      : [{ path, btf: Btf.parse(types.data), bytes: section.data.slice() }];
  });

it("there are fixtures", () => {
  expect(objects.length).toBeGreaterThan(20);
});

it.each(objects)("what $path says is written as the compiler wrote it", ({ path, btf, bytes }) => {
  const written = encodeExtInfo(parseExtInfo(bytes, btf), btf);
  expect(written).toEqual(bytes.subarray(0, written.length));
  // gcc 16 puts four bytes behind the parts that its header names.
  expect([...bytes.subarray(written.length)]).toEqual(path.includes(".gcc.") ? [0, 0, 0, 0] : []);
});

it("needs its strings to be there", () => {
  const extInfo = {
    functions: new Map([["no such section", [{ offset: 0, typeId: 1 }]]]),
    lines: new Map(),
    relocations: new Map(),
  };
  expect(() => encodeExtInfo(extInfo, btfOf("kinds.el.o"))).toThrow(/lack "no such section"/);
});

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ElfFile } from "bpf-loader/elf";
import type { Range } from "./mutations.ts";

/** A section of a good object. */
export interface SeedSection extends Range {
  readonly name: string;
  readonly index: number;
}

/** A good object to spoil. */
export interface SeedObject {
  /** Path in the repository. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Where the section headers start. */
  readonly headersAt: number;
  /** Those that are in the file. */
  readonly sections: readonly SeedSection[];
}

/** Every compiled object of the repository, by path, so that the same number is the same object each time. */
export function seedObjects(repository: string): readonly SeedObject[] {
  return ["examples", "packages", "test"]
    .flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".o") && !/node_modules|dist/.test(path))
        .map((path) => join(repository, folder, path)),
    )
    .toSorted()
    .map((path) => seedObject(relative(repository, path), new Uint8Array(readFileSync(path))));
}

export function seedObject(name: string, bytes: Uint8Array): SeedObject {
  const elf = ElfFile.parse(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    name,
    bytes,
    littleEndian: elf.littleEndian,
    headersAt: Number(view.getBigUint64(40, elf.littleEndian)),
    sections: elf.sections
      .filter(({ data }) => data.length > 0)
      .map(({ name, index, data }) => {
        const from = data.byteOffset - bytes.byteOffset;
        return { name, index, from, to: from + data.length };
      }),
  };
}

/** The bytes of a section; empty when there is none. */
export function sectionBytes(seed: SeedObject, name: string): Uint8Array {
  const section = seed.sections.find((section) => section.name === name);
  return section === undefined ? new Uint8Array(0) : seed.bytes.subarray(section.from, section.to);
}

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Btf } from "../../packages/loader/src/btf/index.ts";
import { ElfFile } from "../../packages/loader/src/elf/index.ts";
import type { ElfSection } from "../../packages/loader/src/elf/index.ts";

/** Path of a compiled fixture of the `btf` folder: `"kinds.el.o"`. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../packages/loader/src/btf/fixtures/${name}`, import.meta.url));
}

export function openFixture(name: string): ElfFile {
  return ElfFile.parse(new Uint8Array(readFileSync(fixturePath(name))));
}

export function sectionOf(elf: ElfFile, name: string): ElfSection {
  const section = elf.section(name);
  if (section === undefined) throw new Error(`no section ${name}`);
  return section;
}

/** The object's types, as the compiler wrote them. */
export function btfOf(name: string): Btf {
  return Btf.parse(sectionOf(openFixture(name), ".BTF").data);
}

import { readFileSync } from "node:fs";
import { ElfFile } from "bpf-loader/elf";
import { ObjectFormatError } from "bpf-loader/errors";
import { CollectionSpec } from "bpf-loader/spec";
import { describe, expect, it } from "vitest";

const SECTION_HEADER = 64;
const SYMBOL = 24;

const bytes = new Uint8Array(
  readFileSync(new URL("../../packages/loader/src/spec/fixtures/programs.el.o", import.meta.url)),
);
const elf = ElfFile.parse(bytes);
const headersAt = Number(new DataView(bytes.buffer).getBigUint64(40, true));

/** The object with `addition` behind it, at a multiple of 8. */
function extended(addition: Uint8Array): { readonly file: Uint8Array; readonly view: DataView; readonly at: number } {
  const at = (bytes.length + 7) & ~7;
  const file = new Uint8Array(at + addition.length);
  file.set(bytes);
  file.set(addition, at);
  return { file, view: new DataView(file.buffer), at };
}

/** Entries, one after the other. */
function repeated(entry: Uint8Array, count: number, before: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + entry.length * count);
  all.set(before);
  for (let index = 0; index < count; index++) all.set(entry, before.length + index * entry.length);
  return all;
}

describe("objects that name the same bytes many times", () => {
  it("have no thousands of sections of the same relocations", () => {
    const table = elf.sections.find(({ type, size }) => type === 9 && size > 0);
    const at = headersAt + (table?.index ?? 0) * SECTION_HEADER;
    const headers = bytes.subarray(headersAt, headersAt + elf.sections.length * SECTION_HEADER);
    const { file, view, at: start } = extended(repeated(bytes.subarray(at, at + SECTION_HEADER), 20_000, headers));
    view.setBigUint64(40, BigInt(start), true);
    view.setUint16(60, elf.sections.length + 20_000, true);
    // One such table is as large as it is; its sections must not be as many times that.
    const header = start + elf.sections.length * SECTION_HEADER;
    for (let index = 0; index < 20_000; index++)
      view.setBigUint64(header + index * SECTION_HEADER + 32, BigInt(Math.floor(start / 32) * 16), true);
    expect(() => ElfFile.parse(file)).toThrow(ObjectFormatError);
    expect(() => ElfFile.parse(file)).toThrow(/sections overlap/);
  });

  it("have no thousands of functions of the same instructions", () => {
    const symbols = elf.section(".symtab");
    const main = elf.symbols.find(({ type, size }) => type === 2 && size > 0);
    const original = symbols?.data ?? new Uint8Array(0);
    const entry = original.slice((main?.index ?? 0) * SYMBOL, ((main?.index ?? 0) + 1) * SYMBOL);
    const { file, view, at } = extended(repeated(entry, 20_000, original));
    const header = headersAt + (symbols?.index ?? 0) * SECTION_HEADER;
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(original.length + entry.length * 20_000), true);
    expect(() => CollectionSpec.parse(file)).toThrow(/functions overlap/);
  });
});

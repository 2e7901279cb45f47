import { readFileSync } from "node:fs";
import { CollectionSpec } from "../packages/loader/src/spec/collection-spec.ts";

// Where things are in an ELF64 file: System V ABI, chapter "Object Files".
const SECTION_HEADERS_AT = 40;
const SECTION_HEADER = 64;
/** Bytes of a symbol. */
export const SYMBOL = 24;
/** Bytes of a relocation. */
export const RELOCATION = 16;
const SECTION_SYMBOL = 3;

/** A compiled object to spoil: little endian, its parts found by name. */
export class ObjectEditor {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(path: URL) {
    this.bytes = Uint8Array.from(readFileSync(path));
    this.view = new DataView(this.bytes.buffer);
  }

  parse(): CollectionSpec {
    return CollectionSpec.parse(this.bytes);
  }

  /** Offset in the file of a number of 32 bits (or the low half of 64) in a section's header. */
  header(section: string, field: "name" | "type" | "flags" | "size" | "entrySize"): number {
    const at = { name: 0, type: 4, flags: 8, size: 32, entrySize: 56 };
    return this.#headerAt(this.index(section)) + at[field];
  }

  index(section: string): number {
    const count = this.view.getUint16(60, true);
    const names = this.#dataAt(this.view.getUint16(62, true));
    for (let index = 0; index < count; index++) {
      if (this.#string(names + this.view.getUint32(this.#headerAt(index), true)) === section) return index;
    }
    throw new Error(`no section ${section}`);
  }

  dataAt(section: string): number {
    return this.#dataAt(this.index(section));
  }

  size(section: string): number {
    return this.view.getUint32(this.header(section, "size"), true);
  }

  setSize(section: string, size: number): void {
    this.view.setUint32(this.header(section, "size"), size, true);
  }

  /** Offset in the file of the symbol of that name, or of the section's own when it is a section's name. */
  symbol(name: string): number {
    const names = this.dataAt(".strtab");
    const start = this.dataAt(".symtab");
    for (let at = start; at < start + this.size(".symtab"); at += SYMBOL) {
      const isSection = (this.view.getUint8(at + 4) & 0xf) === SECTION_SYMBOL;
      if (isSection && name.startsWith(".") && this.view.getUint16(at + 6, true) === this.index(name)) return at;
      if (this.#string(names + this.view.getUint32(at, true)) === name) return at;
    }
    throw new Error(`no symbol ${name}`);
  }

  setSymbol(
    name: string,
    fields: { type?: number; binding?: number; section?: number; value?: number; size?: number },
  ): void {
    const at = this.symbol(name);
    const info = this.view.getUint8(at + 4);
    this.view.setUint8(at + 4, ((fields.binding ?? info >> 4) << 4) | (fields.type ?? info & 0xf));
    if (fields.section !== undefined) this.view.setUint16(at + 6, fields.section, true);
    if (fields.value !== undefined) this.view.setBigUint64(at + 8, BigInt(fields.value), true);
    if (fields.size !== undefined) this.view.setBigUint64(at + 16, BigInt(fields.size), true);
  }

  rename(symbol: string, other: string): void {
    this.view.setUint32(this.symbol(symbol), this.view.getUint32(this.symbol(other), true), true);
  }

  /** Offset in the file of a section's relocation number `index`. */
  relocation(section: string, index: number): number {
    return this.dataAt(`.rel${section}`) + index * RELOCATION;
  }

  /** What a relocation is for, in bytes from the start of its section. */
  place(section: string, index: number): number {
    return this.view.getUint32(this.relocation(section, index), true);
  }

  /** Offset in the file of the instruction that a relocation is for. */
  instruction(section: string, index: number): number {
    return this.dataAt(section) + this.place(section, index);
  }

  /** The object without its types. */
  withoutBtf(): this {
    // A section's name is not looked at again once it is not the one that is searched for.
    for (const name of [".BTF.ext", ".BTF"]) {
      this.view.setUint32(this.header(name, "name"), this.view.getUint32(this.header(".strtab", "name"), true), true);
    }
    return this;
  }

  #headerAt(index: number): number {
    return Number(this.view.getBigUint64(SECTION_HEADERS_AT, true)) + index * SECTION_HEADER;
  }

  #dataAt(index: number): number {
    return Number(this.view.getBigUint64(this.#headerAt(index) + 24, true));
  }

  #string(at: number): string {
    return new TextDecoder("latin1").decode(this.bytes.subarray(at, this.bytes.indexOf(0, at)));
  }
}

import { ObjectFormatError } from "../errors/index.ts";
import type { ElfSection } from "./elf-section.ts";

/** The contents of a section that is a table of entries of that many bytes. Throws when it isn't. */
export function tableView(table: ElfSection, entryBytes: number): DataView {
  if (table.entrySize !== entryBytes || table.size % entryBytes !== 0) {
    throw new ObjectFormatError(
      `${table.size} bytes in entries of ${table.entrySize}, wanted entries of ${entryBytes} bytes`,
      { section: table.name },
    );
  }
  return viewOf(table.data);
}

/** All of the bytes, to read numbers from. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 64 bits; exact up to 2^53, and everything that a file can hold is less. */
export function readUint64(view: DataView, at: number, littleEndian: boolean): number {
  const low = view.getUint32(at + (littleEndian ? 0 : 4), littleEndian);
  const high = view.getUint32(at + (littleEndian ? 4 : 0), littleEndian);
  return high * 0x1_0000_0000 + low;
}

import { SLOT_BYTES } from "../asm/code.ts";
import type { ElfSymbol } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { LocatedFunction } from "./functions.ts";
import type { ObjectFile } from "./object-file.ts";

const ENTRY_BYTES = 8;

/** Tables that overlap could make a small section one of gigabytes. Those that compilers write share nothing. */
const ENTRIES_PER_BYTE = 1;

/**
 * Tables of places to jump to: each has a symbol, and an entry is where an instruction is in the section of the function that uses the
 * table, in bytes. As LLVM 22 writes them and libbpf 1.7 reads them.
 */
export class JumpTables {
  readonly #object: ObjectFile;
  #entries = 0;

  constructor(object: ObjectFile) {
    this.#object = object;
  }

  /**
   * The places in a table, in slots from the start of the function.
   *
   * @throws ObjectFormatError when it is no table, or leads out of the function.
   */
  read({ spec, section: code, start, end }: LocatedFunction, { name, sectionIndex, value, size }: ElfSymbol): number[] {
    const section = this.#object.elf.sections[sectionIndex];
    const data = section?.data ?? new Uint8Array(0);
    const fail = (problem: string, offset: number): ObjectFormatError =>
      new ObjectFormatError(`jump table ${quoteName(name)} of function ${quoteName(spec.name)} ${problem}`, {
        section: section?.name ?? "",
        offset,
      });
    if (size === 0 || size % ENTRY_BYTES !== 0 || value % ENTRY_BYTES !== 0 || value + size > data.length) {
      throw fail(`is not made of entries of ${ENTRY_BYTES} bytes: it has ${size} bytes from byte ${value}`, value);
    }
    this.#entries += size / ENTRY_BYTES;
    if (this.#entries > data.length * ENTRIES_PER_BYTE) throw fail("overlaps others", value);

    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return Array.from({ length: size / ENTRY_BYTES }, (_, index) => {
      const at = value + index * ENTRY_BYTES;
      const target = Number(view.getBigUint64(at, this.#object.littleEndian));
      if (target < start || target >= end || target % SLOT_BYTES !== 0) {
        throw fail(`leads out of it: to byte ${target} of section ${quoteName(code.name)}`, at);
      }
      return (target - start) / SLOT_BYTES;
    });
  }
}

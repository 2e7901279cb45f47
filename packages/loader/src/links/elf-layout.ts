/** Field offsets that differ between the two sizes of ELF, from the System V ABI, chapters 4 and 5. */
export interface ElfLayout {
  readonly headerBytes: number;
  readonly programTable: number;
  readonly sectionTable: number;
  readonly counts: number;
  readonly segment: {
    readonly bytes: number;
    readonly offset: number;
    readonly address: number;
    readonly size: number;
    readonly flags: number;
  };
  readonly section: {
    readonly bytes: number;
    readonly address: number;
    readonly offset: number;
    readonly size: number;
    readonly link: number;
  };
  readonly symbol: { readonly bytes: number; readonly info: number; readonly section: number; readonly value: number };
  readonly word: 4 | 8;
}

export const elf32: ElfLayout = {
  headerBytes: 52,
  programTable: 28,
  sectionTable: 32,
  counts: 42,
  segment: { bytes: 32, offset: 4, address: 8, size: 16, flags: 24 },
  section: { bytes: 40, address: 12, offset: 16, size: 20, link: 24 },
  symbol: { bytes: 16, info: 12, section: 14, value: 4 },
  word: 4,
};

export const elf64: ElfLayout = {
  headerBytes: 64,
  programTable: 32,
  sectionTable: 40,
  counts: 54,
  segment: { bytes: 56, offset: 8, address: 16, size: 32, flags: 4 },
  section: { bytes: 64, address: 16, offset: 24, size: 32, link: 40 },
  symbol: { bytes: 24, info: 4, section: 6, value: 8 },
  word: 8,
};

/** A field of the file's word size; `tooLarge` answers for what no file can hold. */
export function readWord(
  view: DataView,
  at: number,
  word: 4 | 8,
  littleEndian: boolean,
  tooLarge: () => number,
): number {
  if (word === 4) return view.getUint32(at, littleEndian);
  const value = view.getBigUint64(at, littleEndian);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : tooLarge();
}

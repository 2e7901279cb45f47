import { BpfError, quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import type { ExtInfo } from "./ext-info.ts";
import { StringOffsets } from "./string-offsets.ts";

const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER_BYTES = 32;
const FUNCTION_BYTES = 8;
const LINE_BYTES = 16;
const RELOCATION_BYTES = 16;
const WORD_BYTES = 4;

/**
 * The section `.BTF.ext` of an object whose section `.BTF` is `btf`, in the byte order of that. What {@link parseExtInfo} reads.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the name of a section or the path of a relocation is not among the strings of
 * `btf`, where `BtfBuilder.string` puts them.
 */
export function encodeExtInfo(extInfo: ExtInfo, btf: Btf): Uint8Array {
  const strings = new StringOffsets(btf);
  const offsetOf = (text: string): number => {
    const offset = strings.find(text);
    if (offset !== undefined) return offset;
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `the strings of the BTF lack ${quoteName(text)}`);
  };
  const functions = encodeRecords(extInfo.functions, FUNCTION_BYTES, offsetOf, ({ offset, typeId }) => [
    offset,
    typeId,
  ]);
  const lines = encodeRecords(
    extInfo.lines,
    LINE_BYTES,
    offsetOf,
    ({ offset, fileOffset, textOffset, line, column }) => [offset, fileOffset, textOffset, lineAndColumn(line, column)],
  );
  const relocations = encodeRecords(
    extInfo.relocations,
    RELOCATION_BYTES,
    offsetOf,
    ({ offset, typeId, access, kind }) => [offset, typeId, offsetOf(access), kind],
  );
  const lengths = [functions, lines, relocations].map(({ length }) => length * WORD_BYTES);
  const [functionsLength = 0, linesLength = 0, relocationsLength = 0] = lengths;
  const words = [
    HEADER_BYTES,
    0,
    functionsLength,
    functionsLength,
    linesLength,
    functionsLength + linesLength,
    relocationsLength,
    ...functions,
  ];
  const bytes = new Uint8Array(HEADER_BYTES + functionsLength + linesLength + relocationsLength);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, btf.littleEndian);
  view.setUint8(2, VERSION);
  let at = WORD_BYTES;
  for (const part of [words, lines, relocations]) {
    for (const word of part) {
      view.setUint32(at, word, btf.littleEndian);
      at += WORD_BYTES;
    }
  }
  return bytes;
}

/** Lines and columns take what room there is in 32 bits. */
function lineAndColumn(line: number, column: number): number {
  return ((line << 10) | (column & 0x3ff)) >>> 0;
}

/** Nothing at all, or the size of a record, and for each section its name, the number of records, and those. */
function encodeRecords<T>(
  sections: ReadonlyMap<string, readonly T[]>,
  recordBytes: number,
  offsetOf: (text: string) => number,
  encode: (record: T) => readonly number[],
): readonly number[] {
  const words: number[] = [];
  for (const [name, records] of sections) {
    if (records.length === 0) continue;
    if (words.length === 0) words.push(recordBytes);
    words.push(offsetOf(name), records.length);
    for (const record of records) for (const word of encode(record)) words.push(word);
  }
  return words;
}

import { ObjectFormatError, quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import { checkUnknownFieldsAreZero, parseCommonHeader } from "./header.ts";
import type { TypeId } from "./types.ts";
import { wordsOf } from "./words.ts";

/** Where a function starts, and its type. */
export interface FunctionInfo {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** A function type. */
  readonly typeId: TypeId;
}

/** Where instructions come from in the C source. */
export interface LineRecord {
  /** Bytes from the start of the section; the line stands for all instructions up to the next record. */
  readonly offset: number;
  /** Offsets in the strings of the BTF, for {@link Btf.string}. */
  readonly fileOffset: number;
  readonly textOffset: number;
  /** From 1; 0 when the compiler knew none. */
  readonly line: number;
  /** From 1; 0 when the compiler knew none. */
  readonly column: number;
}

/** An instruction that depends on the running kernel's types. */
export interface CoreRelocationRecord {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** In the object's own BTF. */
  readonly typeId: TypeId;
  /** Path to the field as the compiler wrote it: `"0:1:2"`. */
  readonly access: string;
  readonly kind: CoreRelocationKind;
}

/** What .BTF.ext says, by the name of the section that it is about. Records are ordered by offset. */
export interface ExtInfo {
  readonly functions: ReadonlyMap<string, readonly FunctionInfo[]>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly relocations: ReadonlyMap<string, readonly CoreRelocationRecord[]>;
}

/** Up to `line_info_len`: what gcc and old compilers write, which have no relocations. */
const HEADER_BYTES = 24;
/** With `core_relo_off` and `core_relo_len`. */
const HEADER_BYTES_WITH_RELOCATIONS = 32;

const SECTION = ".BTF.ext";
const SLOT_BYTES = 8;
const LARGEST_RECORD = 256;
const WORD_BYTES = 4;

const RELOCATION_KINDS: ReadonlySet<number> = new Set(Object.values(CoreRelocationKind));

/**
 * Reads a section `.BTF.ext`; `btf` is the object's own.
 * Throws {@link ObjectFormatError}.
 */
export function parseExtInfo(bytes: Uint8Array, btf: Btf): ExtInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { littleEndian, headerBytes } = parseCommonHeader(view, SECTION, HEADER_BYTES);
  const hasRelocations = headerBytes >= HEADER_BYTES_WITH_RELOCATIONS;
  const known = hasRelocations ? HEADER_BYTES_WITH_RELOCATIONS : HEADER_BYTES;
  checkUnknownFieldsAreZero(view, known, headerBytes, SECTION);

  const read = <T extends Located>(
    at: number,
    what: string,
    leastBytes: number,
    decode: Decode<T>,
  ): RecordsBySection<T> => {
    const range = {
      start: headerBytes + view.getUint32(at, littleEndian),
      length: view.getUint32(at + 4, littleEndian),
    };
    if (range.length === 0) return new Map();
    if (range.start + range.length > bytes.length || range.length % WORD_BYTES !== 0) {
      throw new ObjectFormatError(`${what} take ${range.length} bytes from byte ${range.start} of ${bytes.length}`, {
        section: SECTION,
        offset: at,
      });
    }
    return readRecords(wordsOf(bytes, range, littleEndian), range.start, what, leastBytes, btf, decode);
  };

  return {
    functions: read(8, "function infos", 8, (words, at, offset) => ({ offset, typeId: words[at + 1] ?? 0 })),
    lines: read(16, "line infos", 16, decodeLine),
    relocations: hasRelocations
      ? read(24, "relocations", 16, (words, at, offset) => decodeRelocation(words, at, offset, btf))
      : new Map(),
  };
}

/** Makes a record of the words from `at`; the first is its `offset`. */
type Decode<T> = (words: Uint32Array, at: number, offset: number) => T;
/** What all records have. */
interface Located {
  readonly offset: number;
}
type RecordsBySection<T> = ReadonlyMap<string, readonly T[]>;

/**
 * Reads the size of a record, then for each section its name, the number of records, and those.
 * Records may be longer than what is known of them.
 */
function readRecords<T extends Located>(
  words: Uint32Array,
  start: number,
  what: string,
  leastBytes: number,
  btf: Btf,
  decode: Decode<T>,
): RecordsBySection<T> {
  const fail = (problem: string, at: number): ObjectFormatError =>
    new ObjectFormatError(`${what}: ${problem}`, { section: SECTION, offset: start + at * WORD_BYTES });

  const recordBytes = words[0] ?? 0;
  if (recordBytes < leastBytes || recordBytes > LARGEST_RECORD || recordBytes % WORD_BYTES !== 0) {
    throw fail(`records of ${recordBytes} bytes, wanted ${leastBytes}`, 0);
  }
  const recordWords = recordBytes / WORD_BYTES;
  const sections = new Map<string, T[]>();
  let at = 1;
  while (at < words.length) {
    const name = btf.string(words[at] ?? 0);
    const count = words[at + 1] ?? 0;
    const first = at + 2;
    const next = first + count * recordWords;
    if (count === 0 || next > words.length) {
      throw fail(
        `${count} for section ${quoteName(name)}, where there is room for ${roomFor(words, first, recordWords)}`,
        at,
      );
    }
    const records = sections.get(name) ?? [];
    sections.set(name, records);
    for (let record = first; record < next; record += recordWords) {
      const offset = words[record] ?? 0;
      if (offset % SLOT_BYTES !== 0) throw fail(`offset ${offset} is inside of an instruction`, record);
      records.push(decode(words, record, offset));
    }
    at = next;
  }
  for (const records of sections.values()) sortByOffset(records);
  return sections;
}

function roomFor(words: Uint32Array, first: number, recordWords: number): number {
  return Math.max(0, Math.floor((words.length - first) / recordWords));
}

/** Compilers write records in order but for relocations, of which an instruction may have several. */
function sortByOffset(records: Located[]): void {
  const sorted = records.every((record, index) => index === 0 || (records[index - 1]?.offset ?? 0) <= record.offset);
  if (!sorted) records.sort((left, right) => left.offset - right.offset);
}

function decodeLine(words: Uint32Array, at: number, offset: number): LineRecord {
  const lineAndColumn = words[at + 3] ?? 0;
  return {
    offset,
    fileOffset: words[at + 1] ?? 0,
    textOffset: words[at + 2] ?? 0,
    line: lineAndColumn >>> 10,
    column: lineAndColumn & 0x3ff,
  };
}

function decodeRelocation(words: Uint32Array, at: number, offset: number, btf: Btf): CoreRelocationRecord {
  const kind = words[at + 3] ?? 0;
  if (!isRelocationKind(kind)) {
    throw new ObjectFormatError(`relocation of kind ${kind}, which is not known`, { section: SECTION });
  }
  return { offset, typeId: words[at + 1] ?? 0, access: btf.string(words[at + 2] ?? 0), kind };
}

function isRelocationKind(kind: number): kind is CoreRelocationKind {
  return RELOCATION_KINDS.has(kind);
}

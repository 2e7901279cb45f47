import { ObjectFormatError } from "../errors/index.ts";
import type { BtfHeader } from "./header.ts";
import { BUCKETS } from "./name-scan.ts";
import { Kind, KIND_COUNT, KIND_MASK } from "./raw-type.ts";
import { wordsOf } from "./words.ts";

/** Every type starts with three words: name, info, and size or type. */
const COMMON_WORDS = 3;
const ELEMENT_SHIFT = 8;

/**
 * How many words a type takes, by kind: in the low byte those it has at least, in the bits above those of each element, of
 * which `vlen` follow. 0 for a kind that is not known. One table and not two: see {@link fillIndex}.
 */
const SHAPES = shapesByKind();
/** The bit that says that a search wants a kind; 63 words are the most that {@link readLayout} can ask for. */
const WANTED = 1 << 15;

function shapesByKind(): Uint16Array {
  const shapes = new Uint16Array(128).fill(COMMON_WORDS, 1, KIND_COUNT);
  for (const kind of [Kind.INT, Kind.VAR, Kind.DECL_TAG]) shapes[kind] = COMMON_WORDS + 1;
  shapes[Kind.ARRAY] = COMMON_WORDS + 3;
  for (const kind of [Kind.ENUM, Kind.FUNC_PROTO]) shapes[kind] = COMMON_WORDS | (2 << ELEMENT_SHIFT);
  for (const kind of [Kind.STRUCT, Kind.UNION, Kind.DATASEC, Kind.ENUM64]) {
    shapes[kind] = COMMON_WORDS | (3 << ELEMENT_SHIFT);
  }
  return shapes;
}

/** Where each type of a blob is. */
export interface TypeIndex {
  /** The types, as numbers of this machine's byte order. */
  readonly words: Uint32Array;
  /** Index in `words` of each type, in the order of the blob. */
  readonly starts: Uint32Array;
  /** Offset of the name of each type. */
  readonly names: Uint32Array;
}

/** Types to note while all are gone through: those whose kind is wanted, and whose name a {@link NameScan} does not rule out. */
export interface TypeSearch {
  /** Of a {@link NameScan}. */
  readonly filter: Uint8Array;
  /** Numbers of the kinds. */
  readonly kinds: readonly number[];
  readonly strings: Uint8Array;
  /** Offset of the first of the strings; names below it are other strings', and not ruled out. */
  readonly shared: number;
  /** Receives the types, as their places in the index. */
  readonly likely: number[];
}

const NOTHING: TypeSearch = {
  filter: new Uint8Array(0),
  kinds: [],
  strings: new Uint8Array(0),
  shared: 0,
  likely: [],
};

/** Finds all types of a blob in one pass, without looking into them. */
export function indexTypes(bytes: Uint8Array, header: BtfHeader, search: TypeSearch = NOTHING): TypeIndex {
  const words = wordsOf(bytes, header.types, header.littleEndian);
  const shapes = SHAPES.slice();
  readLayout(bytes, header, shapes);
  for (const kind of search.kinds) if (shapes[kind] !== 0) shapes[kind] = (shapes[kind] ?? 0) | WANTED;

  const most = Math.floor(words.length / COMMON_WORDS);
  const starts = new Uint32Array(most);
  const names = new Uint32Array(most);
  const count = fillIndex(words, starts, names, shapes, search);
  // Views: the room behind them is memory that was never touched, which the system does not give out.
  return { words, starts: starts.subarray(0, count), names: names.subarray(0, count) };
}

/**
 * Returns the number of types. The kernel's BTF has more than 100,000, and most of a first pass over them runs before this
 * function is compiled to machine code, so that each access to an array counts.
 */
function fillIndex(
  words: Uint32Array,
  starts: Uint32Array,
  names: Uint32Array,
  shapes: Uint16Array,
  { filter, strings, shared, likely }: TypeSearch,
): number {
  const end = words.length;
  let count = 0;
  let at = 0;
  while (at < end) {
    const info = words[at + 1] ?? 0;
    const shape = shapes[(info >>> 24) & KIND_MASK] ?? 0;
    const next = at + (shape & 0xff) + (info & 0xffffff) * ((shape >>> ELEMENT_SHIFT) & 0x3f);
    // at + 3 > end only when next > end
    if (next > end || shape === 0) throw badType(count, at, info, shape);
    const name = words[at] ?? 0;
    if (shape >= WANTED) {
      // As in NameScan.next. A second pass over the names would take more than the first one does.
      const from = name - shared;
      const bucket =
        ((strings[from] ?? 0) ^ ((strings[from + 1] ?? 0) << 5) ^ ((strings[from + 2] ?? 0) << 10)) & (BUCKETS - 1);
      if (filter[bucket] !== 0 || from < 0) likely.push(count);
    }
    starts[count] = at;
    names[count++] = name;
    at = next;
  }
  return count;
}

function badType(index: number, at: number, info: number, shape: number): ObjectFormatError {
  const problem =
    shape === 0 ? `is of kind ${(info >>> 24) & KIND_MASK}, which is not known` : "goes beyond the end of the types";
  return new ObjectFormatError(`type ${index + 1} ${problem}`, { section: ".BTF", offset: at * 4 });
}

/**
 * Takes the sizes of kinds that are newer than this reader from the blob (`struct btf_layout`: bytes of the part after the
 * common one, bytes of each element, flags).
 */
function readLayout(bytes: Uint8Array, header: BtfHeader, shapes: Uint16Array): void {
  const { start, length } = header.layout;
  const kinds = Math.min(Math.floor(length / 4), shapes.length);
  for (let kind = KIND_COUNT; kind < kinds; kind++) {
    const infoBytes = bytes[start + kind * 4] ?? 0;
    const elementBytes = bytes[start + kind * 4 + 1] ?? 0;
    if (infoBytes % 4 !== 0 || elementBytes % 4 !== 0) {
      throw new ObjectFormatError(`types of kind ${kind} are said to be ${infoBytes} and ${elementBytes} bytes`, {
        section: ".BTF",
        offset: start + kind * 4,
      });
    }
    shapes[kind] = (COMMON_WORDS + infoBytes / 4) | ((elementBytes / 4) << ELEMENT_SHIFT);
  }
}

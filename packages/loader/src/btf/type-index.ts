import { ObjectFormatError } from "../errors/index.ts";
import type { BtfHeader } from "./header.ts";
import { Kind, KIND_COUNT } from "./raw-type.ts";
import { wordsOf } from "./words.ts";

/** Every type starts with three words: name, info, and size or type. */
const COMMON_WORDS = 3;

/** Words that follow the common ones, by kind. */
const EXTRA_WORDS = new Uint8Array(128);
/** Words of each element, of which `vlen` follow, by kind. */
const ELEMENT_WORDS = new Uint8Array(128);
EXTRA_WORDS[Kind.INT] = 1;
EXTRA_WORDS[Kind.ARRAY] = 3;
EXTRA_WORDS[Kind.VAR] = 1;
EXTRA_WORDS[Kind.DECL_TAG] = 1;
ELEMENT_WORDS[Kind.STRUCT] = 3;
ELEMENT_WORDS[Kind.UNION] = 3;
ELEMENT_WORDS[Kind.ENUM] = 2;
ELEMENT_WORDS[Kind.FUNC_PROTO] = 2;
ELEMENT_WORDS[Kind.DATASEC] = 3;
ELEMENT_WORDS[Kind.ENUM64] = 3;

/** Where each type of a blob is. */
export interface TypeIndex {
  /** The types, as numbers of this machine's byte order. */
  readonly words: Uint32Array;
  /** Index in `words` of each type, in the order of the blob. */
  readonly starts: Uint32Array;
  /** Offset of the name of each type. */
  readonly names: Uint32Array;
}

/** Finds all types of a blob in one pass, without looking into them. */
export function indexTypes(bytes: Uint8Array, header: BtfHeader): TypeIndex {
  const words = wordsOf(bytes, header.types, header.littleEndian);
  const extra = header.layout.length === 0 ? EXTRA_WORDS : EXTRA_WORDS.slice();
  const element = header.layout.length === 0 ? ELEMENT_WORDS : ELEMENT_WORDS.slice();
  const kinds = readLayout(bytes, header, extra, element);

  const most = Math.floor(words.length / COMMON_WORDS);
  const starts = new Uint32Array(most);
  const names = new Uint32Array(most);
  const count = fillIndex(words, starts, names, extra, element, kinds);
  // Views: the room behind them is memory that was never touched, which the system does not give out.
  return { words, starts: starts.subarray(0, count), names: names.subarray(0, count) };
}

/** Returns the number of types. Hot: the kernel's BTF has more than 100,000. */
function fillIndex(
  words: Uint32Array,
  starts: Uint32Array,
  names: Uint32Array,
  extra: Uint8Array,
  element: Uint8Array,
  kinds: number,
): number {
  const end = words.length;
  let count = 0;
  let at = 0;
  while (at < end) {
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x7f;
    const next = at + COMMON_WORDS + (extra[kind] ?? 0) + (info & 0xffffff) * (element[kind] ?? 0);
    // at + 3 > end only when next > end
    if (next > end || kind === 0 || kind >= kinds) throw badType(count, at, kind, kinds);
    starts[count] = at;
    names[count++] = words[at] ?? 0;
    at = next;
  }
  return count;
}

function badType(index: number, at: number, kind: number, kinds: number): ObjectFormatError {
  const problem =
    kind === 0 || kind >= kinds ? `is of kind ${kind}, which is not known` : "goes beyond the end of the types";
  return new ObjectFormatError(`type ${index + 1} ${problem}`, { section: ".BTF", offset: at * 4 });
}

/**
 * Takes the sizes of kinds that are newer than this reader from the blob (`struct btf_layout`: bytes of the part after the
 * common one, bytes of each element, flags). Returns the number of kinds whose size is known.
 */
function readLayout(bytes: Uint8Array, header: BtfHeader, extra: Uint8Array, element: Uint8Array): number {
  const { start, length } = header.layout;
  const kinds = Math.min(Math.floor(length / 4), extra.length);
  for (let kind = KIND_COUNT; kind < kinds; kind++) {
    const infoBytes = bytes[start + kind * 4] ?? 0;
    const elementBytes = bytes[start + kind * 4 + 1] ?? 0;
    if (infoBytes % 4 !== 0 || elementBytes % 4 !== 0) {
      throw new ObjectFormatError(`types of kind ${kind} are said to be ${infoBytes} and ${elementBytes} bytes`, {
        section: ".BTF",
        offset: start + kind * 4,
      });
    }
    extra[kind] = infoBytes / 4;
    element[kind] = elementBytes / 4;
  }
  return Math.max(kinds, KIND_COUNT);
}

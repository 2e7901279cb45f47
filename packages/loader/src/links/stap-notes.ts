import { ObjectFormatError } from "../errors/index.ts";

/** A place in an executable that its author marked for tracing, as `DTRACE_PROBE()` and its relatives of <sys/sdt.h> do. */
export interface StapNote {
  readonly provider: string;
  readonly name: string;
  /** Address of the instruction, as linked. */
  readonly location: bigint;
  /** Address of the section .stapsdt.base, as linked; 0 when there was none. */
  readonly base: bigint;
  /** Address of the 16-bit counter of those who trace, as linked; 0 when there is none. */
  readonly semaphore: bigint;
  /** Where the arguments are, in the assembler's words: `"-4@%edi 8@-16(%rbp)"`. */
  readonly arguments: string;
}

const OWNER = "stapsdt";
const TYPE = 3;
/** Sizes of name and description, and the type: 32 bits each, in files of both sizes. */
const HEADER_BYTES = 12;

/**
 * The notes in the section .note.stapsdt; those of other owners are left out.
 *
 * Format: the System V ABI, chapter 5, "Note Section", and SystemTap's UserSpaceProbeImplementation: three addresses, then
 * provider, name and arguments, each ended by a zero byte.
 *
 * @param word bytes of an address in the file.
 * @throws ObjectFormatError when a note goes beyond the section or is not as described.
 */
export function* stapNotes(section: DataView, word: 4 | 8, littleEndian: boolean): Generator<StapNote> {
  const bytes = Buffer.from(section.buffer, section.byteOffset, section.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < HEADER_BYTES) throw damaged("is cut off", at);
    const nameBytes = section.getUint32(at, littleEndian);
    const contentBytes = section.getUint32(at + 4, littleEndian);
    const type = section.getUint32(at + 8, littleEndian);
    const name = at + HEADER_BYTES;
    const content = name + aligned(nameBytes);
    const end = content + contentBytes;
    if (end > bytes.length) throw damaged("goes beyond the section", at);
    if (type === TYPE && textOf(bytes, name, nameBytes) === OWNER) {
      yield parseNote(bytes.subarray(content, end), word, littleEndian, at);
    }
    at = content + aligned(contentBytes);
  }
}

function parseNote(content: Buffer, word: 4 | 8, littleEndian: boolean, at: number): StapNote {
  const texts = 3 * word;
  const provider = content.indexOf(0, texts);
  const name = provider < 0 ? -1 : content.indexOf(0, provider + 1);
  const last = name < 0 ? -1 : content.indexOf(0, name + 1);
  if (content.length < texts || last < 0) throw damaged("has not three addresses and three texts", at);
  if (name === provider + 1) throw damaged("has no name", at);
  const places = content.toString("utf8", name + 1, last);
  return {
    provider: content.toString("utf8", texts, provider),
    name: content.toString("utf8", provider + 1, name),
    location: addressAt(content, 0, word, littleEndian),
    base: addressAt(content, word, word, littleEndian),
    semaphore: addressAt(content, 2 * word, word, littleEndian),
    // A colon stands for arguments that were not described.
    arguments: places.startsWith(":") ? "" : places,
  };
}

function addressAt(content: Buffer, at: number, word: 4 | 8, littleEndian: boolean): bigint {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return word === 4 ? BigInt(view.getUint32(at, littleEndian)) : view.getBigUint64(at, littleEndian);
}

/** Without the zero byte at its end. */
function textOf(bytes: Buffer, at: number, length: number): string {
  return bytes.toString("latin1", at, at + Math.max(0, length - 1));
}

/** Names and descriptions take whole words of 4 bytes, in files of both sizes. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function damaged(what: string, offset: number): ObjectFormatError {
  return new ObjectFormatError(`a note ${what}`, { section: ".note.stapsdt", offset });
}

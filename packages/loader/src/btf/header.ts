import { ObjectFormatError } from "../errors/index.ts";

/** First field of .BTF and .BTF.ext. */
const MAGIC = 0xeb9f;
const VERSION = 1;

/** Up to `str_len`. */
const HEADER_BYTES = 24;
/** With `layout_off` and `layout_len`. Since Linux 7.1. */
const HEADER_BYTES_WITH_LAYOUT = 32;

/** A range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** Where the parts of a BTF blob are, in bytes from its start. */
export interface BtfHeader {
  readonly littleEndian: boolean;
  readonly headerBytes: number;
  readonly types: ByteRange;
  readonly strings: ByteRange;
  /** Sizes of the kinds, for readers that don't know them all; empty before Linux 7.1. */
  readonly layout: ByteRange;
}

/** Reads magic, version, flags and length of the header, which .BTF and .BTF.ext share; returns byte order and length. */
export function parseCommonHeader(
  view: DataView,
  section: string,
  leastBytes: number,
): { littleEndian: boolean; headerBytes: number } {
  if (view.byteLength < leastBytes) {
    throw new ObjectFormatError(`truncated: ${view.byteLength} bytes, the header alone takes ${leastBytes}`, {
      section,
    });
  }
  const littleEndian = view.getUint16(0, true) === MAGIC;
  if (!littleEndian && view.getUint16(0, false) !== MAGIC) {
    throw new ObjectFormatError("it does not start with BTF's magic number", { section, offset: 0 });
  }
  const version = view.getUint8(2);
  const flags = view.getUint8(3);
  if (version !== VERSION || flags !== 0) {
    throw new ObjectFormatError(`version ${version} with flags ${flags}, wanted version ${VERSION} without`, {
      section,
      offset: 2,
    });
  }
  const headerBytes = view.getUint32(4, littleEndian);
  if (headerBytes < leastBytes || headerBytes > view.byteLength) {
    throw new ObjectFormatError(`a header of ${headerBytes} bytes in ${view.byteLength}`, { section, offset: 4 });
  }
  return { littleEndian, headerBytes };
}

/** Throws when a header has fields that we don't know and that aren't zero: ignoring them could misread the rest. */
export function checkUnknownFieldsAreZero(view: DataView, from: number, to: number, section: string): void {
  for (let at = from; at < to; at++) {
    if (view.getUint8(at) !== 0) {
      throw new ObjectFormatError("the header has fields that are not known here", { section, offset: at });
    }
  }
}

/** Reads the header of a BTF blob and checks that all that it points to is inside of the blob. */
export function parseHeader(bytes: Uint8Array): BtfHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { littleEndian, headerBytes } = parseCommonHeader(view, ".BTF", HEADER_BYTES);
  const rangeAt = (at: number, what: string): ByteRange => {
    const start = headerBytes + view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    if (start + length > bytes.length) {
      throw new ObjectFormatError(`truncated: ${what} would end at byte ${start + length} of ${bytes.length}`, {
        section: ".BTF",
      });
    }
    return { start, length };
  };
  const hasLayout = headerBytes >= HEADER_BYTES_WITH_LAYOUT;
  checkUnknownFieldsAreZero(view, hasLayout ? HEADER_BYTES_WITH_LAYOUT : HEADER_BYTES, headerBytes, ".BTF");
  const header: BtfHeader = {
    littleEndian,
    headerBytes,
    types: rangeAt(8, "its types"),
    strings: rangeAt(16, "its strings"),
    layout: hasLayout ? rangeAt(24, "its layout") : { start: headerBytes, length: 0 },
  };
  if (header.types.length % 4 !== 0 || (header.types.start - headerBytes) % 4 !== 0) {
    throw new ObjectFormatError("its types are not aligned to 4 bytes", { section: ".BTF", offset: 8 });
  }
  return header;
}

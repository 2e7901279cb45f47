import { CodecError, showName } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import type { RecordCursor } from "./record-cursor.ts";

/** Options of `consume`. */
export interface ConsumeOptions {
  /** Records to read at most. Default: all that are there. */
  readonly limit?: number;
}

/** What a callback reads from. */
export interface Consumable<C extends RecordCursor> {
  readonly cursor: C;
  /** True while a callback runs: the cursor is its own then. */
  consuming: boolean;
}

/**
 * Calls `use` for each record that is there by now; its data is gone after. Returns how many there were. Space is given back after
 * `batch` bytes at the latest.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when `use` itself comes here
 */
export function consumeRecords<C extends RecordCursor>(
  source: Consumable<C>,
  use: (cursor: C) => void,
  options: ConsumeOptions | undefined,
  batch: number,
  what: string,
): number {
  if (source.consuming)
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} is consumed already: consume was called by its own callback`,
    );
  const { cursor } = source;
  const limit = options?.limit ?? Infinity;
  let count = 0;
  source.consuming = true;
  try {
    cursor.refresh();
    while (count < limit && cursor.advance()) {
      count++;
      use(cursor);
      if (cursor.unpublished >= batch) cursor.publish();
    }
  } finally {
    cursor.publish();
    source.consuming = false;
  }
  return count;
}

/** The bytes of a record where they lie. */
export interface RecordPlace {
  readonly view: DataView;
  /** Bytes from the start of {@link view}. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * A record's value; without a codec, a copy of its bytes.
 *
 * @throws CodecError when it is shorter than its type.
 */
export function decodeRecord<T>(codec: Codec<T> | undefined, record: RecordPlace, what: string): T {
  // Without a codec T is Uint8Array: see OpenedMap.
  if (codec === undefined) return copyRecord(record) as T;
  if (record.length < codec.size) {
    throw new CodecError(
      [],
      `${what}: a record has ${record.length} bytes and ${showName(codec.name)} ${codec.size}; read records of other types with rawEvents or consumeRaw`,
    );
  }
  if (codec.readRecord !== undefined) return codec.readRecord(record.view, record.offset, record.length);
  return codec.read(record.view, record.offset);
}

/** A copy of a record's bytes. */
export function copyRecord({ view, offset, length }: RecordPlace): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

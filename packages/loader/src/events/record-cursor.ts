/**
 * Steps through the records of a ring, or of several: {@link refresh}, then {@link advance} as often as it is true, then
 * {@link publish}. In between, nobody else may read.
 */
export interface RecordCursor {
  /** Looks how far the producers are. */
  refresh(): void;
  /** Whether there is a record to read. Skips what is no record. */
  ready(): boolean;
  /** Whether the next record is still being written. */
  isBusy(): boolean;
  /** Steps to the next record. False when there was none at the last {@link refresh}. */
  advance(): boolean;
  /** Bytes of records that were stepped over and not yet given back. */
  readonly unpublished: number;
  /** Gives the space of all records so far back to the producers: their data is gone then. */
  publish(): void;
}

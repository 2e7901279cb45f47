/**
 * Converts between a C type's bytes and a JavaScript value, at fixed offsets.
 *
 * `read` and `write` work in place in a larger view, so that a codec of a struct calls those of its members without
 * copying. Neither checks that `size` bytes are there: `DataView` does, by throwing `RangeError`.
 */
export interface Codec<T> {
  /** The C type's name: `"struct event"`, `"__u32"`. */
  readonly name: string;
  /** Size in bytes, padding included. */
  readonly size: number;
  /** Alignment in bytes: 1, 2, 4, 8 or 16. */
  readonly align: number;
  /** The value at `offset` bytes into `view`. */
  read(view: DataView, offset: number): T;
  /**
   * The value in a record of `length` bytes, at least {@link size}: of a struct that ends with a flexible array, which is what is left
   * of them. Others have no such method.
   */
  readRecord?(view: DataView, offset: number, length: number): T;
  /**
   * Writes all `size` bytes of the value at `offset`, padding as zero.
   *
   * @throws CodecError when the value is not of the type, naming the path to the field, the value and what would fit.
   */
  write(view: DataView, offset: number, value: T): void;
}

/** The JavaScript type that a codec reads. */
export type CodecValue<C> = C extends Codec<infer T> ? T : never;

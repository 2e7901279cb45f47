import type { Codec } from "./codec.ts";
import { readField, struct } from "./composite.ts";

/** The flexible array at the end of a struct: what it has of a record's bytes. */
export interface FlexibleMember {
  readonly name: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** @param length bytes from there to the record's end */
  readonly read: (view: DataView, offset: number, length: number) => unknown;
}

/**
 * A struct with a flexible array at its end: `struct { __u32 length; char data[]; }`. In a record of a ring or of perf, whose length is
 * known, the array is what is left of the record; elsewhere it is empty, as it is in C's sizeof, and only an empty one is written.
 */
export function flexibleStruct<T extends object>(
  name: string,
  size: number,
  align: number,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
  member: FlexibleMember,
): Codec<T> {
  return {
    ...struct(name, size, align, read, write),
    readRecord(view, offset, length) {
      const rest = member.read(view, offset + member.offset, Math.max(0, length - member.offset));
      return { ...read(view, offset), [member.name]: rest };
    },
  };
}

/** As many elements as there is room for; bytes that are left behind them are not looked at. */
export function elements<T>(codec: Codec<T>): (view: DataView, offset: number, length: number) => T[] {
  return (view, offset, length) => {
    const count = codec.size === 0 ? 0 : Math.floor(length / codec.size);
    return Array.from({ length: count }, (_, index) => readField(codec, view, offset + index * codec.size, index));
  };
}

import { struct } from "../codec/composite.ts";
import type { UnionCodec } from "../codec/index.ts";

/**
 * A struct with anonymous unions: the members of these are its own, so that writing one takes one member of each union, or
 * several that agree. `of` makes the whole value from these.
 */
export function structWithUnions<T extends object>(
  name: string,
  size: number,
  align: number,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): UnionCodec<T> {
  const codec = struct(name, size, align, read, write);
  return {
    ...codec,
    of(members) {
      const view = new DataView(new ArrayBuffer(size));
      // What is left out is undefined: right for the other members of a union, and an error for everything else.
      codec.write(view, 0, members as T);
      return read(view, 0);
    },
  };
}

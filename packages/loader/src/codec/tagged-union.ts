import { readBytes, writeBytes, zeroFill } from "./bytes.ts";
import { checkObject } from "./check.ts";
import { codecError, describeValue, showName, within } from "./codec-error.ts";
import type { PathSegment } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { writeField } from "./composite.ts";
import { fieldValue } from "./union.ts";

/** The member of a union that is meant by one value of its tag. */
export interface TaggedMember {
  readonly tag: number | bigint;
  readonly name: string;
  readonly codec: Codec<unknown>;
}

/** Reads and writes a union of which a tag elsewhere says which member is meant. */
export interface TaggedUnion<T> {
  /** The C type's name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly align: number;
  /** The member that `tag` means; the bytes for a tag that means none. */
  read(view: DataView, offset: number, tag: number | bigint, field: PathSegment): T;
  /**
   * Writes the member that `tag` means, and zeros behind it.
   *
   * @throws CodecError when the value is of another tag, or its member does not fit.
   */
  write(view: DataView, offset: number, value: T, tag: unknown, field: PathSegment): void;
}

/**
 * A union as one of its members: `{ kind: 1, exit: { code: 2 } }`; as `{ kind: undefined, bytes }` for a tag that means none.
 *
 * @param tagName property that repeats the tag
 * @param bytesName property of the bytes
 */
export function taggedUnion<T extends object>(
  name: string,
  size: number,
  align: number,
  members: readonly TaggedMember[],
  tagName: string,
  bytesName: string,
): TaggedUnion<T> {
  const byTag = new Map<unknown, TaggedMember>(members.map((member) => [member.tag, member]));
  return {
    name,
    size,
    align,
    read(view, offset, tag, field) {
      const member = byTag.get(tag);
      // One of the forms that T lists, as generated code says.
      if (member === undefined) return { [tagName]: undefined, [bytesName]: readBytes(view, offset, size) } as T;
      try {
        return { [tagName]: tag, [member.name]: member.codec.read(view, offset) } as T;
      } catch (error) {
        throw within(field, within(member.name, error));
      }
    },
    write(view, offset, value, tag, field) {
      try {
        const object = checkObject(value, name);
        const member = byTag.get(tag);
        const given = fieldValue(object, tagName);
        if (given !== member?.tag) throw codecError(tagName, otherTag(given, tag, tagName, member));
        if (member === undefined) writeBytes(view, offset, size, fieldValue(object, bytesName), bytesName);
        else {
          zeroFill(view, offset, size);
          writeField(member.codec, view, offset, fieldValue(object, member.name), member.name);
        }
      } catch (error) {
        throw within(field, error);
      }
    },
  };
}

function otherTag(given: unknown, tag: unknown, tagName: string, member: TaggedMember | undefined): string {
  const means = member === undefined ? "no member, so it is undefined here" : `member ${showName(member.name)}`;
  return `${describeValue(given)} does not agree with ${showName(tagName)} beside it: ${describeValue(tag)} means ${means}`;
}

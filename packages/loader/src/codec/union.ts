import { writeBytes, zeroFill } from "./bytes.ts";
import { checkObject } from "./check.ts";
import { CodecError, showName } from "./codec-error.ts";
import type { Codec } from "./codec.ts";
import { writeField } from "./composite.ts";

/** One member of a union. */
export interface UnionMember {
  /** Empty for an anonymous struct or union: its own members are then the properties. */
  readonly name: string;
  /** Properties that belong to it: its name, or the names of an anonymous one's members. */
  readonly fields: readonly string[];
  readonly codec: Codec<unknown>;
}

/** A union's codec: see {@link union}. */
export interface UnionCodec<T> extends Codec<T> {
  /**
   * The whole value that follows from one member, or from several that agree: `Address.of({ v4: 1 })` has `v6` too.
   *
   * @throws CodecError as {@link writeUnion} does.
   */
  of(members: Partial<T>): T;
}

/**
 * A union as an object with every member. `read` reads them all; a value is written by {@link writeUnion}.
 * `members` in order of declaration.
 */
export function union<T extends object>(
  name: string,
  size: number,
  align: number,
  read: (view: DataView, offset: number) => T,
  members: readonly UnionMember[],
): UnionCodec<T> {
  return {
    name,
    size,
    align,
    read,
    write: (view, offset, value) => writeUnion(view, offset, size, name, members, value),
    of(value) {
      const view = new DataView(new ArrayBuffer(size));
      writeUnion(view, 0, size, name, members, value);
      return read(view, 0);
    },
  };
}

/**
 * Writes a union of `size` bytes from an object: from the one member that is there, the bytes that it does not have as
 * zero; or from several, as a value that was read has them all, when they say the same. For an anonymous union `value`
 * is the object around it.
 *
 * @throws CodecError when no member is there, or when two are that say different things: then one was changed and the
 *   others not, and the writer can't know which is meant. Set those that are not meant to `undefined`.
 */
export function writeUnion(
  view: DataView,
  offset: number,
  size: number,
  name: string,
  members: readonly UnionMember[],
  value: unknown,
): void {
  const object = checkObject(value, name);
  const given: Given[] = [];
  for (const member of members) {
    if (member.name === "") {
      if (member.fields.some((field) => fieldValue(object, field) !== undefined)) given.push({ member, value: object });
    } else {
      const memberValue = fieldValue(object, member.name);
      if (memberValue !== undefined) given.push({ member, value: memberValue });
    }
  }
  const [first] = given;
  zeroFill(view, offset, size);
  if (first === undefined) {
    if (members.length === 0) return;
    throw new CodecError([], `no member of ${showName(name)} is given; give one of ${listFields(members)}`);
  }
  if (given.length === 1) writeMember(view, offset, first);
  else writeBytes(view, offset, size, merge(size, name, given));
}

interface Given {
  readonly member: UnionMember;
  readonly value: unknown;
}

function writeMember(view: DataView, offset: number, { member, value }: Given): void {
  if (member.name === "") member.codec.write(view, offset, value);
  else writeField(member.codec, view, offset, value, member.name);
}

/**
 * Bytes in which every given member reads as it was given. Padding is different in each member, and bitfields have some in the
 * middle of bytes, so that none has all bits: those that one writes as zero are taken from the others, and then each is compared.
 */
function merge(size: number, name: string, given: readonly Given[]): Uint8Array {
  const encoded = given.map((one) => {
    const bytes = new Uint8Array(size);
    writeMember(new DataView(bytes.buffer), 0, one);
    return { codec: one.member.codec, bytes };
  });
  const all = new Uint8Array(size);
  for (const { bytes } of encoded) for (let i = 0; i < size; i++) all[i] = (all[i] ?? 0) | (bytes[i] ?? 0);
  if (encoded.every(({ codec, bytes }) => agrees(codec, bytes, all))) return all;
  // Where several bytes read alike, a _Bool of 2 and the NaNs, bits are not just missing: one of them has the right bytes.
  for (const candidate of encoded) {
    const merged = candidate.bytes.slice();
    for (const { bytes } of encoded) for (let i = 0; i < size; i++) if (merged[i] === 0) merged[i] = bytes[i] ?? 0;
    if (encoded.every(({ codec, bytes }) => agrees(codec, bytes, merged))) return merged;
  }
  const names = listFields(given.map(({ member }) => member));
  throw new CodecError([], `members ${names} of ${showName(name)} say different things; give one of them`);
}

/** Whether reading a member from `merged` and writing it again gives the bytes that it was given as. */
function agrees(codec: Codec<unknown>, wanted: Uint8Array, merged: Uint8Array): boolean {
  const again = new Uint8Array(wanted.length);
  codec.write(new DataView(again.buffer), 0, codec.read(new DataView(merged.buffer), 0));
  for (let i = 0; i < wanted.length; i++) if (wanted[i] !== again[i]) return false;
  return true;
}

function listFields(members: readonly UnionMember[]): string {
  return members
    .map(({ fields }) => (fields.length === 1 ? fields.map(showName).join() : `(${fields.map(showName).join(", ")})`))
    .join(", ");
}

/**
 * A field's value. Getters of a class count, but not what every object has (`constructor`, `__proto__` …): C may have
 * fields of these names.
 */
export function fieldValue(object: object, name: string): unknown {
  if (name in Object.prototype && !Object.hasOwn(object, name)) return undefined;
  // Any object may be read by any name: what is absent is undefined.
  return (object as Readonly<Record<string, unknown>>)[name];
}

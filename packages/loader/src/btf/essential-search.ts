import { essentialName } from "./essential-name.ts";
import { Kind, kindNumber } from "./raw-type.ts";
import type { TypeIndex } from "./type-index.ts";
import type { TypeId } from "./types.ts";

/** What is searched. */
export interface NamedTypes extends TypeIndex {
  readonly firstTypeId: TypeId;
  /** The blob's own strings, and the offset by which types refer to the first of them. */
  readonly strings: Uint8Array;
  readonly firstString: number;
  /** Reads the base's strings too. */
  readonly readString: (offset: number) => string;
}

const BUCKETS = 1024;
const encoder = new TextEncoder();

/** A wanted name, and the types that have it. */
interface Wanted {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ids: TypeId[];
}

/** Kinds that have a name of their own and aren't tags. */
const NAMED = new Uint8Array(128);
for (const kind of [
  Kind.INT,
  Kind.STRUCT,
  Kind.UNION,
  Kind.ENUM,
  Kind.FWD,
  Kind.TYPEDEF,
  Kind.FUNC,
  Kind.VAR,
  Kind.DATASEC,
  Kind.FLOAT,
  Kind.ENUM64,
]) {
  NAMED[kind] = 1;
}

/**
 * Types whose essential name is wanted, in one pass over the types. Most types are ruled out by the first two bytes of
 * their name, so that no string is made of it.
 */
export function findEssentialNames(
  names: ReadonlySet<string>,
  types: NamedTypes,
): ReadonlyMap<string, readonly TypeId[]> {
  const wanted = Array.from(names, (name): Wanted => ({ name, bytes: encoder.encode(name), ids: [] }));
  const buckets = intoBuckets(wanted);
  const { words, starts, strings, firstString } = types;

  for (let index = 0; index < starts.length; index++) {
    const start = starts[index] ?? 0;
    if (NAMED[kindNumber(words[start + 1] ?? 0)] !== 1) continue;
    const nameOffset = words[start] ?? 0;
    if (nameOffset < firstString) {
      matchString(types.readString(nameOffset), wanted, types.firstTypeId + index);
      continue;
    }
    const at = nameOffset - firstString;
    const bucket = buckets[bucketOf(strings[at] ?? 0, strings[at + 1] ?? 0)];
    if (bucket === undefined) continue;
    for (const candidate of bucket) {
      if (!startsWith(strings, at, candidate.bytes)) continue;
      if (essentialName(types.readString(nameOffset)) === candidate.name) candidate.ids.push(types.firstTypeId + index);
    }
  }

  return new Map(wanted.filter(({ ids }) => ids.length > 0).map(({ name, ids }) => [name, ids]));
}

/** A type of a split BTF whose name is among the base's strings. */
function matchString(text: string, wanted: readonly Wanted[], id: TypeId): void {
  const essential = essentialName(text);
  wanted.find(({ name }) => name === essential)?.ids.push(id);
}

function intoBuckets(wanted: readonly Wanted[]): readonly (Wanted[] | undefined)[] {
  const buckets: (Wanted[] | undefined)[] = Array.from({ length: BUCKETS }, () => undefined);
  const add = (bucket: number, name: Wanted): void => {
    const known = buckets[bucket];
    if (known === undefined) buckets[bucket] = [name];
    else if (!known.includes(name)) known.push(name);
  };
  for (const name of wanted) {
    const [first, second] = name.bytes;
    if (first === undefined) continue;
    if (second !== undefined) {
      add(bucketOf(first, second), name);
      continue;
    }
    // A name of one byte is followed by its end or by a flavour.
    add(bucketOf(first, 0), name);
    add(bucketOf(first, 0x5f), name);
  }
  return buckets;
}

function bucketOf(first: number, second: number): number {
  return (first * 37 + second * 5) & (BUCKETS - 1);
}

/** Whether the name at an offset is the wanted one, or starts with it and has a flavour. */
function startsWith(strings: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) {
    if (strings[at + index] !== name[index]) return false;
  }
  const next = strings[at + name.length];
  return next === 0 || next === 0x5f;
}

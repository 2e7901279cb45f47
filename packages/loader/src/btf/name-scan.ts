import { decodeName } from "../elf/string-table.ts";
import { essentialName } from "./essential-name.ts";

/** Names are told apart by their first three bytes. */
export const BUCKETS: number = 1 << 15;
const UNDERSCORE = 0x5f;
const encoder = new TextEncoder();

interface WantedName {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What to accept: a name as it is, or also its flavours (see {@link essentialName}). */
export type NameMatch = "exact" | "essential";

/**
 * Finds names among the strings that types refer to, without making a string of each: nearly all are ruled out by their
 * first three bytes. Empty names are not found.
 */
export class NameScan {
  readonly #match: NameMatch;
  /** Wanted names, by the hash of their first bytes. */
  readonly #buckets = new Map<number, WantedName[]>();
  /** 1 where there is such a bucket; names elsewhere are not wanted. */
  readonly filter: Uint8Array = new Uint8Array(BUCKETS);

  constructor(names: Iterable<string>, match: NameMatch) {
    this.#match = match;
    for (const name of names) {
      const wanted = { name, bytes: encoder.encode(name) };
      const [first, second, third] = wanted.bytes;
      if (first === undefined) continue;
      // A shorter name is followed by its end or by a flavour.
      if (third !== undefined) this.#add(bucketOf(first, second ?? 0, third), wanted);
      else if (second !== undefined) {
        this.#add(bucketOf(first, second, 0), wanted);
        this.#add(bucketOf(first, second, UNDERSCORE), wanted);
      } else {
        this.#add(bucketOf(first, UNDERSCORE, UNDERSCORE), wanted);
        for (let any = 0; any < 256; any++) this.#add(bucketOf(first, 0, any), wanted);
      }
    }
  }

  /**
   * Index of the first of `offsets`, from `from`, at which there may be a wanted name; the number of them when there is
   * none. Offsets below `shared` are of other strings and always returned; the others count from there.
   */
  next(offsets: Uint32Array, from: number, strings: Uint8Array, shared: number): number {
    const end = offsets.length;
    const filter = this.filter;
    for (let index = from; index < end; index++) {
      const at = (offsets[index] ?? 0) - shared;
      // Written out, and not a call of bucketOf: this runs 100,000 times, most of them before it is compiled.
      const bucket =
        ((strings[at] ?? 0) ^ ((strings[at + 1] ?? 0) << 5) ^ ((strings[at + 2] ?? 0) << 10)) & (BUCKETS - 1);
      if (filter[bucket] !== 0 || at < 0) return index;
    }
    return end;
  }

  /** The wanted name that the string at an offset is, or is a flavour of. */
  wantedAt(strings: Uint8Array, at: number): string | undefined {
    const bucket = bucketOf(strings[at] ?? 0, strings[at + 1] ?? 0, strings[at + 2] ?? 0);
    const candidates = this.#buckets.get(bucket) ?? [];
    // An index and no iterator, for the same reason.
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index];
      if (candidate !== undefined && this.#isAt(strings, at, candidate)) return candidate.name;
    }
    return undefined;
  }

  #isAt(strings: Uint8Array, at: number, wanted: WantedName): boolean {
    const { name, bytes } = wanted;
    const next = strings[at + bytes.length];
    if ((next !== 0 && next !== UNDERSCORE) || !startsWith(strings, at, bytes)) return false;
    return next === 0 || (this.#match === "essential" && isFlavour(strings, at, name));
  }

  #add(bucket: number, wanted: WantedName): void {
    const known = this.#buckets.get(bucket);
    if (known === undefined) {
      this.#buckets.set(bucket, [wanted]);
      this.filter[bucket] = 1;
    } else if (!known.includes(wanted)) known.push(wanted);
  }
}

function bucketOf(first: number, second: number, third: number): number {
  return (first ^ (second << 5) ^ (third << 10)) & (BUCKETS - 1);
}

function startsWith(strings: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let index = bytes.length - 1; index >= 0; index--) {
    if (strings[at + index] !== bytes[index]) return false;
  }
  return true;
}

function isFlavour(strings: Uint8Array, at: number, name: string): boolean {
  const end = strings.indexOf(0, at);
  return end !== -1 && essentialName(decodeName(strings, at, end)) === name;
}

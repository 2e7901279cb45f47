import { elementCount, Kind, kindNumber } from "./raw-type.ts";

/** Words of a type before those of its kind: name, info, size or type. */
const COMMON_WORDS = 3;

/**
 * What the elements of a kind consist of: words of each, and which of them hold the offset of a name and the id of a type (-1:
 * none).
 */
interface ElementWords {
  readonly size: number;
  readonly name: number;
  readonly type: number;
}

const ELEMENTS: ReadonlyMap<number, ElementWords> = new Map([
  [Kind.STRUCT, { size: 3, name: 0, type: 1 }],
  [Kind.UNION, { size: 3, name: 0, type: 1 }],
  [Kind.ENUM, { size: 2, name: 0, type: -1 }],
  [Kind.ENUM64, { size: 3, name: 0, type: -1 }],
  [Kind.FUNC_PROTO, { size: 2, name: 0, type: 1 }],
  [Kind.DATASEC, { size: 3, name: -1, type: 0 }],
]);

/** Kinds whose third word is a type. */
const REFERRING: ReadonlySet<number> = new Set([
  Kind.PTR,
  Kind.TYPEDEF,
  Kind.VOLATILE,
  Kind.CONST,
  Kind.RESTRICT,
  Kind.FUNC,
  Kind.FUNC_PROTO,
  Kind.VAR,
  Kind.DECL_TAG,
  Kind.TYPE_TAG,
]);

/** Calls back with the index of each word of a type that is the id of another. */
export function eachTypeWord(words: ArrayLike<number>, visit: (index: number) => void): void {
  const info = words[1] ?? 0;
  const kind = kindNumber(info);
  if (REFERRING.has(kind)) visit(2);
  if (kind === Kind.ARRAY) {
    visit(COMMON_WORDS);
    visit(COMMON_WORDS + 1);
  }
  const element = ELEMENTS.get(kind);
  if (element === undefined || element.type === -1) return;
  const end = COMMON_WORDS + elementCount(info) * element.size;
  for (let at = COMMON_WORDS + element.type; at < end; at += element.size) visit(at);
}

/** Calls back with the index of each word of a type that is the offset of a name. */
export function eachNameWord(words: ArrayLike<number>, visit: (index: number) => void): void {
  const info = words[1] ?? 0;
  visit(0);
  const element = ELEMENTS.get(kindNumber(info));
  if (element === undefined || element.name === -1) return;
  const end = COMMON_WORDS + elementCount(info) * element.size;
  for (let at = COMMON_WORDS + element.name; at < end; at += element.size) visit(at);
}

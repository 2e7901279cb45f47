import type { BtfFloat, BtfInt } from "./types.ts";

/** What a C compiler for 64-bit machines makes of a type's name. */
interface CScalar {
  readonly spelling: string;
  readonly size: number;
  readonly signed: boolean;
}

const scalar = (spelling: string, size: number, signed: boolean): CScalar => ({ spelling, size, signed });

/** By their words, in alphabetical order: compilers write `long unsigned int` as well as `unsigned long`. */
const BY_WORDS: ReadonlyMap<string, CScalar> = new Map(
  [
    scalar("char", 1, true),
    scalar("signed char", 1, true),
    scalar("unsigned char", 1, false),
    scalar("short", 2, true),
    scalar("unsigned short", 2, false),
    scalar("int", 4, true),
    scalar("unsigned int", 4, false),
    scalar("long", 8, true),
    scalar("unsigned long", 8, false),
    scalar("long long", 8, true),
    scalar("unsigned long long", 8, false),
    scalar("__int128", 16, true),
    scalar("unsigned __int128", 16, false),
  ].map((type) => [keyOf(type.spelling), type]),
);

/** `int` and `signed` say nothing beside other words. */
function keyOf(name: string): string {
  const words = name.split(" ").filter((word) => word !== "int" && word !== "signed");
  if (name.includes("signed char") && !name.includes("unsigned")) words.push("signed");
  if (words.length === 0 && name !== "") return "int";
  if (words.length === 1 && words[0] === "unsigned") words.push("int");
  return words.sort().join(" ");
}

/** The spelling of an integer of that size that every compiler has. `undefined` when there is none. */
export function integerOfSize(size: number, signed: boolean): string | undefined {
  switch (size) {
    case 1:
      return signed ? "signed char" : "unsigned char";
    case 2:
      return signed ? "short" : "unsigned short";
    case 4:
      return signed ? "int" : "unsigned int";
    case 8:
      return signed ? "long long" : "unsigned long long";
    case 16:
      return signed ? "__int128" : "unsigned __int128";
    default:
      return undefined;
  }
}

/** How C spells an integer or a float whose name C has itself, when it takes as many bytes there; else `undefined`. */
export function ownCSpelling({
  kind,
  name,
  size,
}: Pick<BtfInt | BtfFloat, "kind" | "name" | "size">): string | undefined {
  if (kind === "float") {
    return (name === "float" && size === 4) || (name === "double" && size === 8) ? name : undefined;
  }
  if (name === "_Bool") return size === 1 ? name : undefined;
  // kept as the compiler wrote it where it is only written otherwise
  if (!/^[a-z_0-9 ]+$/.test(name)) return undefined;
  const known = BY_WORDS.get(keyOf(name));
  return known?.size === size ? name : undefined;
}

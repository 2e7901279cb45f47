import { choose } from "../fuzz/random.ts";
import type { Random } from "../fuzz/random.ts";

/** A type in C of which C and generated code are asked what its bytes are. */
export type CType =
  | { readonly kind: "int"; readonly c: string; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "enum"; readonly c: string; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "bool" | "float" | "double" | "pointer" | "int128" }
  | { readonly kind: "text"; readonly length: number }
  | { readonly kind: "array"; readonly of: CType; readonly length: number }
  | { readonly kind: "composite"; readonly composite: Composite };

/** A struct or union. */
export interface Composite {
  readonly keyword: "struct" | "union";
  /** Of one that has a name. */
  readonly tag: string | undefined;
  readonly attributes: string;
  readonly members: readonly Member[];
}

/** A member; without a name, the members of its struct or union are those of the one around it. */
export interface Member {
  readonly name: string | undefined;
  readonly type: CType;
  /** Of a bitfield. */
  readonly bits: number | undefined;
  readonly attributes: string;
  /** Has no length: the last of its struct. */
  readonly flexible: boolean;
}

const INTS: readonly CType[] = [8, 16, 32, 64].flatMap((bits) => [
  { kind: "int", c: `__u${bits}`, bits, signed: false } as const,
  { kind: "int", c: `__s${bits}`, bits, signed: true } as const,
]);
const OTHER_INTS: readonly CType[] = [
  { kind: "int", c: "char", bits: 8, signed: true },
  { kind: "int", c: "long", bits: 64, signed: true },
  { kind: "int", c: "unsigned short int", bits: 16, signed: false },
  { kind: "int", c: "word_t", bits: 32, signed: false },
];
const ENUMS: readonly CType[] = [
  { kind: "enum", c: "enum plain", bits: 32, signed: false },
  { kind: "enum", c: "enum below_zero", bits: 32, signed: true },
  { kind: "enum", c: "enum huge", bits: 64, signed: false },
  { kind: "enum", c: "huge_below_zero_t", bits: 64, signed: true },
  { kind: "enum", c: "enum small", bits: 8, signed: false },
];

/** What comes before the types. */
export const PREAMBLE = `typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u32 word_t;
enum plain { PLAIN_NONE, PLAIN_MANY = 0x7fffffff };
enum below_zero { BELOW_ZERO = -1, ABOVE_ZERO = 1 };
enum huge { HUGE_NONE, HUGE = 0x123456789abcdef0ULL };
typedef enum { LOWEST = -0x7fffffffffffffffLL - 1, LOW = 1 } huge_below_zero_t;
enum __attribute__((packed)) small { SMALL_NONE, SMALL_SOME = 200 };
`;

/** Structs, of which later ones may have earlier ones as members. */
export function randomStructs(random: Random, count: number): readonly Composite[] {
  const structs: Composite[] = [];
  for (let index = 0; index < count; index++) structs.push(new Maker(random, structs).topLevel(`t${index}`));
  return structs;
}

/** Makes one struct; its members and those inside of it have different names. */
class Maker {
  readonly #random: Random;
  readonly #earlier: readonly Composite[];
  #names = 0;

  constructor(random: Random, earlier: readonly Composite[]) {
    this.#random = random;
    // Nothing may stand behind what has no end.
    this.#earlier = earlier.filter(({ members }) => !members.some(({ flexible }) => flexible));
  }

  topLevel(tag: string): Composite {
    const keyword = this.#oneIn(6) ? "union" : "struct";
    const composite = this.#composite(keyword, tag, 3, keyword === "union");
    if (keyword === "union" || !this.#oneIn(6)) return composite;
    const last = this.#member(choose(this.#random, [...INTS, { kind: "text", length: 0 }]));
    return { ...composite, members: [...composite.members, { ...last, flexible: true }] };
  }

  #composite(keyword: "struct" | "union", tag: string | undefined, depth: number, inUnion: boolean): Composite {
    const members = Array.from({ length: 1 + this.#random(keyword === "union" ? 4 : 7) }, () =>
      this.#anyMember(depth, inUnion || keyword === "union"),
    );
    const packed = this.#oneIn(5) ? ["packed"] : [];
    const aligned = this.#oneIn(8) ? [`aligned(${choose(this.#random, [2, 8, 16])})`] : [];
    return { keyword, tag, attributes: attributes([...packed, ...aligned]), members };
  }

  #anyMember(depth: number, inUnion: boolean): Member {
    if (this.#oneIn(4)) return this.#bitfield(inUnion);
    if (depth > 0 && this.#oneIn(4)) {
      const keyword = this.#oneIn(2) ? "union" : "struct";
      const composite = this.#composite(keyword, undefined, depth - 1, inUnion);
      const member = this.#member({ kind: "composite", composite });
      // Attributes behind one without a name are the type's to one compiler, and the member's to the other.
      return this.#oneIn(2) ? { ...member, name: undefined, attributes: "" } : member;
    }
    return this.#member(this.#type(depth, inUnion));
  }

  #bitfield(inUnion: boolean): Member {
    const type = choose(this.#random, [...INTS, ...ENUMS, ...(inUnion ? [] : ([{ kind: "bool" }] as const))]);
    const most = type.kind === "bool" ? 1 : "bits" in type ? type.bits : 0;
    return { ...this.#member(type), bits: 1 + this.#random(most), attributes: "" };
  }

  #member(type: CType): Member {
    const aligned = this.#oneIn(12) ? attributes([`aligned(${choose(this.#random, [4, 8])})`]) : "";
    return { name: `m${this.#names++}`, type, bits: undefined, attributes: aligned, flexible: false };
  }

  /** What reads as something in which not all of its bytes show is in no union: its other members would write other bytes. */
  #type(depth: number, inUnion: boolean): CType {
    if (depth > 0 && this.#oneIn(4)) {
      const of = this.#type(depth - 1, inUnion);
      // Arrays of characters are text.
      if (of.kind !== "int" || of.c !== "char") return { kind: "array", of, length: 1 + this.#random(3) };
    }
    const usable = this.#earlier.filter((composite) => !inUnion || !hasLossy(composite));
    if (usable.length > 0 && this.#oneIn(8)) return { kind: "composite", composite: choose(this.#random, usable) };
    const others: readonly CType[] = [{ kind: "float" }, { kind: "double" }, { kind: "pointer" }, { kind: "int128" }];
    const lossy: readonly CType[] = [{ kind: "bool" }, { kind: "text", length: 1 + this.#random(9) }];
    return choose(this.#random, [...INTS, ...OTHER_INTS, ...ENUMS, ...others, ...(inUnion ? [] : lossy)]);
  }

  #oneIn(count: number): boolean {
    return this.#random(count) === 0;
  }
}

const attributes = (list: readonly string[]): string =>
  list.length === 0 ? "" : `__attribute__((${list.join(", ")}))`;

function hasLossy({ members }: Composite): boolean {
  const isLossy = (type: CType): boolean => {
    if (type.kind === "array") return isLossy(type.of);
    return type.kind === "composite" ? hasLossy(type.composite) : type.kind === "bool" || type.kind === "text";
  };
  return members.some(({ type }) => isLossy(type));
}

/** Declarations of structs in C. */
export function declare(structs: readonly Composite[]): string {
  return structs.map((composite) => `${spell(composite)};\n`).join("");
}

function spell({ keyword, tag, attributes, members }: Composite): string {
  const head = [keyword, attributes, tag].filter((part) => part !== undefined && part !== "").join(" ");
  return `${head} {\n${members.map((member) => `\t${declareMember(member)};\n`).join("")}}`;
}

function declareMember({ name = "", type, bits, attributes, flexible }: Member): string {
  const suffix = bits === undefined ? "" : ` : ${bits}`;
  const declarator = flexible && type.kind !== "text" ? `${name}[]` : name;
  return `${declareAs(type, declarator, flexible)}${suffix} ${attributes}`.trim();
}

function declareAs(type: CType, name: string, flexible = false): string {
  switch (type.kind) {
    case "int":
    case "enum":
      return `${type.c} ${name}`;
    case "bool":
      return `_Bool ${name}`;
    case "float":
    case "double":
      return `${type.kind} ${name}`;
    case "pointer":
      return `POINTER ${name}`;
    case "int128":
      return `__int128 ${name}`;
    case "text":
      return `char ${name}[${flexible ? "" : type.length}]`;
    case "array":
      return declareAs(type.of, `${name}[${type.length}]`);
    case "composite": {
      const { composite } = type;
      return `${composite.tag === undefined ? spell(composite) : `${composite.keyword} ${composite.tag}`} ${name}`;
    }
  }
}

import { StringTable } from "../elf/string-table.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { parseHeader } from "./header.ts";
import type { BtfHeader } from "./header.ts";
import { Members, placeOf } from "./members.ts";
import type { StringPlaces } from "./members.ts";
import { NameScan } from "./name-scan.ts";
import type { NameMatch } from "./name-scan.ts";
import { decodeType, isModifier, Kind, KIND_MASK, kindName, kindNumber, numberOfKind } from "./raw-type.ts";
import { toC } from "./to-c.ts";
import type { CPrintOptions } from "./to-c.ts";
import { indexTypes } from "./type-index.ts";
import type { TypeIndex, TypeSearch } from "./type-index.ts";
import { spellType } from "./type-name.ts";
import { TypeSizes } from "./type-size.ts";
import type { BtfKind, BtfType, BtfVoid, TypeId } from "./types.ts";
import { wordsOf } from "./words.ts";

/**
 * Longest chain of typedefs, qualifiers, tags and arrays that is followed. Only types that refer to themselves have
 * longer ones.
 */
const MAX_TYPE_DEPTH = 128;

/** Kinds whose name is one, not the text of a tag. */
const NAMED_KINDS: readonly BtfKind[] = [
  "int",
  "struct",
  "union",
  "enum",
  "enum64",
  "forward",
  "typedef",
  "function",
  "variable",
  "dataSection",
  "float",
];

const VOID: BtfVoid = { kind: "void", id: 0, name: "" };

/** What has no tags and qualifiers on it and is no typedef. */
export type ResolvedType = Exclude<BtfType, { kind: "typedef" | "volatile" | "const" | "restrict" | "typeTag" }>;

/** Another value for one of the words of a type, see {@link Btf.word}. */
export interface WordChange {
  readonly id: TypeId;
  readonly index: number;
  readonly value: number;
}

/**
 * The types of an object, a kernel or, as a split BTF, what a module adds to its kernel's.
 *
 * Opening one only finds where each type starts; types and names are decoded when they are asked for. All methods throw
 * {@link ObjectFormatError} when they meet types that can't be: ids out of range, names outside of the strings, types that
 * contain themselves.
 */
export class Btf {
  /** The blob: a view of what was given. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** What this one is split from; its types and strings come first. */
  readonly base: Btf | undefined;
  /** Id of the first type that isn't the base's. */
  readonly firstTypeId: TypeId;
  /** Whether the blob has a table of the kinds' sizes. Since Linux 7.1. */
  readonly hasLayout: boolean;

  readonly #header: BtfHeader;
  /** Made when it is first needed: see {@link Btf.open}. */
  #known: TypeIndex | undefined;
  readonly #strings: StringTable;
  readonly #places: StringPlaces;
  readonly #types = new Map<TypeId, BtfType>();
  readonly #sizes: TypeSizes;
  readonly #readString: (offset: number) => string = (offset) => this.string(offset);

  private constructor(bytes: Uint8Array, base: Btf | undefined) {
    const header = parseHeader(bytes);
    if (base !== undefined && base.littleEndian !== header.littleEndian) {
      throw new ObjectFormatError("BTF and the BTF that it is split from are of different byte order", {
        section: ".BTF",
      });
    }
    const { strings } = header;
    const stringBytes = bytes.subarray(strings.start, strings.start + strings.length);
    checkStrings(stringBytes, base === undefined);

    this.bytes = bytes;
    this.littleEndian = header.littleEndian;
    this.base = base;
    this.#header = header;
    this.hasLayout = header.layout.length > 0;
    this.#strings = new StringTable(stringBytes, ".BTF");
    this.#places = {
      bytes: stringBytes,
      firstOffset: base === undefined ? 0 : base.#places.firstOffset + base.#places.bytes.length,
      base: base === undefined ? undefined : base.#places,
    };
    this.firstTypeId = base === undefined ? 1 : base.typeCount;
    this.#sizes = new TypeSizes(this);
  }

  /**
   * Opens a BTF blob of either byte order: the contents of a section `.BTF`, of /sys/kernel/btf/vmlinux or, with the
   * kernel's as `base`, of /sys/kernel/btf/<module>. The bytes are not copied and must not change.
   * Throws {@link ObjectFormatError}.
   */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    const btf = Btf.open(bytes, base);
    btf.#index();
    return btf;
  }

  /**
   * {@link Btf.parse} for types that are known to be good, such as the running kernel's: they are gone through when they are
   * first asked for, and for names in the same pass. What is wrong with them is thrown then.
   */
  static open(bytes: Uint8Array, base?: Btf): Btf {
    // Not a subclass: slice() of Node's Buffer does not copy.
    return new Btf(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), base);
  }

  /** Number of types with `void` and those of the base: every id is less. */
  get typeCount(): number {
    return this.firstTypeId + (this.#known ?? this.#index()).starts.length;
  }

  /** The type of an id. The same object each time. */
  type(id: TypeId): BtfType {
    if (id === 0) return VOID;
    if (id < this.firstTypeId && this.base !== undefined) return this.base.type(id);
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const type = decodeType((this.#known ?? this.#index()).words, this.#startOf(id), id, this.#readString);
    this.#types.set(id, type);
    return type;
  }

  /** The kind of a type, without decoding it. */
  kind(id: TypeId): BtfKind {
    return id === 0 ? "void" : kindName(kindNumber(this.word(id, 1)), id);
  }

  /** The types of some kinds, without those of the base, in the order of their ids. None is decoded. */
  ofKinds(...kinds: readonly BtfKind[]): readonly TypeId[] {
    const { words, starts } = this.#known ?? this.#index();
    const wanted = new Uint8Array(KIND_MASK + 1);
    for (const kind of kinds) wanted[numberOfKind(kind)] = 1;
    const found: TypeId[] = [];
    // All types are gone through before anything here is compiled to machine code: without calls.
    for (let index = 0; index < starts.length; index++) {
      const info = words[(starts[index] ?? 0) + 1] ?? 0;
      if (wanted[(info >>> 24) & KIND_MASK] === 1) found.push(this.firstTypeId + index);
    }
    return found;
  }

  /** The name of a type, without decoding it; empty when it has none. */
  name(id: TypeId): string {
    return id === 0 ? "" : this.string(this.word(id, 0));
  }

  /**
   * One of the 32-bit numbers of which a type consists, as they are in the blob: 0 is the offset of its name, 1 holds kind
   * and number of elements, 2 size or type, and those of the kind follow.
   */
  word(id: TypeId, index: number): number {
    if (id < this.firstTypeId && this.base !== undefined) return this.base.word(id, index);
    return (this.#known ?? this.#index()).words[this.#startOf(id) + index] ?? 0;
  }

  /** All words of a type, see {@link word}: a view of the blob, not to be changed. */
  typeWords(id: TypeId): Uint32Array {
    if (id < this.firstTypeId && this.base !== undefined) return this.base.typeWords(id);
    const { words, starts } = this.#known ?? this.#index();
    return words.subarray(this.#startOf(id), starts[id - this.firstTypeId + 1] ?? words.length);
  }

  /** Where its strings end, in bytes from the start of the base's: offsets of a BTF that is split from it start here. */
  get stringsEnd(): number {
    return this.#places.firstOffset + this.#places.bytes.length;
  }

  /** The string at an offset, as types, line infos and relocations refer to it. */
  string(offset: number): string {
    if (offset === 0) return "";
    const { firstOffset } = this.#places;
    if (offset < firstOffset && this.base !== undefined) return this.base.string(offset);
    return this.#strings.at(offset - firstOffset);
  }

  /**
   * The same types with some of their words changed, none of which says how many there are: neither the kind nor the number of elements.
   * Whatever holds ids of types holds for the copy as well.
   */
  withWords(changes: Iterable<WordChange>): Btf {
    const bytes = this.bytes.slice();
    const view = new DataView(bytes.buffer);
    for (const { id, index, value } of changes) {
      view.setUint32(this.byteOffset(id) + index * 4, value, this.littleEndian);
    }
    const changed = Btf.open(bytes, this.base);
    const { starts, names } = this.#known ?? this.#index();
    changed.#known = { words: wordsOf(bytes, this.#header.types, this.littleEndian), starts, names };
    return changed;
  }

  /** Where a type that is not of the base starts, in bytes from the start of {@link bytes}. */
  byteOffset(id: TypeId): number {
    return this.#header.types.start + this.#startOf(id) * 4;
  }

  /**
   * The first type of that name and, when given, kind; those of the base come first. Tags are found only when their
   * kind is given: theirs are no names.
   */
  find(name: string, kind?: BtfKind): TypeId | undefined {
    const found = this.base?.find(name, kind);
    if (found !== undefined) return found;
    return this.#scan([name], "exact", kind === undefined ? undefined : [kind], true).get(name)?.[0];
  }

  /** All types of that name, by id; no tags. */
  findAll(name: string): readonly TypeId[] {
    return [...(this.base?.findAll(name) ?? []), ...(this.#scan([name], "exact").get(name) ?? [])];
  }

  /**
   * All types of several names in one pass: `x___flavour` counts as `x`. The names that are asked for have no flavour. A
   * name that isn't there isn't in the result. Does not look into the base. Without `kinds`, all but tags are found.
   */
  findEssential(names: ReadonlySet<string>, kinds?: ReadonlySet<BtfKind>): ReadonlyMap<string, readonly TypeId[]> {
    return this.#scan(names, "essential", kinds);
  }

  /** The type behind typedefs, qualifiers and type tags. */
  resolve(id: TypeId): ResolvedType {
    // resolveId has gone past all types that ResolvedType excludes
    return this.type(this.resolveId(id)) as ResolvedType;
  }

  /** The id of the type behind typedefs, qualifiers and type tags, without decoding any of them. */
  resolveId(id: TypeId): TypeId {
    let current = id;
    for (let depth = 0; depth < MAX_TYPE_DEPTH; depth++) {
      if (current === 0 || !isModifier(this.word(current, 1))) return current;
      current = this.word(current, 2);
    }
    throw new ObjectFormatError(`type ${id} refers to itself`, { section: ".BTF" });
  }

  /** Members of a struct or union, without decoding it; `undefined` for all other types. */
  members(id: TypeId): Members | undefined {
    if (id === 0) return undefined;
    if (id < this.firstTypeId && this.base !== undefined) return this.base.members(id);
    const { words } = this.#known ?? this.#index();
    const start = this.#startOf(id);
    const kind = kindNumber(words[start + 1] ?? 0);
    return kind === Kind.STRUCT || kind === Kind.UNION ? new Members(words, start, this.#places) : undefined;
  }

  /** The bytes of the string at an offset, with its NUL. */
  stringBytes(offset: number): Uint8Array {
    const { bytes, firstOffset } = placeOf(this.#places, offset);
    const start = offset - firstOffset;
    return bytes.subarray(start, bytes.indexOf(0, start) + 1);
  }

  /** Bytes that a value takes. Throws for what has no size: `void`, functions, forward declarations. */
  sizeOf(id: TypeId): number {
    return this.#sizes.sizeOf(id);
  }

  /** Bytes to which a compiler aligns a value; 1 for packed structs. Throws for what has no size. */
  alignOf(id: TypeId): number {
    return this.#sizes.alignOf(id);
  }

  /** C spelling: `"struct event"`, `"__u32"`, `"const char *"`, `"int (*)(void *)"`. */
  typeName(id: TypeId): string {
    return spellType(this, id);
  }

  /** Declaration in C, without its `;`: `"char comm[16]"` for the name `comm`. */
  declaration(id: TypeId, name: string): string {
    return spellType(this, id, name);
  }

  /**
   * A C header that declares all types, or those that are asked for with what they need: a `vmlinux.h`. See {@link toC}.
   * Throws {@link ObjectFormatError} also for types that C can't express.
   */
  toC(options: CPrintOptions = {}): string {
    return toC(this, options);
  }

  #index(search?: TypeSearch): TypeIndex {
    this.#known = indexTypes(this.bytes, this.#header, search);
    return this.#known;
  }

  #startOf(id: TypeId): number {
    const start = (this.#known ?? this.#index()).starts[id - this.firstTypeId];
    if (start === undefined) {
      throw new ObjectFormatError(`type ${id} of ${this.typeCount} does not exist`, { section: ".BTF" });
    }
    return start;
  }

  /** Types of its own, by wanted name. */
  #scan(
    names: Iterable<string>,
    match: NameMatch,
    kinds: Iterable<BtfKind> = NAMED_KINDS,
    onlyFirst = false,
  ): ReadonlyMap<string, readonly TypeId[]> {
    const scan = new NameScan(names, match);
    const kindNumbers = Array.from(kinds, numberOfKind);
    const isWanted = new Uint8Array(128);
    for (const kind of kindNumbers) isWanted[kind] = 1;
    const { bytes: strings, firstOffset: shared } = this.#places;
    // Types that were not gone through yet: that finds the likely ones as well.
    const likely: number[] = [];
    const isFirst = this.#known === undefined;
    const index = this.#known ?? this.#index({ filter: scan.filter, kinds: kindNumbers, strings, shared, likely });
    const { words, starts, names: offsets } = index;
    let taken = 0;
    const next = (from: number): number =>
      isFirst ? (likely[taken++] ?? offsets.length) : scan.next(offsets, from, strings, shared);
    const found = new Map<string, TypeId[]>();
    for (let at = -1; (at = next(at + 1)) < offsets.length;) {
      if (isWanted[kindNumber(words[(starts[at] ?? 0) + 1] ?? 0)] !== 1) continue;
      const offset = offsets[at] ?? 0;
      const place = offset < shared ? placeOf(this.#places, offset) : this.#places;
      const name = scan.wantedAt(place.bytes, offset - place.firstOffset);
      if (name === undefined) continue;
      const ids = found.get(name);
      if (ids === undefined) found.set(name, [this.firstTypeId + at]);
      else ids.push(this.firstTypeId + at);
      if (onlyFirst) break;
    }
    return found;
  }
}

function checkStrings(strings: Uint8Array, standsAlone: boolean): void {
  if (strings.length === 0 && !standsAlone) return;
  if (strings.length === 0 || strings[strings.length - 1] !== 0) {
    throw new ObjectFormatError("its strings do not end with NUL", { section: ".BTF" });
  }
  if (standsAlone && strings[0] !== 0) {
    throw new ObjectFormatError("its strings do not start with an empty one: it is split from another BTF", {
      section: ".BTF",
    });
  }
}

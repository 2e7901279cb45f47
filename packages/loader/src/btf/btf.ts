import { StringTable } from "../elf/string-table.ts";
import { ObjectFormatError } from "../errors/index.ts";
import { findEssentialNames } from "./essential-search.ts";
import { parseHeader } from "./header.ts";
import { decodeType, Kind, kindName, kindNumber, numberOfKind } from "./raw-type.ts";
import { findNameOffsets } from "./string-search.ts";
import { indexTypes } from "./type-index.ts";
import type { TypeIndex } from "./type-index.ts";
import { spellType } from "./type-name.ts";
import { TypeSizes } from "./type-size.ts";
import type { BtfKind, BtfType, BtfVoid, TypeId } from "./types.ts";

/**
 * Longest chain of typedefs, qualifiers, tags and arrays that is followed. Only types that refer to themselves have
 * longer ones.
 */
export const MAX_TYPE_DEPTH = 128;

const VOID: BtfVoid = { kind: "void", id: 0, name: "" };
const encoder = new TextEncoder();

/** What has no tags and qualifiers on it and is no typedef. */
export type ResolvedType = Exclude<BtfType, { kind: "typedef" | "volatile" | "const" | "restrict" | "typeTag" }>;

/**
 * The types of an object, a kernel or, as a split BTF, what a module adds to its kernel's.
 *
 * Opening one only finds where each type starts; types and names are decoded when they are asked for. All methods throw
 * {@link ObjectFormatError} when they meet types that can't be: ids out of range, names outside of the strings, types that
 * contain themselves.
 */
export class Btf {
  /** The blob, as it was given. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** What this one is split from; its types and strings come first. */
  readonly base: Btf | undefined;
  /** Number of types with `void` and those of the base: every id is less. */
  readonly typeCount: number;
  /** Id of the first type that isn't the base's. */
  readonly firstTypeId: TypeId;
  /** Whether the blob has a table of the kinds' sizes. Since Linux 7.1. */
  readonly hasLayout: boolean;

  readonly #index: TypeIndex;
  readonly #typesStart: number;
  readonly #strings: StringTable;
  /** Offset of the first string that isn't the base's. */
  readonly #firstString: number;
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
    this.#index = indexTypes(bytes, header);
    this.#typesStart = header.types.start;
    this.hasLayout = header.layout.length > 0;
    this.#strings = new StringTable(stringBytes, ".BTF");
    this.#firstString = base === undefined ? 0 : base.#firstString + base.#strings.bytes.length;
    this.firstTypeId = base === undefined ? 1 : base.typeCount;
    this.typeCount = this.firstTypeId + this.#index.starts.length;
    this.#sizes = new TypeSizes(this);
  }

  /**
   * Opens a BTF blob of either byte order: the contents of a section `.BTF`, of /sys/kernel/btf/vmlinux or, with the
   * kernel's as `base`, of /sys/kernel/btf/<module>. The bytes are not copied and must not change.
   * Throws {@link ObjectFormatError}.
   */
  static parse(bytes: Uint8Array, base?: Btf): Btf {
    return new Btf(bytes, base);
  }

  /** The type of an id. The same object each time. */
  type(id: TypeId): BtfType {
    if (id === 0) return VOID;
    if (id < this.firstTypeId && this.base !== undefined) return this.base.type(id);
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const type = decodeType(this.#index.words, this.#startOf(id), id, this.#readString);
    this.#types.set(id, type);
    return type;
  }

  /** The kind of a type, without decoding it. */
  kind(id: TypeId): BtfKind {
    if (id === 0) return "void";
    if (id < this.firstTypeId && this.base !== undefined) return this.base.kind(id);
    return kindName(kindNumber(this.#index.words[this.#startOf(id) + 1] ?? 0), id);
  }

  /** The name of a type, without decoding it; empty when it has none. */
  name(id: TypeId): string {
    if (id === 0) return "";
    if (id < this.firstTypeId && this.base !== undefined) return this.base.name(id);
    return this.string(this.#index.words[this.#startOf(id)] ?? 0);
  }

  /** The string at an offset, as types, line infos and relocations refer to it. */
  string(offset: number): string {
    if (offset === 0) return "";
    if (offset < this.#firstString && this.base !== undefined) return this.base.string(offset);
    return this.#strings.at(offset - this.#firstString);
  }

  /** Where a type that is not of the base starts, in bytes from the start of {@link bytes}. */
  byteOffset(id: TypeId): number {
    return this.#typesStart + this.#startOf(id) * 4;
  }

  /**
   * The first type of that name and, when given, kind; those of the base come first. Tags are found only when their
   * kind is given: theirs are no names.
   */
  find(name: string, kind?: BtfKind): TypeId | undefined {
    const found = this.base?.find(name, kind);
    if (found !== undefined) return found;
    return this.#findOwn(name, kind, true)[0];
  }

  /** All types of that name, by id; no tags. */
  findAll(name: string): readonly TypeId[] {
    return [...(this.base?.findAll(name) ?? []), ...this.#findOwn(name, undefined, false)];
  }

  /**
   * All types of several names in one pass: `x___flavour` counts as `x`. The names that are asked for have no flavour. A name
   * that isn't there isn't in the result. Does not look into the base.
   */
  findEssential(names: ReadonlySet<string>): ReadonlyMap<string, readonly TypeId[]> {
    const { words, starts } = this.#index;
    return findEssentialNames(names, {
      words,
      starts,
      firstTypeId: this.firstTypeId,
      strings: this.#strings.bytes,
      firstString: this.#firstString,
      readString: this.#readString,
    });
  }

  /** The type behind typedefs, qualifiers and type tags. */
  resolve(id: TypeId): ResolvedType {
    let type = this.type(id);
    for (let depth = 0; depth < MAX_TYPE_DEPTH; depth++) {
      switch (type.kind) {
        case "typedef":
        case "volatile":
        case "const":
        case "restrict":
        case "typeTag":
          type = this.type(type.typeId);
          break;
        default:
          return type;
      }
    }
    throw new ObjectFormatError(`type ${id} refers to itself`, { section: ".BTF" });
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

  #startOf(id: TypeId): number {
    const start = this.#index.starts[id - this.firstTypeId];
    if (start === undefined) {
      throw new ObjectFormatError(`type ${id} of ${this.typeCount} does not exist`, { section: ".BTF" });
    }
    return start;
  }

  #findOwn(name: string, kind: BtfKind | undefined, first: boolean): readonly TypeId[] {
    if (name === "") return [];
    const offsets = this.#offsetsOf(encoder.encode(name));
    const only = offsets[0];
    if (only === undefined) return [];
    const wanted = kind === undefined ? -1 : numberOfKind(kind);
    const { words, starts } = this.#index;
    const ids: TypeId[] = [];
    // Nearly always there is one offset, and comparing numbers is all there is to do.
    const set = offsets.length === 1 ? undefined : new Set(offsets);
    for (let index = 0; index < starts.length; index++) {
      const start = starts[index] ?? 0;
      const nameOffset = words[start] ?? 0;
      if (set === undefined ? nameOffset !== only : !set.has(nameOffset)) continue;
      const number = kindNumber(words[start + 1] ?? 0);
      if (wanted === -1 ? number === Kind.DECL_TAG || number === Kind.TYPE_TAG : number !== wanted) continue;
      ids.push(this.firstTypeId + index);
      if (first) break;
    }
    return ids;
  }

  /** Offsets of a name in the strings of the base and in its own. */
  #offsetsOf(name: Uint8Array): readonly number[] {
    const own = findNameOffsets(this.#strings.bytes, name);
    if (this.base === undefined) return own;
    return [...this.base.#offsetsOf(name), ...own.map((offset) => offset + this.#firstString)];
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

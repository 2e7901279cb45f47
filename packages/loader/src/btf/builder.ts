import { BpfError, ObjectFormatError } from "../errors/index.ts";
import { Btf } from "./btf.ts";
import { encodeType } from "./encode-type.ts";
import type { NewBtfType } from "./encode-type.ts";
import { eachNameWord, eachTypeWord } from "./raw-references.ts";
import { KIND_COUNT, kindNumber } from "./raw-type.ts";
import { BtfStrings } from "./strings.ts";
import type { TypeId } from "./types.ts";

const MAGIC_AND_VERSION = [0xeb9f, 1] as const;
const HEADER_BYTES = 24;
const WORD_BYTES = 4;

/** What is made. */
export interface BtfBuilderOptions {
  /** Byte order of the blob. Default: that of the base, or little. */
  readonly littleEndian?: boolean | undefined;
  /** Makes a split BTF, whose types may refer to those of this one, as a module's do to its kernel's. */
  readonly base?: Btf | undefined;
}

/** Where the types of another BTF went. */
interface Source {
  readonly types: Map<TypeId, TypeId>;
  readonly strings: Map<number, number>;
}

/**
 * Makes BTF. Types are given as values and refer to each other by id; a type that has to refer to one that comes later uses an id
 * from {@link BtfBuilder.reserve}.
 *
 * @example
 * const builder = new BtfBuilder();
 * const node = builder.reserve();
 * const pointer = builder.add({ kind: "pointer", typeId: node });
 * builder.set(node, {
 *   kind: "struct",
 *   name: "node",
 *   size: 8,
 *   members: [{ name: "next", typeId: pointer, bitOffset: 0, bitSize: 0 }],
 * });
 * const btf = builder.build();
 */
export class BtfBuilder {
  readonly #littleEndian: boolean;
  readonly #base: Btf | undefined;
  readonly #firstTypeId: TypeId;
  readonly #strings: BtfStrings;
  /** Words of each type; `undefined` where an id was reserved. */
  readonly #types: (ArrayLike<number> | undefined)[] = [];
  readonly #sources = new Map<Btf, Source>();

  constructor(options: BtfBuilderOptions = {}) {
    const { base } = options;
    this.#littleEndian = options.littleEndian ?? base?.littleEndian ?? true;
    this.#base = base;
    this.#firstTypeId = base?.typeCount ?? 1;
    this.#strings = new BtfStrings(base?.stringsEnd ?? 0);
  }

  /** Number of types with `void` and those of the base: the next id. */
  get typeCount(): number {
    return this.#firstTypeId + this.#types.length;
  }

  /**
   * Adds a type and returns its id. Names are added to the strings, each once.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a number does not fit its field.
   */
  add(type: NewBtfType): TypeId {
    return this.#push(encodeType(type, (text) => this.string(text)));
  }

  /** An id for a type that {@link set} gives later. */
  reserve(): TypeId {
    return this.#push(undefined);
  }

  /**
   * Gives a reserved id its type, or another type to an id.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the id is not this builder's, or a number does not fit its field.
   */
  set(id: TypeId, type: NewBtfType): void {
    this.#replace(
      id,
      encodeType(type, (text) => this.string(text)),
    );
  }

  /**
   * Copies a type of another BTF with all that it refers to, and returns its id here. What was copied before is not copied
   * again. Tags of declarations refer to what they are for, not the other way around: they are copied when asked for.
   */
  addFrom(btf: Btf, id: TypeId): TypeId {
    const queue: { readonly owner: Btf; readonly id: TypeId; readonly at: TypeId }[] = [];
    const place = (from: Btf, original: TypeId): TypeId => {
      if (original === 0) return 0;
      if (this.#isOfBase(from, original)) return original;
      const owner = ownerOf(from, original);
      const { types } = this.#source(owner);
      const known = types.get(original);
      if (known !== undefined) return known;
      const at = this.reserve();
      types.set(original, at);
      queue.push({ owner, id: original, at });
      return at;
    };
    const result = place(btf, id);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { owner, at } = next;
      this.#replace(
        at,
        this.#copy(owner, next.id, (original) => place(owner, original)),
      );
    }
    return result;
  }

  /** Offset of a text in the strings, for what refers to them from elsewhere, such as line infos. */
  string(text: string): number {
    return this.#strings.add(text);
  }

  /** Offset here of the string at an offset in another BTF. */
  stringFrom(btf: Btf, offset: number): number {
    if (offset === 0) return 0;
    const { strings } = this.#source(btf);
    let here = strings.get(offset);
    if (here === undefined) {
      btf.string(offset); // refuses offsets that are none
      strings.set(offset, (here = this.#strings.addBytes(btf.stringBytes(offset))));
    }
    return here;
  }

  /**
   * Adds a type in the words of the blob, with names and types that are already those of this builder: for copies that differ from
   * their originals.
   */
  addWords(words: ArrayLike<number>): TypeId {
    return this.#push(words);
  }

  /** As {@link addWords}, for an id that was reserved. */
  setWords(id: TypeId, words: ArrayLike<number>): void {
    this.#replace(id, words);
  }

  /**
   * The finished BTF.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when a reserved id has no type, or a type refers to an id that has none.
   */
  build(): Btf {
    return Btf.parse(this.toBytes(), this.#base);
  }

  /** The finished blob, as in a section `.BTF`. Throws as {@link build} does. */
  toBytes(): Uint8Array {
    const { typeCount } = this;
    let typeWords = 0;
    this.#types.forEach((words, index) => {
      if (words === undefined) throw misuse(`type ${this.#firstTypeId + index} was reserved and never set`);
      typeWords += words.length;
      eachTypeWord(words, (at) => {
        if ((words[at] ?? 0) >= typeCount) {
          throw misuse(`type ${this.#firstTypeId + index} refers to type ${words[at]} of ${typeCount}`);
        }
      });
    });
    const strings = this.#strings.toBytes();
    const typeBytes = typeWords * WORD_BYTES;
    const bytes = new Uint8Array(HEADER_BYTES + typeBytes + strings.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, MAGIC_AND_VERSION[0], this.#littleEndian);
    view.setUint8(2, MAGIC_AND_VERSION[1]);
    let at = WORD_BYTES;
    const write = (word: number): void => {
      view.setUint32(at, word, this.#littleEndian);
      at += WORD_BYTES;
    };
    for (const word of [HEADER_BYTES, 0, typeBytes, typeBytes, strings.length]) write(word);
    for (const words of this.#types) {
      for (let index = 0; index < (words?.length ?? 0); index++) write(words?.[index] ?? 0);
    }
    bytes.set(strings, HEADER_BYTES + typeBytes);
    return bytes;
  }

  #copy(owner: Btf, id: TypeId, place: (id: TypeId) => TypeId): Uint32Array {
    const words = owner.typeWords(id).slice();
    if (kindNumber(words[1] ?? 0) >= KIND_COUNT) {
      throw new ObjectFormatError(`type ${id} is of a kind that is not known here and can't be copied`, {
        section: ".BTF",
      });
    }
    eachNameWord(words, (at) => {
      words[at] = this.stringFrom(owner, words[at] ?? 0);
    });
    eachTypeWord(words, (at) => {
      words[at] = place(words[at] ?? 0);
    });
    return words;
  }

  #isOfBase(btf: Btf, id: TypeId): boolean {
    if (this.#base === undefined || id >= this.#base.typeCount) return false;
    for (let part: Btf | undefined = btf; part !== undefined; part = part.base) {
      if (part === this.#base) return true;
    }
    return false;
  }

  #source(btf: Btf): Source {
    let source = this.#sources.get(btf);
    if (source === undefined) this.#sources.set(btf, (source = { types: new Map(), strings: new Map() }));
    return source;
  }

  #push(words: ArrayLike<number> | undefined): TypeId {
    this.#types.push(words);
    return this.typeCount - 1;
  }

  #replace(id: TypeId, words: ArrayLike<number>): void {
    const index = id - this.#firstTypeId;
    if (!(index in this.#types)) throw misuse(`type ${id} is not one of this builder`);
    this.#types[index] = words;
  }
}

/** The BTF that has a type itself, and not by its base. */
export function ownerOf(btf: Btf, id: TypeId): Btf {
  let owner = btf;
  while (id < owner.firstTypeId && owner.base !== undefined) owner = owner.base;
  return owner;
}

function misuse(problem: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `BTF that is built: ${problem}`);
}

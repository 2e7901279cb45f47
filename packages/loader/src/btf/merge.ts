import { BpfError, ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { findEquivalentTypes } from "./equivalence.ts";
import type { ExtInfo, FunctionInfo, LineRecord } from "./ext-info.ts";
import { eachNameWord, eachTypeWord } from "./raw-references.ts";
import { KIND_COUNT, kindNumber } from "./raw-type.ts";
import { BtfStrings } from "./strings.ts";
import type { TypeId } from "./types.ts";

/** A BTF to merge with others. */
export interface MergeInput {
  /** Stands on its own: is not split from another. */
  readonly btf: Btf;
  /** What refers to its types and strings, to be adapted. */
  readonly extInfo?: ExtInfo | undefined;
}

/** A type of one of several inputs. */
export interface TypeOfInput {
  /** Index of the input. */
  readonly input: number;
  readonly id: TypeId;
}

export interface MergeOptions {
  /** Byte order of the result. Default: that of the first input. */
  readonly littleEndian?: boolean | undefined;
  /**
   * Decides about single types: another that is to stand for it, as a definition for what is only declared elsewhere; `"omit"` leaves it
   * out, for types that nothing else refers to, such as data sections; `undefined` merges it.
   */
  readonly choose?: ((type: TypeOfInput) => TypeOfInput | "omit" | undefined) | undefined;
}

/** What became of an input. */
export interface MergedInput {
  /** New ids by old ones; 0 for what was omitted. */
  readonly types: Uint32Array;
  /** Those of the input, with ids and offsets of the merged BTF. `undefined` when none were given. */
  readonly extInfo: ExtInfo | undefined;
}

export interface MergedBtf {
  /** Has the types. More may be added before it is built. */
  readonly builder: BtfBuilder;
  /** In the order in which they were given. */
  readonly inputs: readonly MergedInput[];
}

/**
 * Merges BTFs to one in which each type is there once, see {@link dedupBtf}. Strings that nothing refers to are left out.
 *
 * @throws ObjectFormatError when an input contradicts itself.
 */
export function mergeBtf(inputs: readonly MergeInput[], options: MergeOptions = {}): MergedBtf {
  const all = new AllTypes(inputs);
  const representatives = findEquivalentTypes(all.comparable());
  const chosen = all.choose(representatives, options.choose);

  const builder = new BtfBuilder({ littleEndian: options.littleEndian ?? inputs[0]?.btf.littleEndian ?? true });
  const ids = new Uint32Array(all.count);
  for (let id = 1; id < all.count; id++) {
    if (chosen[id] === id) ids[id] = builder.reserve();
  }
  for (let id = 1; id < all.count; id++) ids[id] = ids[chosen[id] ?? 0] ?? 0;
  inputs.forEach(({ btf }, index) => {
    for (let old = 1; old < btf.typeCount; old++) {
      const id = all.idOf(index, old);
      if (chosen[id] !== id) continue;
      const words = all.wordsOf(index, old, (offset) => builder.stringFrom(btf, offset));
      eachTypeWord(words, (at) => {
        words[at] = ids[words[at] ?? 0] ?? 0;
      });
      builder.setWords(ids[id] ?? 0, words);
    }
  });
  const merged = inputs.map(({ btf, extInfo }, index): MergedInput => {
    const types = Uint32Array.from({ length: btf.typeCount }, (_, old) => ids[all.idOf(index, old)] ?? 0);
    return { types, extInfo: extInfo === undefined ? undefined : moved(extInfo, btf, types, builder) };
  });
  return { builder, inputs: merged };
}

/**
 * The same types, each there once. Types are the same when they have the same kind, name, size, members … and what they refer to
 * is the same; a forward declaration is the same as the definition of its name, if all of that name are the same. Variables and
 * data sections stay as they are. Returns the new ids by the old ones as well.
 *
 * @throws ObjectFormatError when the BTF contradicts itself.
 */
export function dedupBtf(btf: Btf): { readonly btf: Btf; readonly types: Uint32Array } {
  const { builder, inputs } = mergeBtf([{ btf }]);
  return { btf: builder.build(), types: inputs[0]?.types ?? new Uint32Array(1) };
}

/** The types of all inputs, in one row: those of the second follow those of the first. */
class AllTypes {
  readonly count: number;
  readonly #inputs: readonly MergeInput[];
  /** What is added to an id of an input. */
  readonly #shifts: readonly number[];

  constructor(inputs: readonly MergeInput[]) {
    let count = 1;
    this.#inputs = inputs;
    this.#shifts = inputs.map(({ btf }) => {
      if (btf.base !== undefined) {
        throw new BpfError("ERR_BPF_INVALID_ARGUMENT", "BTF that is split from another can't be merged");
      }
      const shift = count - 1;
      count += btf.typeCount - 1;
      return shift;
    });
    this.count = count;
  }

  idOf(input: number, id: TypeId): TypeId {
    return id === 0 ? 0 : id + (this.#shifts[input] ?? 0);
  }

  /** Words of a type, with ids in the row. */
  wordsOf(input: number, id: TypeId, string: (offset: number) => number): Uint32Array {
    const btf = this.#inputs[input]?.btf;
    if (btf === undefined) return new Uint32Array();
    const words = btf.typeWords(id).slice();
    if (kindNumber(words[1] ?? 0) >= KIND_COUNT) {
      throw new ObjectFormatError(`type ${id} is of a kind that is not known here and can't be merged`, {
        section: ".BTF",
      });
    }
    eachNameWord(words, (at) => {
      words[at] = string(words[at] ?? 0);
    });
    eachTypeWord(words, (at) => {
      const reference = words[at] ?? 0;
      if (reference >= btf.typeCount) {
        throw new ObjectFormatError(`type ${id} refers to type ${reference} of ${btf.typeCount}`, { section: ".BTF" });
      }
      words[at] = this.idOf(input, reference);
    });
    return words;
  }

  /** All types, with equal names at equal offsets. */
  comparable(): readonly (Uint32Array | undefined)[] {
    const strings = new BtfStrings(0);
    const types: (Uint32Array | undefined)[] = [undefined];
    this.#inputs.forEach(({ btf }, input) => {
      const offsets = new Map<number, number>([[0, 0]]);
      const string = (offset: number): number => {
        let shared = offsets.get(offset);
        if (shared === undefined) {
          btf.string(offset); // refuses offsets that are none
          offsets.set(offset, (shared = strings.addBytes(btf.stringBytes(offset))));
        }
        return shared;
      };
      for (let id = 1; id < btf.typeCount; id++) types.push(this.wordsOf(input, id, string));
    });
    return types;
  }

  /** For each type the one that stands for it in the end; 0 for what is omitted. */
  choose(representatives: Uint32Array, choose: MergeOptions["choose"]): Uint32Array {
    if (choose === undefined) return representatives;
    const chosen = representatives.slice();
    this.#inputs.forEach(({ btf }, input) => {
      for (let old = 1; old < btf.typeCount; old++) {
        const choice = choose({ input, id: old });
        const id = this.idOf(input, old);
        if (choice === "omit") chosen[id] = 0;
        else if (choice !== undefined) chosen[id] = representatives[this.idOf(choice.input, choice.id)] ?? 0;
      }
    });
    // What stood for others may itself have been replaced.
    return chosen.map((id) => chosen[id] ?? 0);
  }
}

/** Ext infos of an input, with ids and offsets of the merged BTF. */
function moved(extInfo: ExtInfo, btf: Btf, types: Uint32Array, builder: BtfBuilder): ExtInfo {
  const section = (name: string): string => {
    builder.string(name);
    return name;
  };
  const each = <T>(records: ReadonlyMap<string, readonly T[]>, move: (record: T) => T): Map<string, readonly T[]> =>
    new Map(Array.from(records, ([name, list]) => [section(name), list.map(move)]));
  return {
    functions: each(extInfo.functions, (record: FunctionInfo) => ({ ...record, typeId: types[record.typeId] ?? 0 })),
    lines: each(extInfo.lines, (record: LineRecord) => ({
      ...record,
      fileOffset: builder.stringFrom(btf, record.fileOffset),
      textOffset: builder.stringFrom(btf, record.textOffset),
    })),
    relocations: each(extInfo.relocations, (record) => {
      builder.string(record.access);
      return { ...record, typeId: types[record.typeId] ?? 0 };
    }),
  };
}

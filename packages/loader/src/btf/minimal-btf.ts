import type { Btf } from "./btf.ts";
import { BtfBuilder, ownerOf } from "./builder.ts";
import { isEnumValueKind, isFieldKind, parseAccess } from "./core-access.ts";
import type { AccessSpec } from "./core-access.ts";
import { CoreCandidates } from "./core-candidates.ts";
import { matchAccess } from "./core-match.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { CoreRelocation } from "./core-relocation.ts";
import { eachNameWord, eachTypeWord } from "./raw-references.ts";
import { elementCount, isModifier, Kind, kindNumber } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

/** What an object asks of a kernel's types. */
export interface CoreNeeds {
  /** The object's types. */
  readonly local: Btf;
  /** Of all of its programs. */
  readonly relocations: Iterable<Pick<CoreRelocation, "typeId" | "access" | "kind">>;
}

const NO_MODULES = (): readonly Btf[] => [];

/**
 * The part of a kernel's types that objects need to be relocated: structs with only those members that relocations ask for, at their
 * offsets. Relocating with it gives what relocating with `target` gives, but for the ids of the kernel's types
 * (`bpf_core_type_id_kernel`), which are those of the result. A few kilobytes for each kernel that a program should run on
 * where that kernel has no BTF of its own; what `bpftool gen min_core_btf` makes.
 *
 * `modules` are split from `target`, and are looked into for what it lacks.
 *
 * @throws BpfError `ERR_BPF_CO_RE` when a relocation contradicts the object's types.
 */
export function minimalBtf(needs: Iterable<CoreNeeds>, target: Btf, modules: () => readonly Btf[] = NO_MODULES): Btf {
  const marks = new Marks();
  for (const { local, relocations } of needs) {
    const candidates = new CoreCandidates(local, target, modules);
    const unique = new Map(
      Array.from(relocations, (relocation) => {
        const { typeId, access, kind } = relocation;
        return [`${typeId} ${kind} ${access}`, { typeId, access, kind }];
      }),
    );
    const asking = [...unique.values()].filter(({ kind }) => kind !== CoreRelocationKind.TYPE_ID_LOCAL);
    candidates.lookUp(new Set(asking.map(({ typeId }) => typeId)));
    for (const { typeId, access, kind } of asking) {
      const spec = parseAccess(local, typeId, access, kind);
      for (const candidate of candidates.of(typeId)) {
        if (isFieldKind(kind)) {
          const found = matchAccess(spec, candidate, kind);
          if (found !== undefined) marks.addField(found);
        } else if (isEnumValueKind(kind)) {
          const found = matchAccess(spec, candidate, kind);
          if (found !== undefined) marks.addEnumerator(found);
        }
        // Those that do not match are kept as well: cut down for another relocation, they might.
        else if (kind === CoreRelocationKind.TYPE_MATCHES) marks.addContent(candidate.btf, candidate.id);
        else marks.addShape(candidate.btf, candidate.id);
      }
    }
  }
  return marks.cut(target.littleEndian);
}

/** Members or enumerators of a type that are kept. */
type Kept = Set<number>;

/** Types that are kept, by the BTF that has them. */
class Marks {
  readonly #types = new Map<Btf, Map<TypeId, Kept>>();
  /** What has been through {@link addShape}. */
  readonly #shapes = new Set<Kept>();
  /** What has been through {@link addContent}, in front of pointers and behind them. */
  readonly #contents = new Set<Kept>();
  readonly #contentsBehind = new Set<Kept>();

  /** Keeps a path to a field. */
  addField({ btf, rootId, path }: AccessSpec): void {
    this.#addValue(btf, rootId);
    let id = btf.resolveId(rootId);
    // The first step is an element of an array of the root.
    for (const index of path.slice(1)) {
      const members = btf.members(id);
      if (members === undefined) {
        id = btf.resolveId(btf.word(id, 3)); // an array's element, which is kept with the array
        continue;
      }
      const kept = this.#mark(btf, id);
      kept.add(index);
      const typeId = members.typeId(index);
      this.#addValue(btf, typeId);
      id = btf.resolveId(typeId);
      // An array without length has all elements if it is the last member, which it must not become.
      const last = members.count - 1;
      if (index !== last && this.#isEmptyArray(btf, id)) {
        kept.add(last);
        this.#addValue(btf, members.typeId(last));
      }
    }
  }

  addEnumerator({ btf, rootId, path }: AccessSpec): void {
    this.#addValue(btf, rootId);
    this.#mark(btf, btf.resolveId(rootId)).add(path[0] ?? 0);
  }

  /** Keeps what says whether a type is compatible, and its size: all kinds, through pointers and prototypes, and no members. */
  addShape(btf: Btf, rootId: TypeId): void {
    const queue = [rootId];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (id === 0) continue;
      const kept = this.#mark(btf, id);
      if (this.#shapes.has(kept)) continue;
      this.#shapes.add(kept);
      if (btf.members(id) === undefined) for (const referred of referredTypes(btf, id)) queue.push(referred);
    }
  }

  /** Keeps what says whether a type matches: all that it has, and names and kinds of what it points to. */
  addContent(btf: Btf, rootId: TypeId): void {
    const queue = [{ id: rootId, behindPointer: false }];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { id, behindPointer } = next;
      if (id === 0) continue;
      const kept = this.#mark(btf, id);
      const done = behindPointer ? this.#contentsBehind : this.#contents;
      if (done.has(kept)) continue;
      done.add(kept);
      const info = btf.word(id, 1);
      const kind = kindNumber(info);
      const isComposite = kind === Kind.STRUCT || kind === Kind.UNION;
      if (isComposite && behindPointer) continue;
      if (isComposite || kind === Kind.ENUM || kind === Kind.ENUM64) {
        for (let index = 0; index < elementCount(info); index++) kept.add(index);
      }
      for (const typeId of referredTypes(btf, id)) {
        queue.push({ id: typeId, behindPointer: behindPointer || kind === Kind.PTR });
      }
    }
  }

  /** The types that are kept, as a BTF of their own. What they refer to and is not kept becomes `void`. */
  cut(littleEndian: boolean): Btf {
    const builder = new BtfBuilder({ littleEndian });
    const ids = new Map<Btf, Map<TypeId, TypeId>>();
    const kept = Array.from(this.#types, ([btf, types]) => {
      const sorted = [...types].sort(([left], [right]) => left - right);
      ids.set(btf, new Map(sorted.map(([id]) => [id, builder.reserve()])));
      return { btf, types: sorted };
    });
    for (const { btf, types } of kept) {
      for (const [id, elements] of types) {
        const words = withElements(btf.typeWords(id), elements);
        eachNameWord(words, (at) => {
          words[at] = builder.stringFrom(btf, words[at] ?? 0);
        });
        eachTypeWord(words, (at) => {
          const original = words[at] ?? 0;
          words[at] = ids.get(ownerOf(btf, original))?.get(original) ?? 0;
        });
        builder.setWords(ids.get(btf)?.get(id) ?? 0, words);
      }
    }
    return builder.build();
  }

  /** Keeps a type as that of a value: what says its size and whether a field of it is compatible. */
  #addValue(btf: Btf, typeId: TypeId): void {
    const queue = [typeId];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (id === 0 || this.#has(btf, id)) continue;
      this.#mark(btf, id);
      const info = btf.word(id, 1);
      if (isModifier(info)) queue.push(btf.word(id, 2));
      else if (kindNumber(info) === Kind.ARRAY) queue.push(btf.word(id, 3), btf.word(id, 4));
    }
  }

  #isEmptyArray(btf: Btf, id: TypeId): boolean {
    return id !== 0 && kindNumber(btf.word(id, 1)) === Kind.ARRAY && btf.word(id, 5) === 0;
  }

  #has(btf: Btf, id: TypeId): boolean {
    return this.#types.get(ownerOf(btf, id))?.has(id) ?? false;
  }

  #mark(btf: Btf, id: TypeId): Kept {
    const owner = ownerOf(btf, id);
    let types = this.#types.get(owner);
    if (types === undefined) this.#types.set(owner, (types = new Map()));
    let kept = types.get(id);
    if (kept === undefined) types.set(id, (kept = new Set()));
    return kept;
  }
}

function referredTypes(btf: Btf, id: TypeId): readonly TypeId[] {
  const words = btf.typeWords(id);
  const types: TypeId[] = [];
  eachTypeWord(words, (at) => {
    types.push(words[at] ?? 0);
  });
  return types;
}

/** Words of members and enumerators, by kind. */
const ELEMENT_WORDS: ReadonlyMap<number, number> = new Map([
  [Kind.STRUCT, 3],
  [Kind.UNION, 3],
  [Kind.ENUM, 2],
  [Kind.ENUM64, 3],
]);

/** A copy of a type's words, with only some of its members or enumerators. */
function withElements(words: Uint32Array, elements: ReadonlySet<number>): number[] {
  const info = words[1] ?? 0;
  const size = ELEMENT_WORDS.get(kindNumber(info));
  if (size === undefined) return [...words];
  const kept = [...elements].sort((left, right) => left - right);
  const copy = [words[0] ?? 0, ((info & 0xff00_0000) | kept.length) >>> 0, words[2] ?? 0];
  for (const index of kept) copy.push(...words.subarray(3 + index * size, 3 + (index + 1) * size));
  return copy;
}

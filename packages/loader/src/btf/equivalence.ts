import { ObjectFormatError } from "../errors/index.ts";
import { eachTypeWord } from "./raw-references.ts";
import { elementCount, Kind, kindFlag, kindNumber } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

/** References that may be compared for each that there is; types that a compiler wrote take a few. */
const MOST_COMPARISONS = 200;
const COMPARISONS_FLOOR = 10_000_000;

/**
 * Finds types that are the same: for each, the first of those that it is the same as. `types` are in words, by id, with equal names
 * at equal offsets; there is none at 0.
 *
 * Two types are the same when they have the same kind, name, size, members … and what they refer to is the same, also around
 * cycles; a forward declaration is the same as the definition of its name, if all definitions of that name are the same.
 * Variables and data sections are places and not types: each is only itself.
 *
 * Starts with all types being the same that look alike, and separates those that refer to different ones until nothing changes
 * (partition refinement), so that no cycle has to be recognised.
 */
export function findEquivalentTypes(types: readonly (ArrayLike<number> | undefined)[]): Uint32Array {
  return new Partition(types).representatives();
}

class Partition {
  readonly #count: number;
  /** Types that each type refers to, and is referred to by: those of type `id` from `starts[id]` on. */
  readonly #references: Lists;
  readonly #referrers: Lists;
  /** Class of each type, by id; types of one class are the same as far as is known. */
  readonly #classes: Uint32Array;
  readonly #sizes: number[] = [];
  /** By what they declare: `"struct x"`. */
  readonly #forwards = new Map<string, TypeId[]>();
  /** What forward declarations declare that are in a class with the definition, by class. */
  readonly #followed = new Map<number, string>();
  readonly #isForward: Uint8Array;
  #comparisons: number;

  constructor(types: readonly (ArrayLike<number> | undefined)[]) {
    this.#count = types.length;
    this.#references = new Lists(types.length, (add) => {
      types.forEach((words, id) => {
        if (words !== undefined) eachTypeWord(words, (at) => add(id, words[at] ?? 0));
      });
    });
    this.#referrers = new Lists(types.length, (add) => {
      this.#references.each((from, to) => add(to, from));
    });
    this.#comparisons = COMPARISONS_FLOOR + this.#references.total * MOST_COMPARISONS;
    this.#classes = new Uint32Array(types.length);
    this.#isForward = new Uint8Array(types.length);
    this.#sizes.push(1); // void
    this.#classify(types);
    this.#refine();
  }

  representatives(): Uint32Array {
    const first = new Map<number, TypeId>();
    for (const forward of [false, true]) {
      for (let id = 0; id < this.#count; id++) {
        if ((this.#isForward[id] === 1) !== forward) continue;
        const ofClass = this.#classes[id] ?? 0;
        if (!first.has(ofClass)) first.set(ofClass, id);
      }
    }
    return this.#classes.map((ofClass) => first.get(ofClass) ?? 0);
  }

  /** Puts types into classes by what they are without what they refer to. */
  #classify(types: readonly (ArrayLike<number> | undefined)[]): void {
    const byShape = new Map<string, number>();
    const definitions = new Map<string, Set<number>>();
    types.forEach((words, id) => {
      if (words === undefined) return;
      const declares = declaredName(words);
      const info = words[1] ?? 0;
      if (declares !== undefined && isForward(info)) {
        this.#isForward[id] = 1;
        const forwards = this.#forwards.get(declares);
        if (forwards === undefined) this.#forwards.set(declares, [id]);
        else forwards.push(id);
        return;
      }
      const kind = kindNumber(info);
      const shape = kind === Kind.VAR || kind === Kind.DATASEC ? `${id}` : shapeOf(words);
      let ofClass = byShape.get(shape);
      if (ofClass === undefined) byShape.set(shape, (ofClass = this.#newClass()));
      this.#move(id, ofClass);
      if (declares === undefined) return;
      const classes = definitions.get(declares);
      if (classes === undefined) definitions.set(declares, new Set([ofClass]));
      else classes.add(ofClass);
    });
    for (const [name, forwards] of this.#forwards) {
      const [only, ...others] = definitions.get(name) ?? [];
      if (only !== undefined && others.length === 0) {
        this.#followed.set(only, name);
        for (const id of forwards) this.#classes[id] = only;
      } else {
        const ofClass = this.#newClass();
        for (const id of forwards) this.#move(id, ofClass);
      }
    }
  }

  #refine(): void {
    let suspects: Iterable<TypeId> = Array.from({ length: this.#count - 1 }, (_, index) => index + 1);
    for (;;) {
      const moved: TypeId[] = [];
      for (const members of this.#byClass(suspects)) this.#split(members, moved);
      if (moved.length === 0) return;
      const next = new Set<TypeId>();
      for (const id of moved) this.#referrers.of(id, (referrer) => next.add(referrer));
      suspects = next;
    }
  }

  /** Forward declarations are left out: they refer to nothing. */
  #byClass(ids: Iterable<TypeId>): Iterable<readonly TypeId[]> {
    const members = new Map<number, TypeId[]>();
    for (const id of ids) {
      if (this.#isForward[id] === 1) continue;
      const ofClass = this.#classes[id] ?? 0;
      const known = members.get(ofClass);
      if (known === undefined) members.set(ofClass, [id]);
      else known.push(id);
    }
    return members.values();
  }

  /**
   * Separates members of a class that refer to different classes by now. Those that are not given refer to what they always did, and
   * so to other classes than all that are given.
   */
  #split(members: readonly TypeId[], moved: TypeId[]): void {
    const [any] = members;
    const ofClass = this.#classes[any ?? 0] ?? 0;
    const size = this.#sizes[ofClass] ?? 0;
    if (size === 1) return;
    const bySignature = new Map<string, TypeId[]>();
    for (const id of members) {
      const signature = this.#signatureOf(id);
      const alike = bySignature.get(signature);
      if (alike === undefined) bySignature.set(signature, [id]);
      else alike.push(id);
    }
    const groups = [...bySignature.values()];
    if (size === members.length) {
      // One group keeps the class: the fewer move, the less there is to look at again.
      groups.sort((left, right) => left.length - right.length);
      groups.pop();
    }
    if (groups.length === 0) return;
    for (const group of groups) {
      const separate = this.#newClass();
      for (const id of group) {
        this.#move(id, separate);
        moved.push(id);
      }
    }
    this.#separateForwards(ofClass, moved);
  }

  /** There is more than one definition now. */
  #separateForwards(ofClass: number, moved: TypeId[]): void {
    const name = this.#followed.get(ofClass);
    if (name === undefined) return;
    this.#followed.delete(ofClass);
    const separate = this.#newClass();
    for (const id of this.#forwards.get(name) ?? []) {
      this.#classes[id] = separate;
      moved.push(id);
    }
  }

  #signatureOf(id: TypeId): string {
    const signature: number[] = [];
    this.#references.of(id, (reference) => signature.push(this.#classes[reference] ?? 0));
    this.#comparisons -= signature.length;
    if (this.#comparisons < 0) {
      throw new ObjectFormatError("its types refer to each other in too many ways to be compared", { section: ".BTF" });
    }
    return signature.join();
  }

  #newClass(): number {
    return this.#sizes.push(0) - 1;
  }

  #move(id: TypeId, ofClass: number): void {
    const before = this.#classes[id] ?? 0;
    if (before !== 0) this.#sizes[before] = (this.#sizes[before] ?? 0) - 1;
    this.#classes[id] = ofClass;
    this.#sizes[ofClass] = (this.#sizes[ofClass] ?? 0) + 1;
  }
}

/** A list of numbers for each of many things, in two arrays. */
class Lists {
  readonly #starts: Uint32Array;
  readonly #values: Uint32Array;

  /** `fill` is called twice, and adds the same each time. */
  constructor(count: number, fill: (add: (to: number, value: number) => void) => void) {
    this.#starts = new Uint32Array(count + 1);
    fill((to) => {
      this.#starts[to + 1] = (this.#starts[to + 1] ?? 0) + 1;
    });
    for (let index = 0; index < count; index++) {
      this.#starts[index + 1] = (this.#starts[index + 1] ?? 0) + (this.#starts[index] ?? 0);
    }
    const ends = this.#starts.slice();
    this.#values = new Uint32Array(this.total);
    fill((to, value) => {
      const at = ends[to] ?? 0;
      ends[to] = at + 1;
      this.#values[at] = value;
    });
  }

  get total(): number {
    return this.#starts.at(-1) ?? 0;
  }

  of(index: number, visit: (value: number) => void): void {
    const end = this.#starts[index + 1] ?? 0;
    for (let at = this.#starts[index] ?? 0; at < end; at++) visit(this.#values[at] ?? 0);
  }

  each(visit: (index: number, value: number) => void): void {
    for (let index = 0; index + 1 < this.#starts.length; index++) this.of(index, (value) => visit(index, value));
  }
}

/** A type without what it refers to. */
function shapeOf(words: ArrayLike<number>): string {
  const shape = Array.from(words);
  eachTypeWord(words, (at) => {
    shape[at] = 0;
  });
  return shape.join();
}

/** What a struct, union, enum or forward declaration is of, when it has a name. */
function declaredName(words: ArrayLike<number>): string | undefined {
  const name = words[0] ?? 0;
  if (name === 0) return undefined;
  const info = words[1] ?? 0;
  switch (kindNumber(info)) {
    case Kind.STRUCT:
      return `struct ${name}`;
    case Kind.UNION:
      return `union ${name}`;
    case Kind.FWD:
      return `${kindFlag(info) ? "union" : "struct"} ${name}`;
    case Kind.ENUM:
    case Kind.ENUM64:
      return `enum ${name}`;
    default:
      return undefined;
  }
}

/** Enums without values are forward declarations, too. */
function isForward(info: number): boolean {
  const kind = kindNumber(info);
  return kind === Kind.FWD || ((kind === Kind.ENUM || kind === Kind.ENUM64) && elementCount(info) === 0);
}

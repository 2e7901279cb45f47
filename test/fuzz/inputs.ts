import { Btf } from "bpf-loader/btf";
import { attempt } from "./attempt.ts";
import { mutate } from "./mutations.ts";
import { mutateObject } from "./object-mutations.ts";
import { choose, randomNumbersOf } from "./random.ts";
import type { Random } from "./random.ts";
import { randomTypes } from "./random-types.ts";
import { readCode } from "./read-code.ts";
import { readCollection, readForBindings, readLinked, readParts } from "./read-object.ts";
import { useBtf, walkBtf } from "./read-types.ts";
import { sectionBytes } from "./seed-objects.ts";
import type { SeedObject } from "./seed-objects.ts";

/** Something to read. */
export interface Input {
  /** What it is and what it was made of. */
  readonly description: string;
  readonly bytes: Uint8Array;
  /** Reads it. Throws when something else than a refusal by a typed error comes of it. Returns whether it could be read. */
  read(): boolean;
}

/** The inputs that a seed stands for: the same number is the same input each time. */
export class Inputs {
  readonly #seed: number;
  readonly #objects: readonly SeedObject[];
  /** The types that CO-RE looks for in, of each byte order. */
  readonly #kernels: ReadonlyMap<boolean, SeedObject>;

  constructor(seed: number, objects: readonly SeedObject[]) {
    this.#seed = seed;
    this.#objects = objects;
    const targets = objects.filter(({ name }) => name.includes("core-target"));
    this.#kernels = new Map(targets.map((target) => [target.littleEndian, target]));
  }

  input(number: number): Input {
    const random = randomNumbersOf(this.#seed, number);
    const object = choose(random, this.#objects);
    // Objects are what takes time; types and code on their own are what goes far.
    const kind = random(12);
    if (kind < 3) return code(object, random);
    if (kind < 6) return types(object, random);
    const kernel = this.#kernel(object.littleEndian, random);
    if (kind < 7) return parts(object, kernel, random);
    if (kind < 10) return collection(object, kernel, random);
    if (kind < 11) return bindings(object, random);
    return linked(object, this.#otherObject(object, random), kernel, random);
  }

  /** To link with it: the same compiled once more, wrong in another way, or any. */
  #otherObject(object: SeedObject, random: Random): SeedObject {
    const others = this.#objects.filter(({ littleEndian }) => littleEndian === object.littleEndian);
    return random(3) === 0 ? object : choose(random, others);
  }

  /** Some types to relocate against, half of the time wrong ones. */
  #kernel(littleEndian: boolean, random: Random): Btf {
    const target = this.#kernels.get(littleEndian);
    const good = target === undefined ? new Uint8Array(0) : sectionBytes(target, ".BTF");
    const wrong = random(4) === 0 ? randomTypes(random, littleEndian, NAMES_OF_TARGET) : undefined;
    const bytes =
      random(2) === 0 ? good : (wrong ?? mutate(good, { from: Math.min(24, good.length), to: good.length }, random));
    return attempt(() => Btf.parse(bytes)) ?? Btf.parse(good);
  }
}

/** Names that the objects look for. */
const NAMES_OF_TARGET = ["sample", "every", "task_struct", "a", "b", "x", "e", "int", "flavoured"];

function code({ name, littleEndian, sections, bytes }: SeedObject, random: Random): Input {
  const section = choose(random, sections);
  const original = bytes.subarray(section.from, section.to);
  const length = random(2) === 0 ? original.length & ~7 : original.length;
  const mutated = mutate(original.slice(0, length), { from: 0, to: length }, random);
  return {
    description: `instructions: section ${section.name} of ${name}, mutated`,
    bytes: mutated,
    read: () => {
      readCode(mutated, littleEndian);
      return mutated.length % 8 === 0;
    },
  };
}

function types(object: SeedObject, random: Random): Input {
  const original = sectionBytes(object, ".BTF");
  const isRandom = random(2) === 0 || original.length === 0;
  const bytes = isRandom
    ? randomTypes(random, object.littleEndian)
    : mutate(original, { from: 0, to: original.length }, random);
  return {
    description: isRandom ? "BTF: types at random" : `BTF: that of ${object.name}, mutated`,
    bytes,
    read: () => {
      const btf = attempt(() => Btf.parse(bytes));
      if (btf === undefined) return false;
      walkBtf(btf);
      useBtf(btf, bytes);
      return true;
    },
  };
}

function parts(object: SeedObject, kernel: Btf, random: Random): Input {
  const bytes = mutateObject(object, random);
  return { description: `parts of ${object.name}, mutated`, bytes, read: () => readParts(bytes, kernel) };
}

function collection(object: SeedObject, kernel: Btf, random: Random): Input {
  const bytes = mutateObject(object, random);
  return { description: `collection of ${object.name}, mutated`, bytes, read: () => readCollection(bytes, kernel) };
}

function linked(object: SeedObject, other: SeedObject, kernel: Btf, random: Random): Input {
  const bytes = mutateObject(object, random);
  const second = random(2) === 0 ? other.bytes : mutateObject(other, random);
  return {
    description: `${object.name}, mutated, linked with ${other.name}${second === other.bytes ? "" : ", mutated"}`,
    bytes,
    read: () => readLinked(bytes, second, kernel),
  };
}

function bindings(object: SeedObject, random: Random): Input {
  const bytes = mutateObject(object, random);
  return { description: `bindings of ${object.name}, mutated`, bytes, read: () => readForBindings(bytes) };
}

import { checkLength, describeValue, within, zeroFill } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError, NotSupportedError } from "../errors/index.ts";
import { oneCpuValues } from "../features/map-operations.ts";
import { describeLack, has, possibleCpus } from "../sys/index.ts";
import { UpdateFlag } from "../uapi/index.ts";
import { elementCodec } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import type { MapElements } from "./map-elements.ts";

/**
 * The value of a per-CPU map as the kernel copies it: one value for each CPU that it could ever use, offline ones too,
 * each at a multiple of 8 bytes (bpf_percpu_hash_copy).
 */
export function perCpuCodec(opened: OpenedMap): Codec<unknown[]> {
  const codec = elementCodec(opened, "value");
  const stride = Math.ceil(codec.size / 8) * 8;
  const cpus = possibleCpus();
  return {
    name: `${codec.name} per CPU`,
    size: stride * cpus,
    align: 8,
    read(view, offset) {
      const values: unknown[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) values.push(codec.read(view, offset + cpu * stride));
      return values;
    },
    write(view, offset, values) {
      checkLength(values, cpus);
      for (let cpu = 0; cpu < cpus; cpu++) {
        const at = offset + cpu * stride;
        try {
          codec.write(view, at, values[cpu]);
        } catch (error) {
          throw within(cpu, error);
        }
        zeroFill(view, at + codec.size, stride - codec.size);
      }
    },
  };
}

const CPU_SHIFT = 2 ** 32;

/** One CPU's value of an entry of a per-CPU map, whose key is in place. */
export class CpuValues<V> {
  readonly #codec: Codec<V>;
  readonly #cpus: number;
  readonly #stride: number;
  readonly #what: string;

  constructor(opened: OpenedMap, what: string) {
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#codec = elementCodec(opened, "value") as Codec<V>;
    this.#cpus = possibleCpus();
    this.#stride = Math.ceil(this.#codec.size / 8) * 8;
    this.#what = what;
  }

  /** `undefined` when there is no such entry. Where the kernel can't look one up, it is one of all. */
  get(elements: MapElements, cpu: number): V | undefined {
    this.#check(cpu);
    const single = has(oneCpuValues);
    if (!elements.lookup(single ? UpdateFlag.CPU + cpu * CPU_SHIFT : 0)) return undefined;
    return this.#codec.read(elements.view, elements.valueOffset + (single ? 0 : cpu * this.#stride));
  }

  /**
   * There is no other way: writing back all CPUs' values would undo what programs count meanwhile. Beside this flag the
   * kernel takes no notice of those that say whether the entry may be there.
   */
  set(elements: MapElements, cpu: number, value: V): void {
    this.#check(cpu);
    if (!has(oneCpuValues)) {
      const { name, since } = oneCpuValues;
      const message = `${this.#what}: the value of one CPU can't be set alone: ${describeLack(oneCpuValues)}; set those of all`;
      throw new NotSupportedError(name, since, message);
    }
    this.#codec.write(elements.view, elements.valueOffset, value);
    elements.update(UpdateFlag.CPU + cpu * CPU_SHIFT);
  }

  /** The same value for each CPU. */
  repeat(value: V): V[] {
    return Array.from({ length: this.#cpus }, () => value);
  }

  #check(cpu: number): void {
    if (Number.isInteger(cpu) && cpu >= 0 && cpu < this.#cpus) return;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.#what}: CPU ${String(cpu)} is not an integer from 0 to ${this.#cpus - 1}`,
    );
  }
}

/** Makes one value of two. */
export type Add<V> = (sum: V, ofCpu: V) => V;

/**
 * The sum of all CPUs' values: of numbers and bigints as they are, of structs and arrays member by member.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a value that has no sum, such as a string, and no `add` to make one
 */
export function sumOf<V>(values: readonly V[], add: Add<V> = addMembers): V {
  return values.reduce((sum, ofCpu) => add(sum, ofCpu));
}

// A sum has the members of what it is of.
function addMembers<V>(left: V, right: V): V {
  return sumOfTwo(left, right) as V;
}

function sumOfTwo(left: unknown, right: unknown): unknown {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (typeof left === "bigint" && typeof right === "bigint") return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return left.map((member, index) => sumOfTwo(member, right[index]));
  if (isPlainObject(left) && isPlainObject(right)) {
    return Object.fromEntries(Object.entries(left).map(([name, member]) => [name, sumOfTwo(member, right[name])]));
  }
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `${describeValue(left)} has no sum with ${describeValue(right)}: give sum() a function that adds two values`,
  );
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

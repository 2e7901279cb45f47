import type { Decoded, FieldType, Layout, ObjectInfo } from "../sys/index.ts";

/**
 * Tells what the kernel said from what it does not know. A kernel fills as many bytes as its own structure has, which grew with
 * its releases, and says how many these were: a field behind them is `undefined`, one within is what it is, be it zero.
 *
 * Some fields took the place of padding, which older kernels filled with zero: `together` names one behind the padding that came
 * in the same release, by which they are told apart.
 */
export class Reported<L extends Layout> {
  readonly #layout: L;
  readonly #info: Decoded<L>;
  readonly #length: number;

  constructor(layout: L, { info, length }: Pick<ObjectInfo<L>, "info" | "length">) {
    this.#layout = layout;
    this.#info = info;
    this.#length = length;
  }

  /** Whether the kernel knows the field. */
  has(field: keyof L["fields"] & string): boolean {
    const place = this.#layout.fields[field];
    return place !== undefined && place[0] + sizeOf(place[1]) <= this.#length;
  }

  /** The field's value, if the kernel knows it. */
  get<F extends keyof Decoded<L> & keyof L["fields"] & string>(
    field: F,
    together: keyof L["fields"] & string = field,
  ): Decoded<L>[F] | undefined {
    return this.has(together) ? this.#info[field] : undefined;
  }

  /** For a field in former padding whose zero says nothing: `undefined` then. */
  getNonZero<F extends keyof Decoded<L> & keyof L["fields"] & string>(field: F): Decoded<L>[F] | undefined {
    const value: unknown = this.get(field);
    return value === 0 || value === 0n ? undefined : this.#info[field];
  }
}

const SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

function sizeOf(type: FieldType): number {
  const elements = /\[(\d+)\]$/.exec(type)?.[1];
  // What is neither a number nor an array is a pointer.
  return elements === undefined ? (SIZES[type] ?? 8) : Number(elements);
}

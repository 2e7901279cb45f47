import type { Codec } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { MapElements } from "./map-elements.ts";
import { closedError } from "./map-handle.ts";
import type { MappedMemory } from "./mapped-memory.ts";
import { mappedCell, sectionCell } from "./variable-cell.ts";
import type { VariableCell } from "./variable-cell.ts";

/** What holds variables: the map of a data section, or an arena. */
export interface VariableSection {
  readonly name: string;
  readonly closed: boolean;
  /** Bytes in which variables can be. */
  readonly valueSize: number;
  /** `undefined` where the kernel does not map it. */
  mappedMemory(): MappedMemory | undefined;
  elements(): MapElements;
}

/** Where a variable is, and what it is. */
export interface VariablePlace<T> {
  /** Name in C. */
  readonly name: string;
  /** Bytes from the start of its section. */
  readonly offset: number;
  readonly codec: Codec<T>;
  /** True for constants: `.rodata` is frozen before programs are verified. */
  readonly readOnly: boolean;
}

/**
 * A global variable of a loaded object.
 *
 * It is read and written in mapped memory, in some 10 ns: what programs write is there at once. A variable of 1, 2, 4 or 8 bytes
 * is read and written whole, a longer one may be seen half-written; `set` is not atomic together with a `get` before it.
 * Before Linux 5.5, and where its section can't be mapped, both are system calls, and `set` writes the whole section back
 * as it was read: it may undo what a program writes to another variable meanwhile.
 */
export class Variable<T> {
  /** Name in C. */
  readonly name: string;
  /** True for constants: {@link set} throws. */
  readonly readOnly: boolean;
  readonly #section: VariableSection;
  readonly #offset: number;
  readonly #codec: Codec<T>;
  #cell: VariableCell | undefined;

  /**
   * @param section the map of the variable's section; closing it is the caller's.
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the variable is outside its section
   */
  constructor(section: VariableSection, place: VariablePlace<T>) {
    if (place.offset < 0 || place.offset + place.codec.size > section.valueSize) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `variable ${quoteName(place.name)}: its ${place.codec.size} bytes at ${place.offset} are outside of map ${quoteName(section.name)} with ${section.valueSize}`,
      );
    }
    this.name = place.name;
    this.readOnly = place.readOnly;
    this.#section = section;
    this.#offset = place.offset;
    this.#codec = place.codec;
  }

  /**
   * Name of the map that it is in.
   *
   * @internal
   */
  get sectionName(): string {
    return this.#section.name;
  }

  /** Bytes. */
  get size(): number {
    return this.#codec.size;
  }

  /**
   * The same variable, read and written by another codec of that size.
   *
   * @internal
   */
  withCodec<U>(codec: Codec<U>): Variable<U> {
    const { name, readOnly } = this;
    return new Variable(this.#section, { name, offset: this.#offset, codec, readOnly });
  }

  /** The value: the same as `get()` and `set()`. */
  get value(): T {
    return this.get();
  }

  set value(value: T) {
    this.set(value);
  }

  /** @throws BpfError `ERR_BPF_CLOSED` after the collection's close */
  get(): T {
    const value = (this.#cell ?? this.#open()).read();
    if (value === undefined) throw this.#closed();
    // What the codec, or a typed array in its place, reads.
    return value as T;
  }

  /**
   * @throws CodecError when the value does not fit the type; nothing is written then
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for a constant, `ERR_BPF_CLOSED` after the collection's close
   */
  set(value: T): void {
    if (this.readOnly) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `variable ${quoteName(this.name)} is constant since its object was loaded; give its value before, as a constant of the load`,
      );
    }
    if (this.#section.closed) throw this.#closed();
    (this.#cell ?? this.#open()).write(value);
  }

  /**
   * The variable as memory that is shared with programs, without a copy; `undefined` for constants, and where its section can't be
   * mapped for writing. For counters that programs change meanwhile, and structures that are changed in place:
   *
   * ```ts
   * const { buffer, byteOffset } = collection.variables.get("requests")!.bytes!;
   * Atomics.add(new BigInt64Array(buffer, byteOffset, 1), 0, 1n); // as __sync_fetch_and_add() of a program
   * ```
   *
   * Detached by closing the map of its section.
   *
   * @throws BpfError `ERR_BPF_CLOSED` after the collection's close
   */
  get bytes(): Uint8Array | undefined {
    if (this.#section.closed) throw this.#closed();
    const memory = this.#section.mappedMemory();
    if (this.readOnly || memory?.writable !== true) return undefined;
    return new Uint8Array(memory.buffer, this.#offset, this.size);
  }

  #open(): VariableCell {
    if (this.#section.closed) throw this.#closed();
    const memory = this.#section.mappedMemory();
    const bySystemCalls = sectionCell(this.#codec, () => this.#elements(), this.#offset);
    if (memory === undefined) this.#cell = bySystemCalls;
    else {
      const mapped = mappedCell(this.#codec, memory, this.#offset);
      // Memory is read-only where the map is frozen, or read-only for programs: only the kernel knows, and says it.
      this.#cell = memory.writable ? mapped : { read: mapped.read, write: bySystemCalls.write };
    }
    return this.#cell;
  }

  #elements(): MapElements {
    if (this.#section.closed) throw this.#closed();
    return this.#section.elements();
  }

  #closed(): BpfError {
    return closedError(`variable ${quoteName(this.name)}: map ${quoteName(this.#section.name)}`);
  }
}

import type { OpenedMap } from "./bpf-map.ts";
import { DescriptorMap } from "./descriptor-map.ts";
import type { EntryRules } from "./descriptor-map.ts";
import { KeyWalk } from "./key-walk.ts";
import type { ElementHints } from "./map-elements.ts";
import { walkOrder } from "./walk-order.ts";

/** A {@link DescriptorMap} whose entries can be read; `V` is what the kernel says of them. */
export abstract class ReadableDescriptorMap<K, V> extends DescriptorMap<K> implements Iterable<[K, V]> {
  readonly #isArray: boolean;
  readonly #getHints: ElementHints | undefined;

  constructor(opened: OpenedMap, rules: EntryRules<K> = {}) {
    super(opened, rules);
    this.#isArray = rules.key === undefined;
    this.#getHints = rules.getHints;
  }

  /**
   * What the entry holds; `undefined` when there is none.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  get(key: K): V | undefined {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.lookup(0, this.#getHints) ? this.readValue(elements.view, elements.valueOffset) : undefined;
  }

  /** Whether there is an entry. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** Takes all entries out. Those that others add meanwhile may stay. */
  clear(): void {
    for (const key of this.#everyKey()) this.delete(key);
  }

  /** Entries, counted by looking at each. */
  get size(): number {
    let count = 0;
    for (const _ of this.entries()) count++;
    return count;
  }

  /** The keys that have an entry. */
  *keys(): Generator<K, void, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  /** What the entries hold. */
  *values(): Generator<V, void, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Keys with what they hold. Entries may be put in and taken out while iterating. */
  *entries(): Generator<[K, V], void, undefined> {
    for (const key of this.#everyKey()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  [Symbol.iterator](): Generator<[K, V], void, undefined> {
    return this.entries();
  }

  /** Calls `callback` for each entry, as {@link entries} finds them. */
  forEach(callback: (value: V, key: K, map: this) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }

  /** @internal */
  protected abstract readValue(view: DataView, offset: number): V;

  /** Of an array also those without an entry. */
  #everyKey(): Generator<K, void, undefined> {
    return this.#isArray ? this.#indexes() : this.#walk();
  }

  *#indexes(): Generator<K, void, undefined> {
    // An array's keys are indexes.
    for (let index = 0; index < this.maxEntries; index++) yield index as K;
  }

  *#walk(): Generator<K, void, undefined> {
    const { handle, keySize, maxEntries } = this;
    const walk = new KeyWalk({ handle, order: walkOrder(this.type), keySize, maxEntries });
    while (walk.advance()) yield this.keyCodec.read(walk.view, walk.offset);
  }
}

import type { Codec } from "../codec/index.ts";
import { BpfMap, updateFlags } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { indexCodec } from "./index-codec.ts";
import type { ElementHints } from "./map-elements.ts";

/** Something open: a program, a map, a socket of another library. Only its descriptor's number is read. */
export interface Descriptor {
  readonly fd: number;
}

/** Options of an update of a map that holds kernel objects. */
export interface SetOptions {
  /**
   * - `any` (default): creates or replaces.
   * - `noExist`: only creates.
   * - `exist`: only replaces.
   */
  readonly flag?: "any" | "noExist" | "exist";
}

/** How the entries of a kind of map look. */
export interface EntryRules<K> {
  /** Codec of the keys; `undefined` = indexes of an array of `maxEntries`. */
  readonly key?: Codec<K>;
  /** What error numbers mean when an entry is written, and when one is read. */
  readonly setHints?: ElementHints;
  readonly getHints?: ElementHints;
}

/**
 * A map that holds objects of the kernel, which are put into it by descriptor. Programs, maps and cgroups stay in existence while they
 * are in it, and their descriptor may be closed; sockets and network interfaces go out of it when they are closed or removed.
 */
export abstract class DescriptorMap<K> extends BpfMap {
  /** @internal */
  protected readonly keyCodec: Codec<K>;
  readonly #setHints: ElementHints | undefined;

  constructor(opened: OpenedMap, rules: EntryRules<K> = {}) {
    super(opened);
    // Without a codec the keys are indexes, and K is number.
    this.keyCodec = rules.key ?? (indexCodec(opened.maxEntries, this.handle.what) as Codec<unknown> as Codec<K>);
    this.#setHints = rules.setHints;
  }

  /**
   * Takes the entry out. False when there was none.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not less than `maxEntries`; `ERR_BPF_CLOSED`
   */
  delete(key: K): boolean {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    return elements.delete();
  }

  /** @internal */
  protected put(key: K, write: (view: DataView, offset: number) => void, options: SetOptions | undefined): boolean {
    const { elements } = this.handle;
    this.keyCodec.write(elements.view, elements.keyOffset, key);
    write(elements.view, elements.valueOffset);
    return elements.update(updateFlags(options), this.#setHints);
  }
}

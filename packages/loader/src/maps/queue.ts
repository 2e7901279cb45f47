import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { MapType, UpdateFlag } from "../uapi/index.ts";
import { BpfMap, elementCodec } from "./bpf-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { createMapAs, mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";
import type { FromFdOptions, FromOptions, NewMapOptions } from "./map-class.ts";

/** A queue or stack to be created. */
export interface NewQueue<V> extends NewMapOptions {
  readonly value: Codec<V>;
  /** Most values that it can hold. */
  readonly maxEntries: number;
}

/** Options of a push. */
export interface PushOptions {
  /**
   * - `any` (default): a full map refuses it.
   * - `exist`: a full map drops its oldest value to make room.
   */
  readonly flag?: "any" | "exist";
}

const PUSH_HINTS = {
  E2BIG: 'it is full; pop a value first, or push with { flag: "exist" }, which drops the oldest',
};

/** What queues and stacks have in common: values without keys, one system call each. */
abstract class PushPopMap<V> extends BpfMap {
  readonly #value: Codec<V>;

  /** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the codec's size is not the kernel's; the descriptor is then still the caller's. */
  constructor(opened: OpenedMap) {
    super(opened);
    // V is what the caller says that the codec of `opened` reads; the size is checked.
    this.#value = elementCodec(opened, "value") as Codec<V>;
  }

  /**
   * Adds a value.
   *
   * @throws CodecError when the value does not fit its type; nothing is written then
   * @throws SyscallError `E2BIG` when the map is full, and `exist` was not asked for
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  push(value: V, options?: PushOptions): void {
    const { elements } = this.handle;
    this.#value.write(elements.view, elements.valueOffset, value);
    elements.update(pushFlags(options), PUSH_HINTS);
  }

  /** Takes the next value out; `undefined` when there is none. */
  pop(): V | undefined {
    const { elements } = this.handle;
    return elements.lookupAndDelete(0) ? this.#value.read(elements.view, elements.valueOffset) : undefined;
  }

  /** The value that {@link pop} would take, which stays; `undefined` when there is none. */
  peek(): V | undefined {
    const { elements } = this.handle;
    return elements.lookup(0) ? this.#value.read(elements.view, elements.valueOffset) : undefined;
  }

  /** Takes value after value out, until there is none. It ends only once programs don't push faster. */
  *drain(): Generator<V, void, undefined> {
    const { handle } = this;
    while (handle.elements.lookupAndDelete(0)) {
      const { elements } = handle;
      yield this.#value.read(elements.view, elements.valueOffset);
    }
  }

  /** Takes everything out that is there now: a system call for each value. */
  clear(): void {
    const { elements } = this.handle;
    for (let count = 0; count < this.maxEntries && elements.lookupAndDelete(0); count++);
  }
}

/**
 * A queue of the kernel: BPF_MAP_TYPE_QUEUE (since Linux 4.20). What was pushed first comes out first; programs and this
 * process may push and pop at once. The kernel neither counts nor lists the values.
 *
 * ```ts
 * objs.maps.jobs.push({ pid: 42 });
 * for (const job of objs.maps.jobs.drain()) console.log(job.pid);
 * ```
 */
export class Queue<V> extends PushPopMap<V> {
  static readonly mapTypes: readonly MapType[] = [MapType.QUEUE];

  /**
   * Creates a queue, without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, maxEntries, ...options }: NewQueue<V>): Queue<V> {
    return createMapAs(Queue<V>, { type: MapType.QUEUE, value, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): Queue<V> {
    return mapFromId(Queue<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): Queue<V> {
    return mapFromPin(Queue<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): Queue<V> {
    return mapFromFd(Queue<V>, fd, options);
  }
}

/** A stack of the kernel: BPF_MAP_TYPE_STACK (since Linux 4.20). As {@link Queue}, and what was pushed last comes out first. */
export class Stack<V> extends PushPopMap<V> {
  static readonly mapTypes: readonly MapType[] = [MapType.STACK];

  /**
   * Creates a stack, without an object.
   *
   * @throws BpfError that says which field is wrong, or that the kernel lacks this kind of map; MissingCapabilityError
   */
  static create<V>({ value, maxEntries, ...options }: NewQueue<V>): Stack<V> {
    return createMapAs(Stack<V>, { type: MapType.STACK, value, maxEntries }, options);
  }

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId<V = unknown>(id: number, options?: FromOptions<never, V>): Stack<V> {
    return mapFromId(Stack<V>, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin<V = unknown>(path: string, options?: FromOptions<never, V>): Stack<V> {
    return mapFromPin(Stack<V>, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd<V = unknown>(fd: number, options?: FromFdOptions<never, V>): Stack<V> {
    return mapFromFd(Stack<V>, fd, options);
  }
}

function pushFlags(options: PushOptions | undefined): number {
  const flag = options?.flag;
  if (flag === undefined || flag === "any") return UpdateFlag.ANY;
  if (flag === "exist") return UpdateFlag.EXIST;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `flag ${JSON.stringify(flag)} does not exist for a push; use "any" or "exist"`,
  );
}

import { addon, Errno, explainSyscall, kernelIsAtLeast } from "../sys/index.ts";
import type { Addon, FailureContext, MapSlot } from "../sys/index.ts";
import { UpdateFlag } from "../uapi/index.ts";
import type { BatchMemory } from "./batch-memory.ts";

/** Warns about maps that nobody closed, and closes them. Collection is late and not certain: nothing relies on it. */
const forgotten = new FinalizationRegistry<{ readonly handle: number; readonly what: string; readonly site: string }>(
  ({ handle, what, site }) => {
    addon().closeMapSlot(handle);
    process.emitWarning(`${what} was never closed${site}`, "BpfLeakWarning");
  },
);

type BatchCommand =
  | "BPF_MAP_LOOKUP_BATCH"
  | "BPF_MAP_LOOKUP_AND_DELETE_BATCH"
  | "BPF_MAP_UPDATE_BATCH"
  | "BPF_MAP_DELETE_BATCH";

const FROZEN = "the map is frozen, or read-only for system calls";
const FULL = "the map is full";

/** What an error number means for a kind of map, in place of what it means for most: `{ EINVAL: "it is no cgroup" }`. */
export type ElementHints = Readonly<Record<string, string>>;

/**
 * The elements of an open map through system calls. Keys and values go through one block of memory that the kernel reads
 * and writes directly: write the key at `keyOffset`, call, read the value at `valueOffset`. The next call overwrites both,
 * so whatever has to last is copied first.
 */
export class MapElements {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly keyOffset: number;
  readonly nextKeyOffset: number;
  readonly valueOffset: number;
  /** Bytes of the value area: of all CPUs for a per-CPU map. */
  readonly valueBytes: number;
  /** Bytes of a {@link BatchMemory}'s cursor. */
  readonly cursorBytes: number;

  readonly #what: string;
  readonly #addon: Addon;
  readonly #handle: number;
  // The calls on single elements are looked up once: to V8 the addon is a dictionary, and what runs behind a system call runs slowly.
  readonly #lookup: Addon["mapLookup"];
  readonly #update: Addon["mapUpdate"];
  readonly #delete: Addon["mapDelete"];
  readonly #lookupAndDelete: Addon["mapLookupAndDelete"];
  readonly #nextKey: Addon["mapNextKey"];
  /** Commands on many entries that the kernel refused once, since it does not have them for this kind of map. */
  readonly #lacking = new Set<BatchCommand>();

  /**
   * Takes over `fd`. `what` names the map in messages, `site` says where it was opened.
   *
   * @throws BpfError when the kernel does not tell the map's sizes; `fd` is then still the caller's.
   */
  constructor(fd: number, what: string, site: string) {
    this.#addon = addon();
    this.#lookup = this.#addon.mapLookup;
    this.#update = this.#addon.mapUpdate;
    this.#delete = this.#addon.mapDelete;
    this.#lookupAndDelete = this.#addon.mapLookupAndDelete;
    this.#nextKey = this.#addon.mapNextKey;
    const slot: MapSlot | number = this.#addon.openMapSlot(fd);
    if (typeof slot === "number") throw explainSyscall(slot, "BPF_OBJ_GET_INFO_BY_FD", what);
    this.view = new DataView(slot.buffer);
    this.bytes = new Uint8Array(slot.buffer);
    this.keyOffset = slot.keyOffset;
    this.nextKeyOffset = slot.nextKeyOffset;
    this.valueOffset = slot.valueOffset;
    this.valueBytes = slot.valueBytes;
    this.cursorBytes = slot.cursorBytes;
    this.#handle = slot.handle;
    this.#what = what;
    forgotten.register(this, { handle: slot.handle, what, site }, this);
  }

  /** Key → value. False when the map has no such key. */
  lookup(flags: number, hints?: ElementHints): boolean {
    const result = this.#lookup(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.failure(result, "BPF_MAP_LOOKUP_ELEM", {
      hints: { EPERM: "the map is write-only for system calls", EINVAL: refusalHint(flags), ...hints },
    });
  }

  /** Key, value → map. False when `flags` say that the key must not be there and it is, or must be there and is not. */
  update(flags: number, hints?: ElementHints): boolean {
    const result = this.#update(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.EEXIST || result === -Errno.ENOENT) return false;
    throw this.failure(result, "BPF_MAP_UPDATE_ELEM", {
      hints: { EPERM: FROZEN, E2BIG: FULL, ENOSPC: FULL, EINVAL: refusalHint(flags), ...hints },
    });
  }

  /** False when the map has no such key. */
  delete(hints?: ElementHints): boolean {
    const result = this.#delete(this.#handle);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.failure(result, "BPF_MAP_DELETE_ELEM", {
      hints: { EPERM: FROZEN, EINVAL: "elements of this kind of map can't be deleted", ...hints },
    });
  }

  /** Key → value, which is gone from the map. False when the map has no such key. Hash maps: since Linux 5.14. */
  lookupAndDelete(flags: number): boolean {
    const result = this.#lookupAndDelete(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    const hint = "hash maps can do it since Linux 5.14; use get() and delete()";
    throw this.failure(result, "BPF_MAP_LOOKUP_AND_DELETE_ELEM", {
      hints: { EPERM: FROZEN, EINVAL: hint, ENOTSUPP: hint, EOPNOTSUPP: hint },
    });
  }

  /**
   * Key → next key, or the first key of all. False when there is none. A hash map that does not have the key (any more)
   * answers with its first one.
   */
  nextKey(first: boolean): boolean {
    const result = this.#nextKey(this.#handle, first);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.failure(result, "BPF_MAP_GET_NEXT_KEY", { hints: { EPERM: "the map is write-only for system calls" } });
  }

  /**
   * Entries to `memory`, from where its cursor says or from the start when `first`: `memory.count` tells how many. Short counts are
   * normal. The result is 0, or of -errno: ENOENT at the end, with the last entries; ENOSPC when a bucket of a hash map does not fit;
   * EINTR when entries go away too fast, with those so far. `undefined` when the map has no such command.
   */
  lookupBatch(memory: BatchMemory, first: boolean, flags: number, remove: boolean): number | undefined {
    const command = remove ? "BPF_MAP_LOOKUP_AND_DELETE_BATCH" : "BPF_MAP_LOOKUP_BATCH";
    if (this.#lacking.has(command)) return undefined;
    const call = remove ? this.#addon.mapLookupAndDeleteBatch : this.#addon.mapLookupBatch;
    const result = call(this.#handle, flags, memory.cursor, memory.keys, memory.values, first);
    if (result >= 0 || result === -Errno.ENOENT || result === -Errno.ENOSPC || result === -Errno.EINTR) return result;
    if (this.#refuses(command, result)) return undefined;
    throw this.failure(result, command, {
      hints: { EPERM: remove ? FROZEN : "the map is write-only for system calls" },
    });
  }

  /**
   * Entries → map, as many as the `cursor` says, which tells afterwards how many were written. 0, or -errno of the first that was not.
   * `undefined` when the map has no such command, or only the calls on single entries can tell what is wrong.
   */
  updateBatch(cursor: Uint8Array, keys: Uint8Array, values: Uint8Array, flags: number): number | undefined {
    if (this.#lacking.has("BPF_MAP_UPDATE_BATCH")) return noneDone(cursor);
    const result = this.#addon.mapUpdateBatch(this.#handle, flags, cursor, keys, values);
    return this.#refuses("BPF_MAP_UPDATE_BATCH", result) ? undefined : result;
  }

  /** Removes entries: as {@link updateBatch}. */
  deleteBatch(cursor: Uint8Array, keys: Uint8Array): number | undefined {
    if (this.#lacking.has("BPF_MAP_DELETE_BATCH")) return noneDone(cursor);
    const result = this.#addon.mapDeleteBatch(this.#handle, 0, cursor, keys);
    return this.#refuses("BPF_MAP_DELETE_BATCH", result) ? undefined : result;
  }

  /** The error for a batch that was not written, or with `undefined` in place of flags not deleted. */
  writeFailure(errno: number, flags: number | undefined): Error {
    if (flags === undefined) return this.failure(errno, "BPF_MAP_DELETE_BATCH", { hints: { EPERM: FROZEN } });
    return this.failure(errno, "BPF_MAP_UPDATE_BATCH", { hints: { EPERM: FROZEN, E2BIG: "the map is full" } });
  }

  /** The error for an operation that failed. */
  failure(errno: number, command: string, context?: FailureContext): Error {
    // Since Linux 5.19, kernel.unprivileged_bpf_disabled leaves those alone who were given a map.
    const capabilities = kernelIsAtLeast("5.19") ? { capabilities: [] } : {};
    return explainSyscall(errno, command, this.#what, { ...capabilities, ...context });
  }

  /**
   * Whether it is the command itself that the kernel refuses: ENOTSUPP for kinds of maps without it, and before Linux 5.6 EINVAL. That
   * is what a key or flags that don't fit give, too; then the calls on single entries say so.
   */
  #refuses(command: BatchCommand, result: number): boolean {
    if (result === -Errno.EINVAL) return true;
    if (result !== -Errno.ENOTSUPP && result !== -Errno.EOPNOTSUPP) return false;
    this.#lacking.add(command);
    return true;
  }

  /** Closes the map's descriptor. The block of memory goes when the views do. */
  close(): void {
    forgotten.unregister(this);
    this.#addon.closeMapSlot(this.#handle);
  }
}

function noneDone(cursor: Uint8Array): undefined {
  cursor.fill(0, 0, 4);
}

function refusalHint(flags: number): string {
  if (flags >= UpdateFlag.LOCK) return "the flag lock needs a struct bpf_spin_lock in the value";
  return flags === 0 ? "the kernel refuses the key or the value" : "the kernel refuses the key, the value or the flag";
}

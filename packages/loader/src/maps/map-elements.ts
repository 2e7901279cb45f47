import { addon, Errno, explainSyscall } from "../sys/index.ts";
import type { Addon, FailureContext, MapSlot } from "../sys/index.ts";

/** Warns about maps that nobody closed, and closes them. Collection is late and not certain: nothing relies on it. */
const forgotten = new FinalizationRegistry<{ readonly handle: number; readonly what: string }>(({ handle, what }) => {
  addon().closeMapSlot(handle);
  process.emitWarning(`${what} was never closed`, "BpfLeakWarning");
});

const FROZEN = "the map is frozen, or read-only for system calls";

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

  readonly #what: string;
  readonly #addon: Addon;
  readonly #handle: number;

  /**
   * Takes over `fd`. `what` names the map in messages.
   *
   * @throws BpfError when the kernel does not tell the map's sizes; `fd` is then still the caller's.
   */
  constructor(fd: number, what: string) {
    this.#addon = addon();
    const slot: MapSlot | number = this.#addon.openMapSlot(fd);
    if (typeof slot === "number") throw explainSyscall(slot, "BPF_OBJ_GET_INFO_BY_FD", what);
    this.view = new DataView(slot.buffer);
    this.bytes = new Uint8Array(slot.buffer);
    this.keyOffset = slot.keyOffset;
    this.nextKeyOffset = slot.nextKeyOffset;
    this.valueOffset = slot.valueOffset;
    this.valueBytes = slot.valueBytes;
    this.#handle = slot.handle;
    this.#what = what;
    forgotten.register(this, { handle: slot.handle, what }, this);
  }

  /** Key → value. False when the map has no such key. */
  lookup(flags: number, hints?: ElementHints): boolean {
    const result = this.#addon.mapLookup(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.#failure(result, "BPF_MAP_LOOKUP_ELEM", {
      hints: { EPERM: "the map is write-only for system calls", EINVAL: lockHint(flags), ...hints },
    });
  }

  /** Key, value → map. False when `flags` say that the key must not be there and it is, or must be there and is not. */
  update(flags: number, hints?: ElementHints): boolean {
    const result = this.#addon.mapUpdate(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.EEXIST || result === -Errno.ENOENT) return false;
    throw this.#failure(result, "BPF_MAP_UPDATE_ELEM", {
      hints: { EPERM: FROZEN, E2BIG: "the map is full", EINVAL: lockHint(flags), ...hints },
    });
  }

  /** False when the map has no such key. */
  delete(hints?: ElementHints): boolean {
    const result = this.#addon.mapDelete(this.#handle);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.#failure(result, "BPF_MAP_DELETE_ELEM", {
      hints: { EPERM: FROZEN, EINVAL: "elements of this kind of map can't be deleted", ...hints },
    });
  }

  /** Key → value, which is gone from the map. False when the map has no such key. Hash maps: since Linux 5.14. */
  lookupAndDelete(flags: number): boolean {
    const result = this.#addon.mapLookupAndDelete(this.#handle, flags);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    const hint = "hash maps can do it since Linux 5.14; use get() and delete()";
    throw this.#failure(result, "BPF_MAP_LOOKUP_AND_DELETE_ELEM", {
      hints: { EPERM: FROZEN, EINVAL: hint, ENOTSUPP: hint, EOPNOTSUPP: hint },
    });
  }

  /**
   * Key → next key, or the first key of all. False when there is none. A hash map that does not have the key (any more)
   * answers with its first one.
   */
  nextKey(first: boolean): boolean {
    const result = this.#addon.mapNextKey(this.#handle, first);
    if (result >= 0) return true;
    if (result === -Errno.ENOENT) return false;
    throw this.#failure(result, "BPF_MAP_GET_NEXT_KEY", { hints: { EPERM: "the map is write-only for system calls" } });
  }

  /** Closes the map's descriptor. The block of memory goes when the views do. */
  close(): void {
    forgotten.unregister(this);
    this.#addon.closeMapSlot(this.#handle);
  }

  #failure(errno: number, command: string, context: FailureContext): Error {
    return explainSyscall(errno, command, this.#what, context);
  }
}

function lockHint(flags: number): string {
  return flags >= 4 ? "the flag lock needs a struct bpf_spin_lock in the value" : "the kernel refuses the flags";
}

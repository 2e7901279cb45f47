import { BpfError } from "../errors/index.ts";
import { attachStructOps, registerStructOps } from "../links/struct-ops.ts";
import type { StructOpsLink } from "../links/struct-ops.ts";
import { Errno, explainSyscall } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import { BpfMap } from "./bpf-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";
import { mapFromFd, mapFromId, mapFromPin } from "./map-class.ts";

/** What a structure is registered with. Whoever takes it owns the descriptors. */
export interface StructOpsValue {
  /** The kernel's value, with 0 where programs go. */
  readonly content: Uint8Array;
  readonly functions: {
    /** Bytes from the start of the value. */
    readonly offset: number;
    readonly program: FileDescriptor;
  }[];
}

/** Options of opening the map of a structure. */
export interface StructOpsFromOptions {
  /** Name for messages; the kernel's, of 15 characters, when not given. */
  readonly name?: string | undefined;
}

/**
 * Where a structure is on its way: `"empty"`, `"registered"`, `"unregistering"` (some use it still), or `"ready"`, which is for links.
 * `enum bpf_struct_ops_state` of the kernel's kernel/bpf/bpf_struct_ops.c.
 */
export type StructOpsState = "empty" | "registered" | "unregistering" | "ready";

const states: readonly StructOpsState[] = ["empty", "registered", "unregistering", "ready"];
/** Where the state is in the value, behind the count of references: `struct bpf_struct_ops_common_value`. */
const STATE_OFFSET = 4;

/**
 * A structure of functions that the kernel calls: BPF_MAP_TYPE_STRUCT_OPS (since Linux 5.6), of a variable in `.struct_ops` or
 * `.struct_ops.link` (since 6.4).
 *
 * ```ts
 * using link = objs.maps.myCongestionControl.attach();
 * ```
 */
export class StructOpsMap extends BpfMap {
  static readonly mapTypes: readonly MapType[] = [MapType.STRUCT_OPS];

  #value: StructOpsValue | undefined;

  /** Opens the map with this id. Errors and privileges as for {@link openMapById}. */
  static fromId(id: number, options: StructOpsFromOptions = {}): StructOpsMap {
    return mapFromId(StructOpsMap, id, options);
  }

  /** Opens the map that is pinned at a path. Errors as for {@link openPinnedMap}. */
  static fromPin(path: string, options: StructOpsFromOptions = {}): StructOpsMap {
    return mapFromPin(StructOpsMap, path, options);
  }

  /** Opens the map behind a descriptor, of which it makes a duplicate. Errors as for {@link openMapByFd}. */
  static fromFd(fd: number, options: StructOpsFromOptions = {}): StructOpsMap {
    return mapFromFd(StructOpsMap, fd, options);
  }

  /**
   * Gives it what it is registered with. Others for the same map, clones too, can attach it when this one has.
   *
   * @internal
   */
  adopt(value: StructOpsValue): void {
    this.#value = value;
  }

  /** Whether it is attached by a link, which goes with this process or may be pinned: it is of `.struct_ops.link`. */
  get isLinked(): boolean {
    return (this.flags & MapFlag.LINK) !== 0;
  }

  /**
   * Registers the structure with the kernel, until the result is closed.
   *
   * Structures of `.struct_ops` stay registered when the process ends without closing it: `bpftool struct_ops unregister` takes them
   * out. A structure that was unregistered can't be registered again: load it anew.
   *
   * @throws BpfError; when the kernel has one of this name registered, or refuses its content (EINVAL), the message says so
   */
  attach(): StructOpsLink {
    if (this.isLinked) {
      this.makeReady();
      return attachStructOps(this.fd, this.handle.what);
    }
    if (this.state !== "empty") {
      const problem = `${this.handle.what} is ${this.state} already`;
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `${problem}: a structure of .struct_ops is registered once`);
    }
    this.#write();
    return registerStructOps(this.handle.dup());
  }

  /**
   * Writes the value of a structure of `.struct_ops.link`, once: links want it.
   *
   * @internal
   */
  makeReady(): void {
    if (this.isLinked && this.state === "empty") this.#write();
  }

  /** What has become of it. */
  get state(): StructOpsState {
    const { elements } = this.handle;
    elements.view.setUint32(elements.keyOffset, 0);
    elements.lookup(0);
    return states[elements.view.getUint32(elements.valueOffset + STATE_OFFSET, hostIsLittleEndian)] ?? "empty";
  }

  /** Gives back its descriptors. It stays registered until its link is closed. Idempotent. */
  override close(): void {
    const value = this.#value;
    this.#value = undefined;
    if (value !== undefined) closeStructOpsValue(value);
    super.close();
  }

  #write(): void {
    const { elements, what } = this.handle;
    if (this.#value === undefined) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `${what} is empty, and this object does not know its content: attach the one that the load gave`,
      );
    }
    const { content, functions } = this.#value;
    const { view, valueOffset } = elements;
    view.setUint32(elements.keyOffset, 0);
    elements.bytes.set(content, valueOffset);
    // An unsigned long for each, with a descriptor in it.
    for (const { offset, program } of functions)
      view.setBigUint64(valueOffset + offset, BigInt(program.value), hostIsLittleEndian);
    const written = elements.update(0, {
      EINVAL: "the kernel refuses its content: it lacks a function that is needed, or a number or name in it is wrong",
      EBUSY: "it was registered before; load it anew",
    });
    if (!written) {
      throw explainSyscall(-Errno.EEXIST, "BPF_MAP_UPDATE_ELEM", what, {
        hints: { EEXIST: "a structure of this name is registered already" },
      });
    }
  }
}

/** Gives back the descriptors of a value that nobody took. */
export function closeStructOpsValue({ functions }: StructOpsValue): void {
  for (const { program } of functions) program.close();
}

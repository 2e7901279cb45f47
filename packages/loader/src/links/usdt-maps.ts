import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { addon, Errno, explainSyscall, type FileDescriptor, type MapSlot } from "../sys/index.ts";
import type { UsdtArgument } from "./usdt-arguments.ts";
import { UsdtSpecWriter } from "./usdt-spec.ts";

/** What the programs of a collection look up to find a probe's arguments: two maps that libbpf's usdt.bpf.h defines. */
export interface UsdtMapParts {
  /** Map `__bpf_usdt_specs`: number → where the arguments are. Stays the caller's. */
  readonly specs: FileDescriptor;
  /** Map `__bpf_usdt_ip_to_spec_id`: address of a probe → number. Stays the caller's. */
  readonly addresses: FileDescriptor;
  /** Entries of `specs`. */
  readonly count: number;
  /** Of the values of `specs`. */
  readonly codec: Codec<unknown>;
  /** Programs get the number as their cookie, and do not look into `addresses`. Since Linux 5.15. */
  readonly cookies: boolean;
}

const BPF_NOEXIST = 1;

/** Numbers that are in use. All programs of a collection share them, as they share the maps. */
class Numbers {
  readonly #count: number;
  readonly #free: number[] = [];
  #next = 0;

  constructor(count: number) {
    this.#count = count;
  }

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#next < this.#count) return this.#next++;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `map "__bpf_usdt_specs" is full: it has ${this.#count} entries, one for each different list of arguments of each probe that is ` +
        "attached to; define BPF_USDT_MAX_SPEC_CNT before usdt.bpf.h, or set maxEntries of the map before loading",
    );
  }

  give(number: number): void {
    this.#free.push(number);
  }
}

/** One owner's hold on the maps of a collection; each program has one of its own, since it may outlive the collection. */
export class UsdtMaps {
  readonly cookies: boolean;
  readonly #specs: FileDescriptor;
  readonly #addresses: FileDescriptor;
  readonly #numbers: Numbers;
  readonly #writer: UsdtSpecWriter;

  private constructor(
    specs: FileDescriptor,
    addresses: FileDescriptor,
    shared: { cookies: boolean; numbers: Numbers; writer: UsdtSpecWriter },
  ) {
    this.#specs = specs;
    this.#addresses = addresses;
    this.cookies = shared.cookies;
    this.#numbers = shared.numbers;
    this.#writer = shared.writer;
  }

  /** @throws ObjectFormatError when the maps are not those of usdt.bpf.h. */
  static open({ specs, addresses, count, codec, cookies }: UsdtMapParts): UsdtMaps {
    const shared = { cookies, numbers: new Numbers(count), writer: new UsdtSpecWriter(codec) };
    return UsdtMaps.#duplicate(specs, addresses, shared);
  }

  static #duplicate(
    specs: FileDescriptor,
    addresses: FileDescriptor,
    shared: { cookies: boolean; numbers: Numbers; writer: UsdtSpecWriter },
  ): UsdtMaps {
    const first = specs.dup();
    try {
      return new UsdtMaps(first, addresses.dup(), shared);
    } catch (error) {
      first.close();
      throw error;
    }
  }

  /** Another hold, with its own life. */
  share(): UsdtMaps {
    const shared = { cookies: this.cookies, numbers: this.#numbers, writer: this.#writer };
    return UsdtMaps.#duplicate(this.#specs, this.#addresses, shared);
  }

  /** Tells the programs where the arguments are; the result is the number under which they find it. */
  add(places: readonly UsdtArgument[], cookie: bigint): number {
    const value = this.#writer.write(places, cookie);
    const number = this.#numbers.take();
    try {
      update(this.#specs, keyOf(number), value, 0);
    } catch (error) {
      this.#numbers.give(number);
      throw error;
    }
    return number;
  }

  /** Frees what {@link add} gave. */
  remove(number: number): void {
    this.#numbers.give(number);
  }

  /** For kernels without cookies: the program at this address finds that number. */
  addAddress(address: bigint, number: number): void {
    if (update(this.#addresses, addressKey(address), keyOf(number), BPF_NOEXIST)) return;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `a program of this collection is attached to the probe at address 0x${address.toString(16)} already; before Linux 5.15 it can't be twice`,
    );
  }

  removeAddress(address: bigint): void {
    withSlot(this.#addresses, (slot) => {
      new Uint8Array(slot.buffer).set(addressKey(address), slot.keyOffset);
      // What is gone already needs no more.
      addon().mapDelete(slot.handle);
    });
  }

  /** Idempotent. */
  close(): void {
    this.#specs.close();
    this.#addresses.close();
  }
}

function keyOf(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

function addressKey(address: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(address).buffer);
}

/** False when the key is there and must not be. */
function update(map: FileDescriptor, key: Uint8Array, value: Uint8Array, flags: number): boolean {
  return withSlot(map, (slot) => {
    const block = new Uint8Array(slot.buffer);
    block.set(key, slot.keyOffset);
    block.set(value, slot.valueOffset);
    const result = addon().mapUpdate(slot.handle, flags);
    if (result < 0 && result !== -Errno.EEXIST) {
      throw explainSyscall(result, "BPF_MAP_UPDATE_ELEM", map.what, { hints: { E2BIG: "the map is full" } });
    }
    return result >= 0;
  });
}

/** Attaching is rare: no slot is kept for it. */
function withSlot<T>(map: FileDescriptor, use: (slot: MapSlot) => T): T {
  const fd = map.dup().release();
  const slot = addon().openMapSlot(fd);
  if (typeof slot === "number") {
    addon().close(fd);
    throw explainSyscall(slot, "BPF_OBJ_GET_INFO_BY_FD", map.what);
  }
  try {
    return use(slot);
  } finally {
    addon().closeMapSlot(slot.handle);
  }
}

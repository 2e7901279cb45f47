import { BpfError, quoteName } from "../errors/index.ts";
import { addon, explainSyscall, FileDescriptor } from "../sys/index.ts";
import { MapElements } from "./map-elements.ts";

/**
 * An open map's descriptor. The first use of its elements moves the descriptor into the addon's slot; maps that are only
 * passed on, or read through mapped memory, never allocate one.
 */
export class MapHandle {
  /** What it is, for messages: `map "flows"`. */
  readonly what: string;
  #fd: FileDescriptor | undefined;
  /** The number of {@link #fd}, or of the slot's descriptor, which is the same. */
  readonly #number: number;
  #elements: MapElements | undefined;

  /** Takes over `fd`. */
  constructor(fd: FileDescriptor, name: string) {
    this.what = `map ${quoteName(name)}`;
    this.#number = fd.value;
    this.#fd = fd;
  }

  get closed(): boolean {
    return this.#elements === undefined && (this.#fd === undefined || this.#fd.closed);
  }

  /** @throws BpfError `ERR_BPF_CLOSED` */
  get value(): number {
    if (this.closed) throw closedError(this.what);
    return this.#number;
  }

  /**
   * The map's elements, by system calls.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get elements(): MapElements {
    return this.#elements ?? this.#openElements();
  }

  #openElements(): MapElements {
    if (this.#fd === undefined || this.#fd.closed) throw closedError(this.what);
    this.#elements = new MapElements(this.#fd.value, this.what, this.#fd.site);
    this.#fd.release();
    this.#fd = undefined;
    return this.#elements;
  }

  /** Another descriptor of the same map, with its own life. */
  dup(): FileDescriptor {
    const fd = addon().dup(this.value);
    if (fd < 0) throw explainSyscall(fd, "dup", this.what);
    return new FileDescriptor(fd, this.what);
  }

  /** Idempotent. */
  close(): void {
    const fd = this.#fd;
    const elements = this.#elements;
    this.#fd = undefined;
    this.#elements = undefined;
    fd?.close();
    elements?.close();
  }
}

/** The error for using something after its close. */
export function closedError(what: string): BpfError {
  return new BpfError("ERR_BPF_CLOSED", `${what} is closed`);
}

/**
 * Ownership of descriptors.
 *
 * @module
 */
import { BpfError } from "../errors/index.ts";
import { addon } from "./addon.ts";
import { explainSyscall } from "./explain.ts";

interface Forgotten {
  readonly fd: number;
  readonly what: string;
  readonly site: string;
}

/**
 * Warns about descriptors that nobody closed, and closes them. Collection is late and not certain: what is correct never
 * depends on it.
 */
const forgotten = new FinalizationRegistry<Forgotten>(({ fd, what, site }) => {
  addon().close(fd);
  process.emitWarning(`${what} was never closed${site}`, "BpfLeakWarning");
});

/** An open descriptor that the addon opened, with exactly one owner: whoever holds this object. */
export class FileDescriptor implements Disposable {
  /** What it is, for messages: `map "flows"`. */
  readonly what: string;
  /** Where it was opened, for warnings: in development only, else empty. */
  readonly site: string;
  #fd: number;

  /** Takes over `fd`, which must come from the addon: it closes no others. */
  constructor(fd: number, what: string) {
    this.#fd = fd;
    this.what = what;
    this.site = process.env["NODE_ENV"] === "development" ? `; opened ${new Error("here").stack ?? ""}` : "";
    forgotten.register(this, { fd, what, site: this.site }, this);
  }

  /**
   * The number. Good until {@link close}; never keep it.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get value(): number {
    if (this.#fd < 0) throw new BpfError("ERR_BPF_CLOSED", `${this.what} is closed`);
    return this.#fd;
  }

  /** True after {@link close} and {@link release}. */
  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Another descriptor of the same object, with its own life. */
  dup(): FileDescriptor {
    const fd = addon().dup(this.value);
    if (fd < 0) throw explainSyscall(fd, "dup", this.what);
    return new FileDescriptor(fd, this.what);
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd >= 0) addon().close(this.release());
  }

  /** Gives up ownership without closing: the caller closes the number, or hands it on. */
  release(): number {
    const fd = this.value;
    this.#fd = -1;
    forgotten.unregister(this);
    return fd;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

import { NotSupportedError } from "../errors/index.ts";
import type { LinkInfo } from "../info/index.ts";
import { addon, explainSyscall, FileDescriptor } from "../sys/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { linkName } from "./create-link.ts";
import { Link } from "./link.ts";
import type { PinOptions } from "./pin.ts";

/**
 * A program on all the places of a probe: one link of the kernel's, or before Linux 6.10 one for each place. Its descriptor is
 * that of the first.
 */
export class UsdtLink extends Link {
  readonly #sites: readonly [Link, ...Link[]];
  readonly #release: () => void;
  readonly #object: string;
  #pinned = false;

  private constructor(
    descriptor: FileDescriptor,
    program: AttachableProgram,
    sites: readonly [Link, ...Link[]],
    release: () => void,
  ) {
    super("usdt", descriptor);
    this.#sites = sites;
    this.#release = release;
    this.#object = describeProgram(program);
  }

  /**
   * Takes over `sites`, and closes them when it throws.
   *
   * @param release gives back what the program looked up; called after the last place is detached.
   */
  static of(program: AttachableProgram, sites: readonly [Link, ...Link[]], release: () => void): UsdtLink {
    const what = linkName(program);
    const fd = addon().dup(sites[0].fd);
    if (fd >= 0) return new UsdtLink(new FileDescriptor(fd, what), program, sites, release);
    for (const site of sites) site.close();
    throw explainSyscall(fd, "dup", what);
  }

  override close(): void {
    if (this.closed) return;
    for (const site of this.#sites) site.close();
    super.close();
    // A pinned link still runs the program, which goes on to look up its arguments.
    if (!this.#pinned) this.#release();
  }

  override info(): LinkInfo {
    return this.#only("be asked about").info();
  }

  override update(program: AttachableProgram): void {
    this.#only("be given another program").update(program);
  }

  override detach(): void {
    for (const site of this.#sites) site.detach();
  }

  override pin(path: string, options?: PinOptions): void {
    this.#only("be pinned").pin(path, options);
    this.#pinned = true;
  }

  override unpin(): void {
    this.#sites[0].unpin();
    this.#pinned = false;
  }

  #only(what: string): Link {
    if (this.#sites.length === 1) return this.#sites[0];
    throw new NotSupportedError(
      "one link for several places",
      "6.10",
      `${this.#object} is attached to ${this.#sites.length} places of its probe, which are as many links to this kernel and can't ${what} as one; since Linux 6.10 they are one`,
    );
  }
}

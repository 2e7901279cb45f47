import { NotSupportedError } from "../errors/index.ts";
import type { LinkInfo } from "../info/index.ts";
import type { AttachKind } from "../spec/section-table.ts";
import { addon, Errno, explainSyscall, FileDescriptor, PerfRequest, programAttach, tryBpf } from "../sys/index.ts";
import type { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { Link } from "./link.ts";

/**
 * A program attached in a way that is no link to the kernel, as older kernels attach and as some kinds always are: nothing to
 * ask, pin or update. Closing detaches it.
 */
export abstract class LegacyAttachment extends Link {
  readonly #linkSince: string | undefined;

  /** @param linkSince first kernel release on which this would have been a link: `"5.15"`; `undefined` = none yet. */
  constructor(kind: AttachKind, descriptor: FileDescriptor, linkSince: string | undefined) {
    super(kind, descriptor);
    this.#linkSince = linkSince;
  }

  override info(): LinkInfo {
    throw this.#notALink("has no id and can't be asked about");
  }

  override update(): void {
    throw this.#notALink("can't be given another program");
  }

  override detach(): void {
    this.close();
  }

  override pin(): void {
    throw this.#notALink("can't be pinned");
  }

  /** Nothing was pinned. */
  override unpin(): void {}

  #notALink(what: string): NotSupportedError {
    const since = this.#linkSince;
    const why = since === undefined ? "the kernel has no links" : `before Linux ${since} the kernel has no link`;
    return new NotSupportedError("links of this kind", since, `${this.what} ${what}: ${why} for it`);
  }
}

/** A program on a perf event, before Linux 5.15. */
export class PerfEventAttachment extends LegacyAttachment {
  constructor(kind: AttachKind, event: FileDescriptor) {
    super(kind, event, "5.15");
  }

  override close(): void {
    // The program stays as long as any descriptor of the event is open, maybe one that the caller gave: stop it at least.
    if (!this.closed) addon().ioctl(this.fd, PerfRequest.DISABLE, 0);
    super.close();
  }
}

/** What BPF_PROG_ATTACH attached, and BPF_PROG_DETACH has to detach. */
export interface DirectTarget {
  /** Cgroup, map. The attachment owns it. */
  readonly target: FileDescriptor;
  readonly attachType: AttachType;
  /** BPF_F_ALLOW_MULTI … */
  readonly flags: number;
  readonly linkSince: string | undefined;
}

/** A program attached by BPF_PROG_ATTACH. It would outlive this process: only {@link close} detaches it. */
export class DirectAttachment extends LegacyAttachment {
  readonly #program: FileDescriptor;
  readonly #attachType: AttachType;

  private constructor(kind: AttachKind, program: FileDescriptor, { target, attachType, linkSince }: DirectTarget) {
    super(kind, target, linkSince);
    this.#program = program;
    this.#attachType = attachType;
  }

  /**
   * Attaches. On failure nothing is attached or open, also not `to.target`, and the result is -errno.
   *
   * @param programFd stays the caller's.
   */
  static create(kind: AttachKind, programFd: number, to: DirectTarget): DirectAttachment | number {
    // Detaching names the program, which the caller may have closed by then.
    const copy = addon().dup(programFd);
    const result =
      copy < 0
        ? copy
        : tryBpf(Command.PROG_ATTACH, programAttach, {
            targetFd: to.target.value,
            attachBpfFd: copy,
            attachType: to.attachType,
            attachFlags: to.flags,
          });
    if (result >= 0) return new DirectAttachment(kind, new FileDescriptor(copy, to.target.what), to);
    if (copy >= 0) addon().close(copy);
    to.target.close();
    return result;
  }

  /** @throws BpfError when the kernel refuses to detach; the descriptors are closed all the same. */
  override close(): void {
    if (this.closed) return;
    const result = tryBpf(Command.PROG_DETACH, programAttach, {
      targetFd: this.fd,
      attachBpfFd: this.#program.value,
      attachType: this.#attachType,
    });
    this.#program.close();
    super.close();
    // ENOENT: somebody else detached it, or the cgroup is gone.
    if (result < 0 && -result !== Errno.ENOENT) throw explainSyscall(result, "BPF_PROG_DETACH", this.what);
  }
}

import { NotSupportedError } from "../errors/index.ts";
import { type LinkInfo } from "../info/index.ts";
import { readLinkInfo } from "../info/link-info.ts";
import type { AttachKind } from "../spec/section-table.ts";
import {
  Errno,
  explainSyscall,
  type FileDescriptor,
  linkDetach,
  linkInfo,
  linkUpdate,
  objectInfo,
  tryBpf,
} from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { LinkType, linkTypeName } from "../uapi/link-type.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { Pin, type PinOptions } from "./pin.ts";

/**
 * An attached program. It stays attached until {@link close} (or the end of the process), and longer when pinned.
 *
 * ```ts
 * using link = objs.programs.count.attach({ interface: "eth0" });
 * ```
 */
export abstract class Link implements Disposable {
  /** How it is attached: `"xdp"`. */
  readonly kind: AttachKind;
  /** For messages: `link of program "count"`. */
  protected readonly what: string;
  /** Closed by {@link close}. */
  protected readonly descriptor: FileDescriptor;

  constructor(kind: AttachKind, descriptor: FileDescriptor) {
    this.kind = kind;
    this.what = descriptor.what;
    this.descriptor = descriptor;
  }

  /**
   * The descriptor's number, owned by this object: good until {@link close}.
   *
   * @throws BpfError `ERR_BPF_CLOSED`
   */
  get fd(): number {
    return this.descriptor.value;
  }

  /** True after {@link close}. */
  get closed(): boolean {
    return this.descriptor.closed;
  }

  /** The kernel's number for the link. Since Linux 5.8. */
  get id(): number {
    return this.info().id;
  }

  /** Detaches the program, unless it is pinned, and gives the descriptor back. Idempotent. */
  close(): void {
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Asks the kernel about the link. Since Linux 5.8. */
  abstract info(): LinkInfo;

  /**
   * Puts another program of the same type in place of the present one, without a moment in which none is attached.
   * Since Linux 5.7, and not for all kinds of link.
   *
   * @throws SyscallError `EINVAL` for a program of another type, `ENOLINK` when it is detached; NotSupportedError for kinds of link
   *   that take no other; BpfError `ERR_BPF_CLOSED`
   */
  abstract update(program: AttachableProgram): void;

  /**
   * Detaches the program now, also when the link is pinned or open elsewhere. Since Linux 5.9, and not for all kinds of link.
   *
   * @throws NotSupportedError for kinds of link that can't be detached while they are open; BpfError `ERR_BPF_CLOSED`
   */
  abstract detach(): void;

  /**
   * Keeps the program attached while `path`, in a bpf file system, exists. One that is pinned already is moved. Since Linux 5.7.
   *
   * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when the path exists or is not in a bpf file system, `ERR_BPF_NOT_FOUND` when its
   *   directory does not exist, `ERR_BPF_CLOSED`
   */
  abstract pin(path: string, options?: PinOptions): void;

  /** Takes the name away that {@link pin} gave, or by which it was opened. No error when there is none. */
  abstract unpin(): void;
}

/** A link of the kernel's: an object with an id of its own. */
export class BpfLink extends Link {
  readonly #pin: Pin;

  /** Takes over the descriptor. `pin` is where it was opened, if that was by its pin. */
  constructor(kind: AttachKind, descriptor: FileDescriptor, pin: Pin = new Pin()) {
    super(kind, descriptor);
    this.#pin = pin;
  }

  override get id(): number {
    return objectInfo(this.fd, linkInfo, this.what).info.id;
  }

  override info(): LinkInfo {
    return readLinkInfo(this.fd, this.what);
  }

  override update(program: AttachableProgram): void {
    const result = tryBpf(Command.LINK_UPDATE, linkUpdate, { linkFd: this.fd, newProgFd: program.fd });
    if (result >= 0) return;
    const object = `${this.what}, to be updated with ${describeProgram(program)}`;
    // bpf_link_update(): EINVAL when the link has no update_prog, and also when the programs do not fit each other.
    if (-result === Errno.EINVAL && !this.#canUpdate()) {
      throw new NotSupportedError(
        "updating this kind of link",
        undefined,
        `${object}: links of this kind (${linkTypeName(this.info().type)}) can't be given another program; attach the new one, then close this link`,
      );
    }
    throw explainSyscall(result, "BPF_LINK_UPDATE", object, {
      hints: {
        EINVAL: "it takes programs of the type and attach type of the present one",
        ENOLINK: "it is detached, or what it was attached to is gone",
      },
    });
  }

  override detach(): void {
    const result = tryBpf(Command.LINK_DETACH, linkDetach, { linkFd: this.fd });
    if (result >= 0) return;
    if (-result === Errno.EOPNOTSUPP) {
      throw new NotSupportedError(
        "detaching this kind of link",
        undefined,
        `${this.what}: links of this kind (${linkTypeName(this.info().type)}) can't be detached while they are open; close() it` +
          (this.#pin.path === undefined ? "" : " and unpin() it"),
      );
    }
    throw explainSyscall(result, "BPF_LINK_DETACH", this.what);
  }

  override pin(path: string, options?: PinOptions): void {
    this.#pin.pin(this.fd, path, this.what, options);
  }

  override unpin(): void {
    this.#pin.unpin();
  }

  #canUpdate(): boolean {
    return updatable.has(this.info().type);
  }
}

/** Links whose `bpf_link_ops` have `update_prog`. */
const updatable: ReadonlySet<LinkType> = new Set([
  LinkType.CGROUP,
  LinkType.ITER,
  LinkType.NETNS,
  LinkType.XDP,
  LinkType.TCX,
  LinkType.NETKIT,
  LinkType.SOCKMAP,
]);

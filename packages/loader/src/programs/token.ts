import { constants } from "node:fs";
import { tokens } from "../features/commands.ts";
import { explainSyscall, FileDescriptor, openPath, tokenCreate, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/**
 * A BPF token: what a privileged process delegates to those in a user namespace. It is taken from a bpf file system that was mounted for
 * that namespace with the options `delegate_cmds`, `delegate_maps`, `delegate_progs` and `delegate_attachs`, and stands for the
 * capabilities that the kernel otherwise wants in the first namespace. Since Linux 6.9.
 */
export class BpfToken implements Disposable {
  readonly #descriptor: FileDescriptor;

  private constructor(descriptor: FileDescriptor) {
    this.#descriptor = descriptor;
  }

  /**
   * Takes a token from a bpf file system (BPF_TOKEN_CREATE).
   *
   * @param path where it is mounted
   * @throws NotSupportedError before Linux 6.9.
   * @throws BpfError that says what is wrong with the file system or the process.
   */
  static create(path: string): BpfToken {
    const directory = openPath(path, constants.O_DIRECTORY, "BPF file system");
    try {
      const { what } = directory;
      const result = tryBpf(Command.TOKEN_CREATE, tokenCreate, { bpffsFd: directory.value });
      if (result >= 0) return new BpfToken(new FileDescriptor(result, `token of ${what}`));
      throw explainSyscall(result, "BPF_TOKEN_CREATE", what, {
        capabilities: [],
        probes: [tokens],
        hints: {
          EINVAL: "it is no bpf file system, or not its topmost directory; a token is taken from where one is mounted",
          ENOENT:
            "it delegates nothing: mount it with delegate_cmds, delegate_maps, delegate_progs and delegate_attachs",
          EOPNOTSUPP:
            "tokens are for processes in a user namespace; this one is in the first, and has its capabilities there",
          EPERM: "it was mounted for another user namespace, or the process lacks CAP_BPF in its own",
          EACCES: "the process may not use the directory",
        },
      });
    } finally {
      directory.close();
    }
  }

  /**
   * Its descriptor, which stays this object's.
   *
   * @throws BpfError `ERR_BPF_CLOSED` after {@link BpfToken.close}.
   */
  get fd(): number {
    return this.#descriptor.value;
  }

  /** Closes it; what was loaded with it stays. Idempotent. */
  close(): void {
    this.#descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

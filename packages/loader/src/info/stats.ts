import { BpfError, NotSupportedError } from "../errors/index.ts";
import { enableStats as enableStatsAttribute, Errno, explainSyscall, FileDescriptor, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** What the kernel can count: `runTime` is run time and run count of programs. */
export type StatsKind = "runTime";

/** `enum bpf_stats_type` of include/uapi/linux/bpf.h. */
const kinds: Readonly<Record<StatsKind, number>> = { runTime: 0 };

/** While it is open, the kernel counts. */
export class StatsSwitch implements Disposable {
  readonly #descriptor: FileDescriptor;

  /** Takes over the descriptor. */
  constructor(descriptor: FileDescriptor) {
    this.#descriptor = descriptor;
  }

  /** True after {@link close}. */
  get closed(): boolean {
    return this.#descriptor.closed;
  }

  /** The kernel stops counting, unless somebody else asked for it, too. Idempotent. */
  close(): void {
    this.#descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Lets the kernel count how long and how often programs run (BPF_ENABLE_STATS), for all programs, while the result is open. It costs
 * each run some 20 ns. Needs CAP_SYS_ADMIN. Since Linux 5.8; before, `sysctl kernel.bpf_stats_enabled=1` does the same.
 *
 * ```ts
 * using stats = enableStats();
 * setInterval(() => console.log(program.stats()), 1000);
 * ```
 *
 * @throws BpfError `ERR_BPF_NOT_SUPPORTED` on older kernels, `ERR_BPF_INVALID_ARGUMENT` for a kind that does not exist;
 *   MissingCapabilityError
 */
export function enableStats(kind: StatsKind = "runTime"): StatsSwitch {
  const what = "statistics of programs";
  const type = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (type === undefined) {
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `there are no statistics ${JSON.stringify(kind)}; use "runTime"`);
  }
  const fd = tryBpf(Command.ENABLE_STATS, enableStatsAttribute, { type });
  if (fd >= 0) return new StatsSwitch(new FileDescriptor(fd, what));
  // A kernel that has the command takes this kind.
  if (fd === -Errno.EINVAL) {
    throw new NotSupportedError(
      "BPF_ENABLE_STATS",
      "5.8",
      `${what}: the kernel can't be asked for them, which came with Linux 5.8; use sysctl kernel.bpf_stats_enabled=1`,
    );
  }
  throw explainSyscall(fd, "BPF_ENABLE_STATS", what, { capabilities: ["CAP_SYS_ADMIN"] });
}

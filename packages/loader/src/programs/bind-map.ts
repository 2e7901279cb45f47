import { Errno, explainSyscall, programBindMap, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/** The kernel looks at the descriptors as soon as it knows the command. */
const binding: FeatureProbe = {
  name: "binding of maps to programs",
  since: "5.10",
  test: () => bind(0xffff_ffff, 0xffff_ffff) === -Errno.EBADF,
};

/**
 * Keeps a map alive as long as a program (BPF_PROG_BIND_MAP). A second time changes nothing. Since Linux 5.10.
 *
 * @param what both, for messages
 * @throws NotSupportedError on older kernels.
 */
export function bindMap(programFd: number, mapFd: number, what: string): void {
  const result = bind(programFd, mapFd);
  if (result < 0) throw explainSyscall(result, "BPF_PROG_BIND_MAP", what, { probes: [binding] });
}

/** {@link bindMap} where nothing depends on it; the kernel may lack it, or refuse. */
export function tryBindMap(programFd: number, mapFd: number): void {
  bind(programFd, mapFd);
}

function bind(progFd: number, mapFd: number): number {
  return tryBpf(Command.PROG_BIND_MAP, programBindMap, { progFd, mapFd });
}

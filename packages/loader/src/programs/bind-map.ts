import { bindMap as bindMapProbe } from "../features/commands.ts";
import { explainSyscall, programBindMap, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/**
 * Keeps a map alive as long as a program (BPF_PROG_BIND_MAP). A second time changes nothing. Since Linux 5.10.
 *
 * @param what both, for messages
 * @throws NotSupportedError on older kernels.
 */
export function bindMap(programFd: number, mapFd: number, what: string): void {
  const result = bind(programFd, mapFd);
  if (result < 0) throw explainSyscall(result, "BPF_PROG_BIND_MAP", what, { probes: [bindMapProbe] });
}

/** {@link bindMap} where nothing depends on it; the kernel may lack it, or refuse. */
export function tryBindMap(programFd: number, mapFd: number): void {
  bind(programFd, mapFd);
}

function bind(progFd: number, mapFd: number): number {
  return tryBpf(Command.PROG_BIND_MAP, programBindMap, { progFd, mapFd });
}

import { mapFreezing } from "../features/commands.ts";
import { explainSyscall, mapFreeze, tryBpf } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";

/**
 * Makes a map constant for user space (BPF_MAP_FREEZE), which is what lets the verifier look into it.
 *
 * @throws NotSupportedError before Linux 5.2
 */
export function freezeMap(fd: number, what: string): void {
  const result = tryBpf(Command.MAP_FREEZE, mapFreeze, { mapFd: fd });
  if (result >= 0) return;
  throw explainSyscall(result, "BPF_MAP_FREEZE", what, {
    probes: [mapFreezing],
    hints: {
      EBUSY:
        "it is frozen already, or somebody is writing to it or has its memory mapped for writing, maybe this process",
      ENOTSUPP: "maps of this kind can't be frozen",
      EPERM: "it is frozen already, or was opened for reading only",
    },
  });
}

import { explainSyscall, FileDescriptor, mapCreate, mapFreeze, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { Command, MapType } from "../uapi/index.ts";

/** Whether maps can be frozen: a small one is. */
export const mapFreezing: FeatureProbe = {
  name: "frozen maps",
  since: "5.2",
  test: () => {
    const values = { mapType: MapType.ARRAY, keySize: 4, valueSize: 4, maxEntries: 1 };
    const fd = tryBpf(Command.MAP_CREATE, mapCreate, values);
    if (fd < 0) return undefined;
    const map = new FileDescriptor(fd, "map of a probe");
    try {
      return tryBpf(Command.MAP_FREEZE, mapFreeze, { mapFd: map.value }) >= 0;
    } finally {
      map.close();
    }
  },
};

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
      EBUSY: "somebody is writing to it, or has its memory mapped for writing, maybe this process",
      ENOTSUPP: "maps of this kind can't be frozen",
      EPERM: "it is frozen already, or was opened for reading only",
    },
  });
}

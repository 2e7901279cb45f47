import { NotSupportedError, quoteName } from "../errors/index.ts";
import type { AttachKind } from "../spec/section-table.ts";
import { perfEventOpen } from "../sys/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import type { Link } from "./link.ts";
import { attachToPerfEvent } from "./perf-attachment.ts";
import { probeDevice, type ProbeDevice } from "./probe-device.ts";

/** Where a uprobe is set. */
export interface UprobePlace {
  /** Absolute. */
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Run at the return of the function that starts there. */
  readonly atReturn: boolean;
  /** -1 = in all processes. */
  readonly pid: number;
  readonly cookie: bigint | undefined;
  /** Bytes from the start of the file of the 16-bit counter of those who trace. Since Linux 4.20. */
  readonly counterOffset: number | undefined;
}

/** Attaches to one place in a file, by a perf event. Since Linux 4.17. */
export function attachUprobe(kind: AttachKind, program: AttachableProgram, place: UprobePlace): Link {
  const { path, offset, atReturn, pid, cookie, counterOffset } = place;
  const object = describeProgram(program);
  const device = probeDevice("uprobe", object);
  const event = perfEventOpen(
    {
      type: device.type,
      config: (atReturn ? device.returnFlag : 0n) | counterBits(device, counterOffset, object),
      probeName: path,
      config2: offset,
    },
    // For one process on all CPUs, or for all; the kernel does not look at the CPU then, but wants one.
    { pid, cpu: pid === -1 ? 0 : -1 },
    object,
    {
      hints: {
        ENOENT: `there is no file ${quoteName(path)}`,
        EINVAL: `${quoteName(path)} is no executable file of more than ${offset} bytes`,
        ESRCH: `there is no process ${pid}`,
      },
    },
  );
  return attachToPerfEvent(kind, program, event, cookie);
}

function counterBits(device: ProbeDevice, offset: number | undefined, object: string): bigint {
  if (offset === undefined) return 0n;
  if (device.counterShift === undefined) {
    throw new NotSupportedError(
      "counters of uprobes",
      "4.20",
      `${object} can't be attached where a counter (semaphore) is to be kept: this kernel has no counters of uprobes, which came with Linux 4.20`,
    );
  }
  if (offset > 0xffff_ffff) {
    throw new NotSupportedError(
      "counters of uprobes beyond 4 GiB",
      undefined,
      `${object} can't be attached: its counter (semaphore) is at byte ${offset} of the file, and perf events have 32 bits for that`,
    );
  }
  return BigInt(offset) << device.counterShift;
}

import { NotSupportedError } from "../errors/index.ts";
import { readText } from "./mounts.ts";

/** A kind of perf event that sets a probe: what to put into `struct perf_event_attr`. */
export interface ProbeDevice {
  readonly type: number;
  /** Of `config`: run at the function's return instead of its start. */
  readonly returnFlag: bigint;
  /** Of `config`: where the offset of a uprobe's counter goes; undefined before Linux 4.20. */
  readonly counterShift: bigint | undefined;
}

const devices = {
  kprobe: { path: "/sys/bus/event_source/devices/kprobe", config: "CONFIG_KPROBE_EVENTS" },
  uprobe: { path: "/sys/bus/event_source/devices/uprobe", config: "CONFIG_UPROBE_EVENTS" },
} as const;

/**
 * The numbers by which this kernel takes probes as perf events. Since Linux 4.17.
 *
 * @param object what the probe is for, for the message.
 * @throws NotSupportedError when it has none.
 */
export function probeDevice(kind: keyof typeof devices, object: string): ProbeDevice {
  const { path, config } = devices[kind];
  const type = Number.parseInt(readText(`${path}/type`) ?? "", 10);
  const returnBit = firstBit(readText(`${path}/format/retprobe`));
  if (Number.isNaN(type) || returnBit === undefined) {
    throw new NotSupportedError(
      `${kind}s`,
      "4.17",
      `${object} can't be attached: this kernel has no ${kind}s as perf events (${path} is missing). It was built without ` +
        `${config}, is older than Linux 4.17, or sysfs is not mounted`,
    );
  }
  return {
    type,
    returnFlag: 1n << returnBit,
    counterShift: firstBit(readText(`${path}/format/ref_ctr_offset`)),
  };
}

/** 32 of `config:32-63`. */
function firstBit(format: string | undefined): bigint | undefined {
  const digits = /^config:(\d+)/.exec(format ?? "")?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

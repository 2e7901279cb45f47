import { addon, FileDescriptor, PerfAttrFlag, perfEventOpen, PerfSoftware, PerfType } from "../sys/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { attachError, linkName } from "./create-link.ts";
import { cookieRule, isCount, isUint32, isUint64, type LinkKind, optional, optionError } from "./link-kind.ts";
import { attachToPerfEvent } from "./perf-attachment.ts";

/**
 * Options of `perf_event` programs: either an open event (`fd`), or what to open one for: how often, and in which process or
 * on which CPU. An event is on one CPU or in one process; to sample all CPUs, attach once for each.
 */
export interface PerfEventOptions {
  /** Descriptor of an event from perf_event_open(2); it stays the caller's. */
  readonly fd?: number;
  /** `enum perf_type_id`: 0 hardware, 1 software … Default: software. */
  readonly type?: number;
  /** What is counted, by type: `enum perf_sw_ids` and such. Default, of software: 0, the CPU's clock. */
  readonly config?: number | bigint;
  /** Run so often a second; the kernel's limit is in kernel.perf_event_max_sample_rate. */
  readonly sampleFrequency?: number;
  /** Run once in so many events; for the clocks, in so many nanoseconds. */
  readonly samplePeriod?: number | bigint;
  /** Only while this process runs, on all CPUs unless `cpu` is given. */
  readonly pid?: number;
  /** Only on this CPU, for all processes unless `pid` is given. */
  readonly cpu?: number;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.15. */
  readonly cookie?: bigint;
}

const isCount64 = (value: unknown): boolean => isCount(value) || isUint64(value);

/** Since Linux 4.9. */
export const perfEvent: LinkKind<PerfEventOptions> = {
  kind: "perfEvent",
  title: "a perf event program",
  since: "4.9",
  options: {
    fd: optional("number", isUint32),
    type: optional("number", isUint32),
    config: optional("number | bigint", isCount64),
    sampleFrequency: optional("number", (value) => isCount(value) && value !== 0),
    samplePeriod: optional("number | bigint", (value) => isCount64(value) && Number(value) !== 0),
    pid: optional("number", isUint32),
    cpu: optional("number", isUint32),
    cookie: cookieRule,
  },
  example: "attach({ sampleFrequency: 99, cpu: 0 })",
  attach(program, options) {
    const event = options.fd === undefined ? openEvent(program, options) : copyOf(program, options.fd, options);
    return attachToPerfEvent("perfEvent", program, event, options.cookie, {
      EEXIST: "the perf event has a program already",
      ENOTTY: `descriptor ${options.fd} is no perf event`,
      EBADF: `descriptor ${options.fd} is no perf event`,
      EINVAL: "programs can't be attached to this kind of perf event",
    });
  },
};

function openEvent(program: AttachableProgram, options: PerfEventOptions): FileDescriptor {
  const {
    type = PerfType.SOFTWARE,
    config = PerfSoftware.CPU_CLOCK,
    sampleFrequency,
    samplePeriod,
    pid,
    cpu,
  } = options;
  if ((sampleFrequency === undefined) === (samplePeriod === undefined)) {
    throw optionError(perfEvent, program, "it needs one of the options fd, sampleFrequency and samplePeriod");
  }
  if (pid === undefined && cpu === undefined) {
    throw optionError(perfEvent, program, "it needs one of the options pid and cpu, or both");
  }
  const rate =
    sampleFrequency === undefined ? { samplePeriod } : { sampleFreq: sampleFrequency, flags: PerfAttrFlag.FREQ };
  return perfEventOpen({ type, config, ...rate }, { pid: pid ?? -1, cpu: cpu ?? -1 }, describeProgram(program), {
    hints: {
      ENOENT:
        "this machine can't count that; virtual machines often have no hardware counters, type 1 (software) works everywhere",
      ENODEV: `CPU ${cpu} is offline`,
      ESRCH: `there is no process ${pid}`,
      EINVAL: "there is no such event or CPU, or the frequency is above kernel.perf_event_max_sample_rate",
    },
  });
}

function copyOf(program: AttachableProgram, fd: number, options: PerfEventOptions): FileDescriptor {
  const { type, config, sampleFrequency, samplePeriod, pid, cpu } = options;
  if ([type, config, sampleFrequency, samplePeriod, pid, cpu].some((value) => value !== undefined)) {
    throw optionError(perfEvent, program, "the option fd goes with no other but cookie");
  }
  const copy = addon().dup(fd);
  if (copy < 0) throw attachError(copy, "dup", program, () => ({ hints: { EBADF: `descriptor ${fd} is not open` } }));
  return new FileDescriptor(copy, linkName(program));
}

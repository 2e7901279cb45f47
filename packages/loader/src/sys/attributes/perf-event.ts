/**
 * perf_event_open(2) and the ioctls that BPF needs on its descriptors.
 * Source: include/uapi/linux/perf_event.h, `struct perf_event_attr`.
 *
 * @module
 */

/** `struct perf_event_attr`. */
export const perfEventAttr = {
  name: "struct perf_event_attr",
  size: 136,
  fields: {
    type: [0, "u32", "one of PerfType, or the number of a PMU from /sys/bus/event_source/devices/…/type"],
    size: [4, "u32", "bytes of this structure: 136"],
    config: [8, "u64", "tracepoint id, counter, or flags of the PMU"],
    samplePeriod: [16, "u64", "events between samples"],
    sampleFreq: [16, "u64", "samples per second, with PerfAttrFlag.FREQ"],
    sampleType: [24, "u64", "bits of PerfSampleType"],
    readFormat: [32, "u64", "what read(2) gives"],
    flags: [40, "u64", "bits of PerfAttrFlag"],
    wakeupEvents: [48, "u32", "wake a reader every so many samples"],
    wakeupWatermark: [48, "u32", "wake a reader at so many bytes, with PerfAttrFlag.WATERMARK"],
    bpType: [52, "u32", "kind of breakpoint"],
    config1: [56, "u64", "depends on the PMU"],
    probeName: [56, "char*", "kprobe: the function; uprobe: the executable"],
    config2: [64, "u64", "depends on the PMU; kprobe and uprobe: the offset"],
    branchSampleType: [72, "u64", "unused here"],
    sampleRegsUser: [80, "u64", "unused here"],
    sampleStackUser: [88, "u32", "unused here"],
    clockid: [92, "i32", "clock of the times, with PerfAttrFlag.USE_CLOCKID: 1 = CLOCK_MONOTONIC"],
    sampleRegsIntr: [96, "u64", "unused here"],
    auxWatermark: [104, "u32", "unused here"],
    sampleMaxStack: [108, "u16", "unused here"],
    auxSampleSize: [112, "u32", "unused here"],
    sigData: [120, "u64", "unused here"],
    config3: [128, "u64", "depends on the PMU"],
  },
} as const;

/** `enum perf_type_id`. */
export const PerfType = { HARDWARE: 0, SOFTWARE: 1, TRACEPOINT: 2, HW_CACHE: 3, RAW: 4, BREAKPOINT: 5 } as const;

/** Some of `enum perf_sw_ids`. */
export const PerfSoftware = { CPU_CLOCK: 0, TASK_CLOCK: 1, CONTEXT_SWITCHES: 3, DUMMY: 9, BPF_OUTPUT: 10 } as const;

/** Bits of the bit field of `struct perf_event_attr`. */
export const PerfAttrFlag = {
  DISABLED: 1,
  INHERIT: 2,
  FREQ: 0x400,
  WATERMARK: 0x4000,
  USE_CLOCKID: 0x200_0000,
  WRITE_BACKWARD: 0x800_0000,
} as const;

/** Some of `enum perf_event_sample_format`. */
export const PerfSampleType = { TIME: 0x4, RAW: 0x400 } as const;

/** Flags of perf_event_open(2). PERF_FLAG_FD_CLOEXEC is always set. */
export const PerfOpenFlag = { PID_CGROUP: 4 } as const;

/** Requests of ioctl(2) on a perf event. */
export const PerfRequest = {
  ENABLE: 0x2400,
  DISABLE: 0x2401,
  SET_BPF: 0x4004_2408,
  PAUSE_OUTPUT: 0x4004_2409,
} as const;

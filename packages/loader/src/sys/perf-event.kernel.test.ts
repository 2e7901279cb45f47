import { constants } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { addon } from "./addon.ts";
import { perfEventAttr, PerfRequest, PerfSoftware, PerfType } from "./attributes/index.ts";
import { Errno } from "./errno.ts";
import { encode } from "./layout.ts";
import { openPath, perfEventIoctl, perfEventOpen } from "./perf-event.ts";

const clock = { type: PerfType.SOFTWARE, config: PerfSoftware.CPU_CLOCK };
const here = { pid: 0, cpu: -1 };

beforeEach(requireKernel);

describe("perf events", () => {
  it("are opened, switched on and off", () => {
    using event = perfEventOpen(clock, here, "a test");
    perfEventIoctl(event, "ENABLE", 0);
    perfEventIoctl(event, "DISABLE", 0);
    expect(() => perfEventIoctl(event, "SET_BPF", 0)).toThrow(
      /^perf event of a test: PERF_EVENT_IOC_SET_BPF failed with (?:EINVAL|EBADF)/,
    );
  });

  it("give the kernel's refusals", () => {
    expect(() => perfEventOpen({ type: 0xffff }, here, "a test")).toThrow("a test: perf_event_open failed with ENOENT");
    expect(() => perfEventOpen(clock, { pid: -1, cpu: -1 }, "a test")).toThrow("EINVAL");
  });

  it("throw for wrong use", () => {
    const { bytes } = encode(perfEventAttr, { ...clock, size: 136 });
    const { perfEventOpen: open, ioctl } = addon();
    expect(() => open(bytes.subarray(0, 100), [], 0, -1, -1, 0)).toThrow(RangeError);
    expect(() => open(new Uint8Array(300), [], 0, -1, -1, 0)).toThrow(RangeError);
    expect(() => open(bytes, [[64, new Uint8Array(8)]], 0, -1, -1, 0)).toThrow(TypeError);
    expect(() => open(bytes, [[56, Uint8Array.of(1)]], 0, -1, -1, 0)).toThrow(RangeError);
    expect(() => open(bytes, [], 0.5, -1, -1, 0)).toThrow(RangeError);
    expect(() => Reflect.apply(open, undefined, [])).toThrow(TypeError);
    // PERF_EVENT_IOC_PERIOD takes an address.
    expect(() => ioctl(0, 0x4008_2404, 0)).toThrow(RangeError);
    expect(ioctl(-1, PerfRequest.ENABLE, 0)).toBe(-Errno.EBADF);
  });
});

describe("openPath", () => {
  it("opens, and names what does not exist", () => {
    using folder = openPath("/sys/fs", constants.O_RDONLY | constants.O_DIRECTORY, "cgroup");
    expect(folder.what).toBe('cgroup "/sys/fs"');
    expect(() => openPath("/nope", constants.O_RDONLY, "cgroup")).toThrow('there is no cgroup "/nope"');
    expect(() => openPath("/proc/self/exe", constants.O_DIRECTORY, "cgroup")).toThrow("open failed with ENOTDIR");
    expect(() => addon().open("/tmp/x", constants.O_CREAT)).toThrow(RangeError);
    expect(() => addon().open("/tmp\0/x", 0)).toThrow(TypeError);
  });
});

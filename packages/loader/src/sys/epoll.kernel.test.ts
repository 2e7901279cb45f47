import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";

const SO_ATTACH_BPF = 50;
const SO_DETACH_FILTER = 27;

const packed = (...fds: number[]): Uint8Array => new Uint8Array(Int32Array.from(fds).buffer);

beforeEach(requireKernel);

describe("epoll", () => {
  it("is readable when one of the descriptors is", async () => {
    const quiet = openSync("/dev/ptmx", "r+");
    const ready = openSync("/proc/self/mounts", "r");
    const both = addon().epoll(packed(quiet, ready));
    expect(both).toBeGreaterThan(0);
    await new Promise<void>((resolve) => {
      const handle = addon().startPoll(both, (status) => {
        expect(status).toBe(0);
        addon().stopPoll(handle);
        resolve();
      });
    });
    expect(addon().close(both)).toBe(0);
    closeSync(quiet);
    closeSync(ready);
  });

  it("refuses what can't be waited for, and leaves nothing open", () => {
    const file = openSync(process.execPath, "r");
    expect(addon().epoll(packed(file))).toBe(-Errno.EPERM);
    closeSync(file);
    expect(addon().epoll(packed(99_999))).toBe(-Errno.EBADF);
    expect(() => addon().epoll(new Uint8Array(3))).toThrow(RangeError);
    expect(() => Reflect.apply(addon().epoll, undefined, [[1]])).toThrow(TypeError);
  });
});

describe("setSocketFilter", () => {
  it("answers as the kernel does, and sets nothing else", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { fd } = Reflect.get(server, "_handle") as { fd: number };
    expect(addon().setSocketFilter(fd, SO_DETACH_FILTER, 0)).toBe(-Errno.ENOENT);
    expect(addon().setSocketFilter(fd, SO_ATTACH_BPF, 99_999)).toBe(-Errno.EBADF);
    expect(addon().setSocketFilter(0x7fff_fff0, SO_ATTACH_BPF, 0)).toBe(-Errno.EBADF);
    expect(() => addon().setSocketFilter(fd, 2, 1)).toThrow("option must attach or detach a program");
    server.close();
  });
});

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { addonPath } from "../../../../test/addon-path.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { MapType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Both ends of a pipe. */
function withFifo<T>(use: (fd: number) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "poll-"));
  const path = join(folder, "fifo");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, "r+");
  return use(fd).finally(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
}

beforeEach(requireKernel);

describe("startPoll", () => {
  it("calls back as long as the descriptor is readable", async () => {
    await withFifo(async (fd) => {
      const statuses: number[] = [];
      const handle = addon().startPoll(fd, (status) => {
        statuses.push(status);
        if (statuses.length === 3) addon().stopPoll(handle);
      });
      expect(handle).toBeGreaterThan(0);
      await later(20);
      expect(statuses).toEqual([]);
      writeSync(fd, "x");
      await later(50);
      expect(statuses).toEqual([0, 0, 0]);
    });
  });

  it("gives each its own handle, also for the same descriptor, and stops each once", async () => {
    await withFifo(async (fd) => {
      let calls = 0;
      const count = (): void => void calls++;
      const first = addon().startPoll(fd, count);
      const second = addon().startPoll(fd, count);
      expect(second).not.toBe(first);
      addon().stopPoll(first);
      addon().stopPoll(second);
      addon().stopPoll(second);
      addon().stopPoll(-5);
      writeSync(fd, "x");
      await later(20);
      expect(calls).toBe(0);
    });
  });

  it("does not mind that the descriptor is closed at once", async () => {
    const before = openKernelObjects();
    const ring = newMap(MapType.RINGBUF, { entries: 4096 });
    const handle = addon().startPoll(ring.value, () => undefined);
    ring.close();
    await later(10);
    addon().stopPoll(handle);
    await later(10);
    expect(openKernelObjects()).toEqual(before);
  });

  it("refuses what can't be polled", () => {
    const { startPoll } = addon();
    const file = openSync("/proc/self/exe", "r");
    expect(startPoll(file, () => undefined)).toBe(-Errno.EPERM);
    closeSync(file);
    expect(startPoll(99_999, () => undefined)).toBe(-Errno.EBADF);
    expect(startPoll(-1, () => undefined)).toBe(-Errno.EBADF);
    expect(() => Reflect.apply(startPoll, undefined, [0])).toThrow(TypeError);
    expect(() => Reflect.apply(startPoll, undefined, ["0", (): void => undefined])).toThrow(TypeError);
  });

  it("lets an error of the callback go the way of uncaught exceptions, and carries on", () => {
    const script = `
      const { startPoll, stopPoll } = require(${JSON.stringify(addonPath)});
      let calls = 0;
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      const handle = startPoll(0, () => {
        if (++calls === 2) { stopPoll(handle); process.stdin.destroy(); }
        throw new Error("number " + calls);
      });`;
    const output = execFileSync(process.execPath, ["-e", script], { input: "x", encoding: "utf8" });
    expect(output).toBe("uncaught number 1\nuncaught number 2\n");
  });

  it("keeps the process alive until it is stopped, and process.exit() does not hang", () => {
    const script = `
      const { startPoll } = require(${JSON.stringify(addonPath)});
      startPoll(require("node:fs").openSync("/dev/ptmx", "r+"), () => {});
      setTimeout(() => { console.log("alive"); process.exit(3); }, 50);`;
    expect(() => execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toThrow(
      expect.objectContaining({ status: 3, stdout: "alive\n" }),
    );
  });
});

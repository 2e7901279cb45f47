import { readdirSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it } from "vitest";
import { addonPath } from "../../../../test/addon-path.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { MapType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { Errno } from "./errno.ts";

const PRELUDE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const addon = require(${JSON.stringify(addonPath)});
  const words = (...numbers) => new Uint8Array(Uint32Array.from(numbers).buffer);
  const hash = () => addon.bpf(0, words(1, 4, 8, 16, 0), []);
  const array = () => addon.bpf(0, words(2, 4, 4096, 1, 0x400), []);
  const ring = () => addon.bpf(0, words(27, 0, 0, 4096, 0), []);`;

function start(body: string, data?: unknown): Promise<{ worker: Worker; message: unknown }> {
  const worker = new Worker(`${PRELUDE}\n${body}`, { eval: true, workerData: data });
  return new Promise((resolve, reject) => {
    worker.once("message", (message: unknown) => {
      resolve({ worker, message });
    });
    worker.once("error", reject);
  });
}

/** Everything open, the pipes and event loops of workers included. */
function countOpen(): number {
  return readdirSync("/proc/self/fd").length;
}

function countMappings(): number {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("bpf-map")).length;
}

beforeEach(requireKernel);

describe("a worker that is terminated", () => {
  it("leaves nothing open, whatever it was doing", async () => {
    const before = openKernelObjects();
    const openBefore = countOpen();
    const mappingsBefore = countMappings();
    for (let round = 0; round < 5; round++) {
      const { worker, message } = await start(`
        const slot = addon.openMapSlot(hash());
        const value = addon.map(array(), 4096, 0, true);
        const ringFd = ring();
        const polls = [addon.startPoll(ringFd, () => {}), addon.startPoll(ringFd, () => {})];
        const consumer = addon.map(ringFd, 4096, 0, true);
        addon.unmap(consumer);
        addon.dup(ringFd);
        addon.open("/sys/fs/bpf", 0);
        const program = new Uint8Array(8 * 4096).fill(0);
        for (let at = 0; at < program.length - 8; at += 8) program[at] = 0xb7;
        program[program.length - 8] = 0x95;
        const attribute = words(3, program.length / 8, 0, 0, 0, 0);
        for (let n = 0; n < 20; n++) {
          addon.bpfAsync(5, attribute, [[8, program], [16, Uint8Array.of(71, 80, 76, 0)]]);
        }
        parentPort.postMessage([typeof slot, value.byteLength, polls.every((poll) => poll > 0)]);
        setInterval(() => {}, 1000);`);
      expect(message).toEqual(["object", 4096, true]);
      await worker.terminate();
    }
    expect(openKernelObjects()).toEqual(before);
    expect(countOpen()).toBeLessThanOrEqual(openBefore);
    expect(countMappings()).toBeLessThanOrEqual(mappingsBefore);
  });

  it("leaves nothing open when it ends by itself", async () => {
    const before = openKernelObjects();
    const mappingsBefore = countMappings();
    const { worker } = await start(`
      const slot = addon.openMapSlot(hash());
      addon.map(array(), 4096, 0, false);
      hash();
      parentPort.postMessage(slot.handle);`);
    await new Promise((resolve) => worker.once("exit", resolve));
    expect(openKernelObjects()).toEqual(before);
    expect(countMappings()).toBeLessThanOrEqual(mappingsBefore);
  });
});

describe("what belongs to one environment", () => {
  it("can't be closed or used by another", async () => {
    const map = newMap(MapType.HASH, { key: 4, value: 8, entries: 4 });
    const slot = addon().openMapSlot(map.dup().release());
    if (typeof slot === "number") throw new Error(`openMapSlot gave ${slot}`);
    const { worker, message } = await start(
      `const { fd, handle } = workerData;
       addon.closeMapSlot(handle);
       parentPort.postMessage([addon.close(fd), addon.openMapSlot(fd), addon.mapLookup(handle, 0)]);`,
      { fd: map.value, handle: slot.handle },
    );
    expect(message).toEqual([-Errno.EBADF, -Errno.EBADF, -Errno.EBADF]);
    await worker.terminate();
    expect(addon().mapLookup(slot.handle, 0)).toBe(-Errno.ENOENT);
    addon().closeMapSlot(slot.handle);
    map.close();
  });

  it("is not shared by two copies of the addon in one thread", async () => {
    const { worker, message } = await start(`
      const { copyFileSync, mkdtempSync, rmSync } = require("node:fs");
      const folder = mkdtempSync(require("node:os").tmpdir() + "/addon-");
      copyFileSync(${JSON.stringify(addonPath)}, folder + "/copy.node");
      const copy = require(folder + "/copy.node");
      rmSync(folder, { recursive: true });
      const fd = hash();
      const slot = addon.openMapSlot(array());
      const mapped = addon.map(array(), 4096, 0, true);
      const own = copy.map(copy.bpf(0, words(2, 4, 4096, 1, 0x400), []), 4096, 0, true);
      let refused = false;
      try { copy.unmap(mapped); } catch { refused = own.byteLength === 4096 && mapped.byteLength === 4096; }
      parentPort.postMessage([copy.close(fd), copy.mapLookup(slot.handle, 0), refused, addon.close(fd)]);`);
    expect(message).toEqual([-Errno.EBADF, -Errno.EBADF, true, 0]);
    await worker.terminate();
  });
});

import { collectGarbage } from "../../../../test/collect-garbage.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { BpfError } from "../errors/index.ts";
import { MapType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { mapInfo } from "./attributes/index.ts";
import { objectInfo } from "./call.ts";
import type { FileDescriptor } from "./file-descriptor.ts";

const open = (): FileDescriptor => newMap(MapType.HASH, { key: 4, value: 4, entries: 1 });

beforeEach(requireKernel);

describe("FileDescriptor", () => {
  it("closes once, and says so when it is used afterwards", () => {
    const before = openKernelObjects();
    const fd = open();
    expect(fd.closed).toBe(false);
    fd.close();
    fd.close();
    fd[Symbol.dispose]();
    expect(fd.closed).toBe(true);
    expect(() => fd.value).toThrow(new BpfError("ERR_BPF_CLOSED", "map for a test is closed"));
    expect(() => fd.dup()).toThrow("map for a test is closed");
    expect(() => fd.release()).toThrow("map for a test is closed");
    expect(openKernelObjects()).toEqual(before);
  });

  it("duplicates: the copy lives on", () => {
    const fd = open();
    const copy = fd.dup();
    fd.close();
    expect(objectInfo(copy.value, mapInfo, copy.what).info.maxEntries).toBe(1);
    copy.close();
  });

  it("warns about one that nobody closed, and closes it", async () => {
    const before = openKernelObjects();
    const warning = new Promise((resolve) => process.once("warning", resolve));
    open();
    const timer = setInterval(collectGarbage, 10);
    await expect(warning).resolves.toMatchObject({
      name: "BpfLeakWarning",
      message: "map for a test was never closed",
    });
    clearInterval(timer);
    expect(openKernelObjects()).toEqual(before);
  });

  it("gives up ownership", () => {
    const fd = open();
    const number = fd.release();
    fd.close();
    expect(addon().close(number)).toBe(0);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, linkSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openDescriptors } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u64 } from "../codec/index.ts";
import { NotSupportedError, SyscallError } from "../errors/index.ts";
import { mounts } from "../links/mounts.ts";
import { openProcess } from "../sys/index.ts";
import { MapFlag } from "../uapi/index.ts";
import { CgroupStorage, InodeStorage, SocketStorage, TaskStorage } from "./index.ts";

beforeEach(requireKernel);

interface Account {
  calls: bigint;
  limit: number;
  flags: number;
}

describe("threads", () => {
  it("have values that programs and this process share", (context) => {
    using fixture = MapFixture.loadOrSkip(context, "task-storage");
    const tasks = fixture.map("tasks", TaskStorage) as TaskStorage<Account>;
    const before = openDescriptors();
    expect(tasks.get(process.pid)).toBeUndefined();
    fixture.program("count").run({});
    expect(tasks.get(process.pid)).toEqual({ calls: 1n, limit: 0, flags: 0 });
    expect(tasks.set(process.pid, { calls: 10n, limit: 5, flags: 1 }, { flag: "exist" })).toBe(true);
    fixture.program("count").run({});
    expect(tasks.get(process.pid)).toEqual({ calls: 11n, limit: 5, flags: 1 });
    expect(tasks.set(process.pid, { calls: 0n, limit: 0, flags: 0 }, { flag: "noExist" })).toBe(false);

    using own = openProcess(process.pid);
    expect(tasks.get({ fd: own.value })?.limit).toBe(5);
    expect(tasks.has({ fd: own.value })).toBe(true);
    expect(tasks.delete({ fd: own.value })).toBe(true);
    expect(tasks.delete(process.pid)).toBe(false);
    expect(tasks.has(process.pid)).toBe(false);
    own.close();
    expect(openDescriptors()).toBe(before);
  });

  it("of other processes, while there are some", async (context) => {
    using fixture = MapFixture.loadOrSkip(context, "task-storage");
    const tasks = fixture.map("tasks", TaskStorage) as TaskStorage<Account>;
    const child = spawn("sleep", ["60"]);
    try {
      const pid = child.pid ?? 0;
      tasks.set(pid, { calls: 3n, limit: 0, flags: 0 });
      expect(tasks.get(pid)?.calls).toBe(3n);
      child.kill();
      await once(child, "exit");
      expect(() => tasks.get(pid)).toThrow(`there is no process ${pid}`);
    } finally {
      child.kill();
    }
  });

  it("say what is none", (context) => {
    using fixture = MapFixture.loadOrSkip(context, "task-storage");
    const tasks = fixture.map("tasks", TaskStorage) as TaskStorage<Account>;
    expect(() => tasks.get(0)).toThrow("0 is no number of a process");
    expect(() => tasks.get({ fd: 0xfffff })).toThrow("the descriptor is none of pidfd_open(2)");
    expect(() => tasks.set(process.pid, { calls: 0, limit: 0, flags: 0 } as unknown as Account)).toThrow("field calls");
    expect(tasks.has(process.pid)).toBe(false);
  });
});

it("files have a value for all their names", (context) => {
  using fixture = MapFixture.loadOrSkip(context, "inode-storage");
  const files = fixture.map("files", InodeStorage) as InodeStorage<bigint>;
  const folder = mkdtempSync(join(tmpdir(), "bpf-test-"));
  try {
    const path = join(folder, "one");
    writeFileSync(path, "");
    linkSync(path, join(folder, "two"));
    const before = openDescriptors();
    try {
      expect(files.get(path)).toBeUndefined();
    } catch (error) {
      if (error instanceof SyscallError && error.errno === "EBADF") context.skip(error.message);
      throw error;
    }
    expect(files.set(path, 7n)).toBe(true);
    expect(files.get(join(folder, "two"))).toBe(7n);
    const fd = openSync(path, "r");
    expect(files.get({ fd })).toBe(7n);
    closeSync(fd);
    expect(files.get(folder)).toBeUndefined();
    expect(files.set(path, 8n, { flag: "noExist" })).toBe(false);
    expect(files.delete(path)).toBe(true);
    expect(files.delete(path)).toBe(false);
    expect(() => files.get(join(folder, "three"))).toThrow("there is no file");
    expect(openDescriptors()).toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("cgroups have values", (context) => {
  using fixture = MapFixture.loadOrSkip(context, "cgroup-storage");
  const root = mounts().find(({ type }) => type === "cgroup2")?.path;
  if (root === undefined) return context.skip("no cgroup hierarchy of version 2 is mounted");
  const cgroups = fixture.map("cgroups", CgroupStorage) as CgroupStorage<bigint>;
  const path = mkdtempSync(join(root, "bpf-test-"));
  try {
    const before = openDescriptors();
    expect(cgroups.get(path)).toBeUndefined();
    expect(cgroups.set(path, 5n)).toBe(true);
    expect(cgroups.get(path)).toBe(5n);
    expect(cgroups.get(root)).toBeUndefined();
    const fd = openSync(path, "r");
    expect(cgroups.has({ fd })).toBe(true);
    closeSync(fd);
    expect(cgroups.delete(path)).toBe(true);
    expect(cgroups.delete(path)).toBe(false);
    expect(() => cgroups.get("/proc")).toThrow("is not in a cgroup hierarchy of version 2");
    expect(() => cgroups.get({ fd: 0xfffff })).toThrow("the descriptor is none of a cgroup's directory");
    expect(openDescriptors()).toBe(before);
  } finally {
    rmdirSync(path);
  }
});

it("sockets have values, until they are closed", async () => {
  using fixture = MapFixture.load("sockets");
  const births = fixture.map("births", SocketStorage) as SocketStorage<bigint>;
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    expect(births.get(server)).toBeUndefined();
    expect(births.set(server, 1n)).toBe(true);
    expect(births.get(server)).toBe(1n);
    expect(births.set(server, 2n, { flag: "noExist" })).toBe(false);
    expect(births.delete(server)).toBe(true);
    expect(births.delete(server)).toBe(false);
    expect(() => births.get(0xfffff)).toThrow("the descriptor is not open");
    const file = openSync("/dev/null", "r");
    expect(() => births.get(file)).toThrow("the descriptor is no socket");
    closeSync(file);
  } finally {
    server.close();
  }
  await once(server, "close");
  expect(() => births.get(server)).toThrow("the socket has no descriptor");
});

it("without an object", async () => {
  const before = openKernelObjects();
  {
    using sockets = SocketStorage.create({ value: u64, name: "own" });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(sockets.set(server, 5n)).toBe(true);
    using again = SocketStorage.fromFd(sockets.fd, { value: u64 });
    expect(again.get(server)).toBe(5n);
    expect(() => sockets.set(server, -1n)).toThrow("-1n does not fit __u64");
    expect(() => SocketStorage.create({ value: u64, flags: MapFlag.RDONLY_PROG })).toThrow(
      "BPF_MAP_TYPE_SK_STORAGE does not take the flag BPF_F_RDONLY_PROG",
    );
    server.close();
  }
  expect(openKernelObjects()).toEqual(before);
});

it.each([TaskStorage, InodeStorage, CgroupStorage])("%o.create", (Class) => {
  const before = openKernelObjects();
  try {
    Class.create({ value: u64 }).close();
  } catch (error) {
    expect(error).toBeInstanceOf(NotSupportedError);
  }
  expect(openKernelObjects()).toEqual(before);
});

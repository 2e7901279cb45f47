import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { AttachFixture, openDescriptors } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { Errno, getFdById, tryBpf, addon } from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import type { AttachOptions } from "./kinds.ts";

beforeEach(requireKernel);

/** Whether the kernel still has the link. */
function exists(id: number): boolean {
  const fd = tryBpf(Command.LINK_GET_FD_BY_ID, getFdById, { id });
  if (fd >= 0) addon().close(fd);
  return -fd !== Errno.ENOENT;
}

test("a link is gone when it is closed; closing again does nothing, using it is an error", async () => {
  using fixture = AttachFixture.load("on_raw_tp");
  const link = fixture.program("on_raw_tp").attach();
  const { id, programId } = link.info();
  expect(programId).toBe(fixture.program("on_raw_tp").id);
  expect(link.kind).toBe("rawTracepoint");
  expect(exists(id)).toBe(true);
  expect(link.closed).toBe(false);
  link.close();
  link.close();
  link[Symbol.dispose]();
  expect(link.closed).toBe(true);
  for (const use of [() => link.fd, () => link.id, () => link.detach(), () => link.pin("/x")]) {
    expect(use).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  }
  expect(() => link.update(fixture.program("on_raw_tp"))).toThrow(/link of program "on_raw_tp" is closed/);
  // The kernel takes a link away a little after its last descriptor.
  await expect.poll(() => exists(id)).toBe(false);
});

test("a link keeps its program", () => {
  using fixture = AttachFixture.load("on_raw_tp");
  using _link = fixture.program("on_raw_tp").attach();
  fixture.program("on_raw_tp").close();
  const runs = fixture.read("raw_tp_runs");
  process.getgid?.();
  expect(fixture.read("raw_tp_runs")).toBeGreaterThan(runs);
});

test("a closed program can't be attached", () => {
  using fixture = AttachFixture.load("on_raw_tp");
  fixture.program("on_raw_tp").close();
  expect(() => fixture.program("on_raw_tp").attach()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
});

test("links that can't be updated or detached say so", () => {
  using fixture = AttachFixture.load("on_raw_tp");
  using link = fixture.program("on_raw_tp").attach();
  expect(() => link.update(fixture.program("on_raw_tp"))).toThrow(
    /links of this kind \(BPF_LINK_TYPE_RAW_TRACEPOINT\) can't be given another program; attach the new one/,
  );
  expect(() => link.detach()).toThrow(/can't be detached while they are open; close\(\) it/);
});

test("an update with a program of another kind is refused, the first stays", () => {
  using fixture = AttachFixture.load("on_raw_tp", "on_xdp");
  using link = fixture.program("on_xdp").attach({ interface: "lo" });
  expect(() => link.update(fixture.program("on_raw_tp"))).toThrow(expect.objectContaining({ errno: "EINVAL" }));
  expect(link.info().programId).toBe(fixture.program("on_xdp").id);
});

test("detach() takes the program off while the link is open", () => {
  using fixture = AttachFixture.load("on_xdp");
  using first = fixture.program("on_xdp").attach({ interface: "lo" });
  first.detach();
  using second = fixture.program("on_xdp").attach({ interface: "lo" });
  expect(second.id).not.toBe(first.id);
});

test("a pinned link outlives close()", async () => {
  const directory = mkdtempSync(join(tmpdir(), "links-"));
  execFileSync("mount", ["-t", "bpf", "bpf", directory]);
  try {
    using fixture = AttachFixture.load("on_xdp");
    const path = join(directory, "link");
    const link = fixture.program("on_xdp").attach({ interface: "lo" });
    const { id } = link;
    link.pin(path);
    link.pin(path);
    expect(() => fixture.program("on_xdp").pin(path)).toThrow(/something of that name exists/);
    expect(() => link.pin(join(directory, "missing", "link"))).toThrow(/the directory ".*missing" does not exist/);
    link.close();
    expect(exists(id)).toBe(true);
    link.unpin();
    link.unpin();
    expect(existsSync(path)).toBe(false);
    await expect.poll(() => exists(id)).toBe(false);
  } finally {
    execFileSync("umount", ["-l", directory]);
    rmdirSync(directory);
  }
});

test("pinning where no bpf file system is, is explained", () => {
  using fixture = AttachFixture.load("on_raw_tp");
  using link = fixture.program("on_raw_tp").attach();
  expect(() => link.pin(join(tmpdir(), "link"))).toThrow(/it is not in a bpf file system; /);
});

test("no attempt leaves a descriptor open, whether it fails or not", (context) => {
  using fixture = AttachFixture.loadOrSkip(
    context,
    "on_any_raw_tp",
    "on_xdp",
    "on_cgroup_egress",
    "on_uprobe",
    "on_perf_event",
    "on_sk_lookup",
    "on_iter_task",
    "on_sk_msg",
    "on_kprobe",
  );
  const attempts: readonly (readonly [string, AttachOptions])[] = [
    ["on_any_raw_tp", { name: "sys_enter" }],
    ["on_any_raw_tp", { name: "nope" }],
    ["on_xdp", { interface: "lo" }],
    ["on_xdp", { interface: "nope" }],
    ["on_xdp", { interface: "lo", mode: "offload" }],
    ["on_cgroup_egress", { cgroup: "/tmp" }],
    ["on_cgroup_egress", { cgroup: "/sys/fs/cgroup/unified" }],
    ["on_cgroup_egress", { cgroup: "/sys/fs/cgroup/unified", expectedRevision: 77n }],
    ["on_uprobe", { path: "libc.so.6", symbol: "getgid" }],
    ["on_uprobe", { path: "libc.so.6", symbol: "nope" }],
    ["on_uprobe", { path: "libc.so.6", symbol: "getgid", pid: 0x3fff_ffff }],
    ["on_perf_event", { sampleFrequency: 99, cpu: 0 }],
    ["on_perf_event", { sampleFrequency: 99, cpu: 9999 }],
    ["on_perf_event", { fd: 0 }],
    ["on_sk_lookup", { netns: "/proc/self/ns/net" }],
    ["on_sk_lookup", { netns: "/proc/self/ns/mnt" }],
    ["on_iter_task", {}],
    ["on_iter_task", { map: fixture.map(".bss") }],
    ["on_sk_msg", { map: fixture.map("sockets") }],
    ["on_sk_msg", { map: fixture.map(".bss") }],
    ["on_kprobe", { symbol: "nope" }],
  ];
  const attempt = (name: string, options: AttachOptions): void => {
    try {
      fixture.program(name).attach(options).close();
    } catch {
      // What matters here is what stays open.
    }
  };
  for (const [name, options] of attempts) {
    // The first time may open what stays open for good, such as a probe's file.
    attempt(name, options);
    const before = openDescriptors();
    attempt(name, options);
    expect(openDescriptors(), `${name} ${JSON.stringify(Object.keys(options))}`).toBe(before);
  }
});

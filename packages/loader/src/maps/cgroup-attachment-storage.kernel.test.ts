import { once } from "node:events";
import { statSync } from "node:fs";
import { createServer } from "node:net";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { mounts } from "../links/mounts.ts";
import { AttachType } from "../uapi/index.ts";
import { CgroupAttachmentStorage, PerCpuCgroupAttachmentStorage, SocketStorage } from "./index.ts";

beforeEach(requireKernel);

it("attachments have values, which the program counts in, and new sockets have one from it", async (context) => {
  const root = mounts().find(({ type }) => type === "cgroup2")?.path;
  if (root === undefined) return context.skip("no cgroup hierarchy of version 2 is mounted");
  using fixture = MapFixture.load("sockets");
  const created = fixture.map("created", CgroupAttachmentStorage) as CgroupAttachmentStorage<bigint>;
  const perCpu = fixture.map("created_per_cpu", PerCpuCgroupAttachmentStorage) as PerCpuCgroupAttachmentStorage<bigint>;
  const births = fixture.map("births", SocketStorage) as SocketStorage<bigint>;
  expect([...created]).toEqual([]);

  // This process is in there, or in one below it.
  using link = fixture.program("on_create").attach({ cgroup: root });
  const attachment = {
    cgroupId: statSync(root, { bigint: true }).ino,
    attachType: AttachType.CGROUP_INET_SOCK_CREATE,
  };
  expect([...created.keys()]).toEqual([attachment]);
  expect(created.size).toBe(1);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  expect(births.get(server)).toBe(7n);
  server.close();
  const count = created.get(attachment) ?? 0n;
  expect(count).toBeGreaterThan(0n);
  expect(perCpu.get(attachment)?.reduce((sum, ofCpu) => sum + ofCpu, 0n)).toBeGreaterThan(0n);
  expect(created.set(attachment, 1000n)).toBe(true);
  expect(created.get(attachment)).toBeGreaterThanOrEqual(1000n);
  expect([...created].map(([key]) => key)).toEqual([attachment]);
  expect(created.set({ ...attachment, cgroupId: 0n }, 1n)).toBe(false);
  expect(created.get({ ...attachment, attachType: 0 })).toBeUndefined();
  expect(created.has(attachment)).toBe(true);
  link.close();
});

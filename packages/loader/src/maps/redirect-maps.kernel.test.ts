/** Maps that XDP programs redirect packets with. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { childProgram } from "../../../../test/child-process.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { createDevice, switchOn } from "../../../../test/network-device.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { xdpLiveFrames } from "../features/index.ts";
import { enableStats } from "../info/index.ts";
import type { Program } from "../programs/index.ts";
import { has, interfaceIndex } from "../sys/index.ts";
import { CpuMap, DevMap, DevMapHash, XskMap } from "./index.ts";

beforeEach(requireKernel);

const XDP_PASS = 2;
const XDP_REDIRECT = 4;

/** What a program that redirects by the entry of `key` gives: it has one, or it has not. */
function resultOf(fixture: MapFixture, program: string, key: number): number {
  fixture.set("key", key);
  return fixture.program(program).run({ data: new Uint8Array(64) }).returnValue;
}

const fixturePath = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const runs = (program: Program): number => Number(program.stats().runCount);

describe.each([
  { Class: DevMap, name: "devices", key: 1 },
  { Class: DevMapHash, name: "devices_by_key", key: 4_000_000_000 },
])("$name", ({ Class, name, key }) => {
  it("sends packets to interfaces, by name and by index", () => {
    const before = openKernelObjects();
    {
      using fixture = MapFixture.load("redirects");
      const devices = fixture.map<DevMap | DevMapHash>(name, Class);
      const ifindex = interfaceIndex("lo");
      expect(resultOf(fixture, `to_${name}`, key)).toBe(XDP_PASS);
      expect(devices.get(key)).toBeUndefined();
      expect(devices.set(key, "lo")).toBe(true);
      expect(resultOf(fixture, `to_${name}`, key)).toBe(XDP_REDIRECT);
      expect(devices.get(key)).toEqual({ ifindex, programId: undefined });

      const program = fixture.program("on_device");
      expect(devices.set(key, { interface: ifindex, program }, { flag: "exist" })).toBe(true);
      expect(devices.get(key)).toEqual({ ifindex, programId: program.id });
      expect(devices.set(key, "lo", { flag: "noExist" })).toBe(false);
      expect([...devices]).toEqual([[key, { ifindex, programId: program.id }]]);
      expect(devices.size).toBe(1);
      expect(devices.delete(key)).toBe(true);
      expect(devices.delete(key)).toBe(false);
      expect(resultOf(fixture, `to_${name}`, key)).toBe(XDP_PASS);
      devices.set(key, "lo");
      devices.clear();
      expect([...devices.keys()]).toEqual([]);
    }
    expect(openKernelObjects()).toEqual(before);
  });

  it("says what it does not take", () => {
    using fixture = MapFixture.load("redirects");
    const devices = fixture.map<DevMap | DevMapHash>(name, Class);
    expect(() => devices.set(key, "no-such-device")).toThrow('there is no network interface "no-such-device"');
    expect(() => devices.set(key, 0)).toThrow("0 is no index of a network interface: they are counted from 1");
    expect(() => devices.set(key, 0x7fff_ffff)).toThrow(
      "the kernel takes interfaces of this process's network namespace",
    );
    expect(() => devices.set(key, -1)).toThrow("-1 is no index");
    const program = fixture.program("on_cpu");
    expect(() => devices.set(key, { interface: "lo", program })).toThrow(
      'programs that were loaded for SEC("xdp/devmap")',
    );
    using small = Class.create({ maxEntries: 2, name: "small" });
    expect(() => small.set(1, { interface: "lo", program })).toThrow('map "small" has values of 4 bytes');
    small.set(1, "lo");
    expect(small.get(1)).toEqual({ ifindex: interfaceIndex("lo"), programId: undefined });
  });
});

it("packets go to another device, by way of a program on its entry", async (context) => {
  context.skip(!has(xdpLiveFrames), "this kernel has no live frames");
  using device = createDevice("veth", "redirects");
  context.skip(device === undefined, "this kernel has no veth devices");
  const peer = Number(readFileSync("/sys/class/net/redirects/iflink", "utf8"));
  for (const ifindex of [interfaceIndex("redirects"), peer]) switchOn(ifindex);
  using fixture = MapFixture.load("redirects");
  const devices = fixture.map("devices", DevMap);
  const receiver = fixture.program("to_sockets");
  using _link = receiver.attach({ interface: peer, mode: "native" });
  using _stats = enableStats("runTime");
  const program = fixture.program("on_device");
  devices.set(1, { interface: "redirects", program });
  fixture.set("key", 1);
  fixture.program("to_devices").run({ data: new Uint8Array(64), liveFrames: true, repeat: 32 });
  expect(runs(program)).toBe(32);
  await expect.poll(() => runs(receiver), { timeout: 5000 }).toBeGreaterThanOrEqual(32);
});

describe("cpus", () => {
  it("take packets over", () => {
    using fixture = MapFixture.load("redirects");
    const cpus = fixture.map("cpus", CpuMap);
    expect(resultOf(fixture, "to_cpus", 0)).toBe(XDP_PASS);
    expect(cpus.set(0, { queueSize: 192 })).toBe(true);
    expect(cpus.get(0)).toEqual({ queueSize: 192, programId: undefined });
    expect(resultOf(fixture, "to_cpus", 0)).toBe(XDP_REDIRECT);
    const program = fixture.program("on_cpu");
    expect(cpus.set(0, { queueSize: 64, program })).toBe(true);
    expect([...cpus]).toEqual([[0, { queueSize: 64, programId: program.id }]]);
    expect(cpus.delete(0)).toBe(true);
    expect(cpus.delete(0)).toBe(false);
    expect(resultOf(fixture, "to_cpus", 0)).toBe(XDP_PASS);
  });

  it("say what they don't take", () => {
    using fixture = MapFixture.load("redirects");
    const cpus = fixture.map("cpus", CpuMap);
    expect(() => cpus.set(0, { queueSize: 0 })).toThrow("a queue of 0 packets is none");
    expect(() => cpus.set(0, { queueSize: 20_000 })).toThrow("up to 16384 packets");
    expect(() => cpus.set(0, { queueSize: 8, program: fixture.program("on_device") })).toThrow('SEC("xdp/cpumap")');
    expect(() => cpus.set(cpus.maxEntries, { queueSize: 8 })).toThrow("is not an integer from 0");
    expect(cpus.size).toBe(0);
  });
});

it("AF_XDP sockets: others are refused", () => {
  using fixture = MapFixture.load("redirects");
  const sockets = fixture.map("sockets", XskMap);
  expect(resultOf(fixture, "to_sockets", 0)).toBe(XDP_PASS);
  expect(() => sockets.set(0, 0xfffff)).toThrow("the descriptor is not open");
  expect(() => sockets.set(2, 0)).toThrow("index 2 is not an integer");
  expect(sockets.delete(1)).toBe(true);
  sockets.clear();
});

/** Has an AF_XDP socket's descriptor, which it closes, and its packets as lines. See af-xdp-socket.py. */
const OWNER_OF_A_SOCKET = `
  import { createSocket } from "node:dgram";
  import { once } from "node:events";
  import { closeSync } from "node:fs";
  import { createInterface } from "node:readline";
  import { loadCollectionSpec, XskMap } from "bpf-loader";

  const [, , object, ...numbers] = process.argv;
  const [fd, idle, bare] = numbers.map(Number);
  const packets = createInterface({ input: process.stdin });
  const receiver = createSocket("udp4").bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const sender = createSocket("udp4");
  const arrivals = [];
  let arrived = () => {};
  packets.on("line", (line) => arrived("ring: " + Buffer.from(line, "hex").subarray(-6)));
  receiver.on("message", (message) => arrived("UDP: " + message));
  const send = (text) =>
    new Promise((resolve) => {
      arrived = resolve;
      sender.send(text, receiver.address().port, "127.0.0.1");
    });

  using objs = loadCollectionSpec(object).loadSync();
  const sockets = objs.maps.get("sockets");
  using link = objs.programs.get("to_sockets").attach({ interface: "lo", mode: "generic" });
  const results = [sockets instanceof XskMap];
  const note = async (what) => results.push(await what);
  await note(send("before"));
  await note(sockets.set(0, fd));
  await note(send("first."));
  await note(sockets.set(0, idle, { flag: "noExist" }));
  await note(sockets.set(0, { fd }, { flag: "exist" }));
  await note(send("second"));
  await note(sockets.delete(0));
  await note(sockets.set(0, fd, { flag: "exist" }));
  await note(send("third."));
  await note(sockets.set(0, idle, { flag: "noExist" }));
  await note(sockets.set(0, fd));
  await note(send("fourth"));
  try {
    await note(sockets.set(1, bare));
  } catch (error) {
    await note(error.message);
  }
  // The map does not keep it open.
  closeSync(fd);
  console.log("close");
  await once(packets, "close");
  await note(send("fifth."));
  sender.close();
  receiver.close();
  console.log(JSON.stringify(results));
`;

it("packets go to AF_XDP sockets", async (context) => {
  using child = await childProgram(OWNER_OF_A_SOCKET);
  const python = ["python3", fixturePath("af-xdp-socket.py")];
  const { status, stdout, stderr } = await child
    .run(python, [fixturePath("redirects.el.o")])
    .catch((error: unknown) => {
      context.skip(`there is no Python, which makes the socket: ${String(error)}`);
      throw error;
    });
  context.skip(/Address family not supported/.test(stderr), "this kernel has no AF_XDP sockets");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    true,
    "UDP: before",
    true,
    "ring: first.",
    false,
    true,
    "ring: second",
    true,
    false,
    "UDP: third.",
    true,
    true,
    "ring: fourth",
    // Kernels take any AF_XDP socket, or those that can receive.
    expect.toBeOneOf([
      true,
      expect.stringContaining("ENOBUFS (no buffer space available): the socket has no ring to receive with"),
    ]),
    "UDP: fifth.",
  ]);
});

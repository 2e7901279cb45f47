import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { endianness } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttachFixture } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { SyscallError } from "../errors/index.ts";

let before: readonly string[];
beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});
afterEach(() => {
  if (before !== undefined) expect(openKernelObjects()).toEqual(before);
});

async function listen(options: { reusePort?: boolean } = {}): Promise<Server> {
  const server = createServer((socket) => socket.resume());
  server.listen({ port: 0, host: "127.0.0.1", ...options });
  await once(server, "listening");
  return server;
}
async function connectTo(server: Server): Promise<void> {
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  client.end();
  await once(client, "close");
}
const closed = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

async function sendByRoute(): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.send("x", 9, "198.51.100.1", () => resolve()));
  socket.close();
}
const routes = (): string => readFileSync("/proc/net/route", "utf8");
/** 198.51.100.0 as /proc/net/route has it: the number in this machine's byte order. */
const inTable = endianness() === "LE" ? "006433C6" : "C6336400";

describe("socket filters", () => {
  test("see what comes to a socket, until they are closed", async () => {
    using fixture = AttachFixture.load("on_socket");
    const server = await listen();
    const link = fixture.program("on_socket").attach({ socket: server });
    expect(link.kind).toBe("socket");
    await connectTo(server);
    const runs = fixture.read("socket_runs");
    expect(runs).toBeGreaterThan(0n);
    expect(() => link.info()).toThrow("the kernel has no links for it");
    link.close();
    link.close();
    await connectTo(server);
    expect(fixture.read("socket_runs")).toBe(runs);
    await closed(server);
  });

  test("leave another socket alone that got the number of theirs", async () => {
    using fixture = AttachFixture.load("on_socket");
    const server = await listen();
    const { fd } = Reflect.get(server, "_handle") as { fd: number };
    const link = fixture.program("on_socket").attach({ socket: fd });
    await closed(server);
    link.close();
    expect(() => fixture.program("on_socket").attach({ socket: server })).toThrow("the socket has no descriptor");
    expect(() => fixture.program("on_socket").attach({ socket: 2 ** 31 - 1 })).toThrow("is no open socket");
  });
});

describe("sk_reuseport", () => {
  test("needs sockets that share their port", async () => {
    using fixture = AttachFixture.load("on_reuseport");
    const server = await listen();
    expect(() => fixture.program("on_reuseport").attach({ socket: server })).toThrow(
      "the socket was bound without SO_REUSEPORT",
    );
    await closed(server);
  });

  test("chooses for each connection", async (context) => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    context.skip(major < 23 || (major === 23 && minor < 1), "Node shares ports since 23.1");
    using fixture = AttachFixture.load("on_reuseport");
    const server = await listen({ reusePort: true });
    const link = fixture.program("on_reuseport").attach({ socket: server });
    await connectTo(server);
    const runs = fixture.read("reuseport_runs");
    expect(runs).toBeGreaterThan(0n);
    link.close();
    await connectTo(server);
    expect(fixture.read("reuseport_runs")).toBe(runs);
    await closed(server);
  });
});

describe("lightweight tunnels", () => {
  const prefix = "198.51.100.0/24";

  test("see what is sent by their route, which goes with them", async (context) => {
    using fixture = AttachFixture.load("on_lwt");
    const program = fixture.program("on_lwt");
    let link;
    try {
      link = program.attach({ route: prefix, interface: "lo", headroom: 16 });
    } catch (error) {
      if (error instanceof SyscallError && error.errno === "EOPNOTSUPP") context.skip(error.message);
      throw error;
    }
    expect(routes()).toContain(inTable);
    await sendByRoute();
    expect(fixture.read("lwt_runs")).toBeGreaterThan(0n);
    expect(() => program.attach({ route: prefix, interface: "lo" })).toThrow("there is a route to 198.51.100.0/24");
    link.close();
    link.close();
    expect(routes()).not.toContain(inTable);
    expect(() => program.attach({ route: prefix, interface: "nowhere0" })).toThrow("there is no network interface");
  });

  test("of segment routing are for IPv6", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_seg6local");
    const program = fixture.program("on_seg6local");
    expect(() => program.attach({ route: prefix, interface: "lo" })).toThrow("segment routing is for IPv6");
    try {
      program.attach({ route: "2001:db8:ffff::/64", interface: "lo" }).close();
    } catch (error) {
      if (error instanceof SyscallError && error.errno === "EOPNOTSUPP") context.skip(error.message);
      throw error;
    }
  });
});

describe("infrared decoders", () => {
  test("need a receiver", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_lirc");
    expect(() => fixture.program("on_lirc").attach({ device: "/dev/lirc99" })).toThrow(
      'there is no infrared receiver "/dev/lirc99"',
    );
    expect(() => fixture.program("on_lirc").attach({ device: "/dev/null" })).toThrow("is no infrared receiver");
  });
});

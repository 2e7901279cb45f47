import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { MapFixture } from "../../../../test/map-fixture.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { u32 } from "../codec/index.ts";
import { mounts } from "../links/mounts.ts";
import { MapType } from "../uapi/index.ts";
import { openMap, ReuseportSockArray, SockHash, SockMap } from "./index.ts";
import type { BpfMap } from "./index.ts";

beforeEach(requireKernel);

/** A connection over the loopback interface: both ends. */
interface Connection extends Disposable {
  readonly client: Socket;
  readonly server: Socket;
}

async function connection(): Promise<Connection> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connect(address.port, "127.0.0.1");
  const [server] = (await once(listener, "connection")) as [Socket];
  if (client.connecting) await once(client, "connect");
  listener.close();
  return {
    client,
    server,
    [Symbol.dispose](): void {
      client.destroy();
      server.destroy();
    },
  };
}

describe.each([
  { Class: SockMap, name: "by_index", program: "divert", first: 0, second: 1 },
  { Class: SockHash<bigint>, name: "by_key", program: "divert_by_key", first: 1n << 40n, second: 1000n },
] as const)("$name", ({ Class, name, program, first, second }) => {
  it("a program sends what one socket receives out of another", async () => {
    const before = openKernelObjects();
    {
      using fixture = MapFixture.load("sockets");
      const sockets = fixture.map<BpfMap>(name, Class) as SockHash<number | bigint>;
      using one = await connection();
      using two = await connection();
      // The kernel looks at the map's programs when a socket is put in.
      using link = fixture.program(program).attach({ map: sockets });
      sockets.set(first, one.server);
      sockets.set(second, two.server);
      expect(link.closed).toBe(false);
      one.client.write("hello");
      const [data] = (await once(two.client, "data")) as [Buffer];
      expect(data.toString()).toBe("hello");
    }
    expect(openKernelObjects()).toEqual(before);
  });

  it("entries are cookies", async () => {
    using fixture = MapFixture.load("sockets");
    const sockets = fixture.map<BpfMap>(name, Class) as SockHash<number | bigint>;
    using one = await connection();
    using two = await connection();
    expect(sockets.get(first)).toBeUndefined();
    expect(sockets.delete(first)).toBe(false);
    expect(sockets.set(first, one.server)).toBe(true);
    expect(sockets.set(second, two.server, { flag: "exist" })).toBe(false);
    expect(sockets.set(second, two.server, { flag: "noExist" })).toBe(true);
    expect(sockets.set(second, two.server, { flag: "noExist" })).toBe(false);
    const cookie = sockets.get(first);
    expect(cookie).toBeGreaterThan(0n);
    expect(new Map(sockets)).toEqual(
      new Map<number | bigint, bigint | undefined>([
        [first, cookie],
        [second, sockets.get(second)],
      ]),
    );
    expect(sockets.size).toBe(2);
    expect(sockets.delete(first)).toBe(true);
    expect(sockets.has(first)).toBe(false);
    sockets.clear();
    expect([...sockets.keys()]).toEqual([]);
  });

  it("says what is no socket for it", async () => {
    using fixture = MapFixture.load("sockets");
    const sockets = fixture.map<BpfMap>(name, Class) as SockHash<number | bigint>;
    const file = openSync("/dev/null", "r");
    expect(() => sockets.set(first, file)).toThrow("the descriptor is no socket");
    closeSync(file);
    expect(() => sockets.set(first, 0xfffff)).toThrow("the descriptor is not open");
    const { client, server } = await connection();
    client.destroy();
    server.destroy();
    await once(server, "close");
    expect(() => sockets.set(first, server)).toThrow("the socket has no descriptor");
    expect(sockets.size).toBe(0);
  });
});

it("without an object", async () => {
  using hash = SockHash.create({ key: u32, maxEntries: 2 });
  using array = SockMap.create({ maxEntries: 2, name: "array" });
  using one = await connection();
  hash.set(77, one.client);
  array.set(1, one.client);
  expect(hash.get(77)).toBe(array.get(1));
  expect([...array.keys()]).toEqual([1]);
  expect(() => array.set(2, one.client)).toThrow('map "array": index 2 is not an integer from 0 to 1');
});

it("with values too small for cookies", async () => {
  using array = openMap(newMap(MapType.SOCKMAP, { key: 4, value: 4, entries: 2 }), { name: "small" }) as SockMap;
  using one = await connection();
  expect(array.set(1, one.client)).toBe(true);
  expect(() => array.get(1)).toThrow("the map's values must have 8 bytes: declare them as __u64");
  expect(array.set(1, one.client, { flag: "noExist" })).toBe(false);
  array.clear();
  expect(array.delete(1)).toBe(false);
});

describe("sockets that share a port", () => {
  it("others are refused", async () => {
    using group = ReuseportSockArray.create({ maxEntries: 2 });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      expect(() => group.set(0, server)).toThrow("sockets with SO_REUSEPORT");
      expect(group.get(0)).toBeUndefined();
      expect(group.delete(0)).toBe(false);
    } finally {
      server.close();
    }
  });

  it("have cookies", async (context) => {
    const root = mounts().find(({ type }) => type === "cgroup2")?.path;
    if (root === undefined) return context.skip("no cgroup hierarchy of version 2 is mounted");
    const fixture = MapFixture.loadOrSkip(context, "reuseport");
    const group = fixture.map("group", ReuseportSockArray);
    const link = fixture.program("share").attach({ cgroup: root });
    const server = createServer().listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      link.close();
      if (fixture.get("result") !== 0n)
        context.skip(`programs of this kernel set no SO_REUSEPORT: error ${String(fixture.get("result"))}`);
      expect(group.set(1, server)).toBe(true);
      expect(group.get(1)).toBeGreaterThan(0n);
      expect([...group.keys()]).toEqual([1]);
      expect(() => group.set(0, server)).toThrow("the socket is in such a map already");
      expect(group.delete(1)).toBe(true);
      expect(group.delete(1)).toBe(false);
    } finally {
      server.close();
      fixture[Symbol.dispose]();
    }
  });
});

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { loadCollectionSpec, loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { StructOpsMap } from "../maps/index.ts";
import { linkTypeProbe, mapTypeProbe } from "../features/index.ts";
import { LinkType, MapType } from "../uapi/index.ts";

const object = fileURLToPath(new URL("fixtures/congestion-control.el.o", import.meta.url));
const hasPython = spawnSync("python3", ["-c", ""]).status === 0;

let before: readonly string[];
let collection: Collection;

/** Structures of .struct_ops.link came with Linux 6.4; older kernels load the other one only. */
function load(...maps: string[]): void {
  collection = loadCollectionSync(loadCollectionSpec(object), { maps: [...maps, ".bss"], programs: [] });
}
const structure = (name: string): StructOpsMap => collection.maps.get(name) as StructOpsMap;
const calls = (): readonly bigint[] => collection.variables.get("calls")!.get() as bigint[];
const available = (): string[] =>
  readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");

/** Sends enough over a connection of this algorithm for its `cong_avoid` to be called. Node has no way of choosing one. */
async function transfer(algorithm: string): Promise<void> {
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const script = `
import socket, sys
s = socket.socket()
s.setsockopt(socket.IPPROTO_TCP, 13, sys.argv[2].encode())
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x" * 1000000)
s.close()`;
  const child = spawn("python3", ["-c", script, String(port), algorithm], { stdio: "inherit" });
  const status = await new Promise((resolve) => child.once("exit", resolve));
  expect(status).toBe(0);
  await new Promise((resolve) => server.close(resolve));
}

beforeEach((context) => {
  requireKernel(context);
  skipIfLacking(context, mapTypeProbe(MapType.STRUCT_OPS));
  before = openKernelObjects();
});
afterEach(() => {
  collection?.close();
  if (before !== undefined) expect(openKernelObjects()).toEqual(before);
  expect(available().filter((name) => name.startsWith("bpf_test"))).toEqual([]);
});

describe("structures of .struct_ops", () => {
  it("are registered until their link is closed, once", async () => {
    load("plain");
    const plain = structure("plain");
    expect(plain).toBeInstanceOf(StructOpsMap);
    expect(plain.isLinked).toBe(false);
    expect(plain.state).toBe("empty");
    {
      using link = plain.attach();
      expect(plain.state).toBe("registered");
      expect(available()).toContain("bpf_test_plain");
      if (hasPython) {
        await transfer("bpf_test_plain");
        expect(calls()[0]).toBeGreaterThan(0n);
      }
      expect(() => plain.attach()).toThrow('map "plain" is registered already');
      expect(() => link.info()).toThrow("before Linux 6.4");
      expect(() => link.replace(plain)).toThrow("put them into .struct_ops.link");
    }
    expect(available()).not.toContain("bpf_test_plain");
    expect(() => plain.attach()).toThrow(/is (unregistering|empty)|registered before/);
  });

  it("stay registered when the map is closed first", () => {
    load("plain");
    const link = structure("plain").attach();
    collection.close();
    expect(available()).toContain("bpf_test_plain");
    link.close();
    link.close();
    expect(link.closed).toBe(true);
  });

  it("a name that is taken", () => {
    load("plain");
    using _ = structure("plain").attach();
    using other = loadCollectionSync(loadCollectionSpec(object), { maps: ["plain"], programs: [] });
    expect(() => (other.maps.get("plain") as StructOpsMap).attach()).toThrow("a structure of this name is registered");
  });
});

describe("structures of .struct_ops.link", () => {
  beforeEach((context) => skipIfLacking(context, linkTypeProbe(LinkType.STRUCT_OPS)));

  it("are links, which can be made again", async () => {
    load("linked");
    const linked = structure("linked");
    expect(linked.isLinked).toBe(true);
    for (let round = 0; round < 2; round++) {
      using link = linked.attach();
      expect(linked.state).toBe("ready");
      expect(link.info()).toMatchObject({ type: LinkType.STRUCT_OPS });
      expect(available()).toContain("bpf_test_linked");
      expect(() => linked.attach()).toThrow(expect.objectContaining({ errno: "EEXIST" }));
    }
    expect(available()).not.toContain("bpf_test_linked");
    if (hasPython) {
      using _ = linked.attach();
      await transfer("bpf_test_linked");
      expect(calls()[1]).toBeGreaterThan(0n);
    }
  });

  it("are replaced by another of the same name", async () => {
    load("linked", "replacement");
    const [linked, replacement] = [structure("linked"), structure("replacement")];
    using link = linked.attach();
    link.replace(replacement);
    if (hasPython) {
      await transfer("bpf_test_linked");
      expect(calls()[1]).toBe(0n);
      expect(calls()[2]).toBeGreaterThan(0n);
    }
    expect(() => link.update(collection.programs.values().next().value!)).toThrow("call replace() with another map");
  });

  it("work with programs that are closed, through clones, and by id after", () => {
    load("linked");
    for (const program of collection.programs.values()) program.close();
    const linked = structure("linked");
    using clone = linked.clone();
    expect(() => clone.attach()).toThrow("does not know its content");
    linked.attach().close();
    using link = clone.attach();
    expect(link.id).toBeGreaterThan(0);
    using byId = StructOpsMap.fromId(linked.id);
    expect(byId.state).toBe("ready");
  });

  it("say that the kernel wants more of them", () => {
    load("incomplete");
    expect(() => structure("incomplete").attach()).toThrow("it lacks a function that is needed");
    expect(structure("incomplete").state).toBe("empty");
  });
});

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { bpfJson, runBpf } from "../../../../test/bpf-command.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { addAddress, createDevice, switchOn } from "../../../../test/network-device.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { NotSupportedError } from "../errors/index.ts";
import { links } from "../info/index.ts";
import type { Program } from "../programs/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { interfaceIndex } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { LinkType } from "../uapi/link-type.ts";

beforeEach(requireKernel);

const DEVICE = "links-netkit";
const PRIMARY_ADDRESS = "169.254.77.1";
const PEER_ADDRESS = "169.254.77.2";
const object = new URL("./fixtures/netkit.el.o", import.meta.url);

/** A pair of devices, switched on, and the programs for it. */
class Pair implements Disposable {
  readonly primary: number;
  readonly peer: number;
  #device: Disposable | undefined;
  readonly #collection: Collection;

  constructor(device: Disposable) {
    this.#device = device;
    this.primary = interfaceIndex(DEVICE);
    this.peer = Number(readFileSync(`/sys/class/net/${DEVICE}/iflink`, "utf8"));
    addAddress(this.primary, PRIMARY_ADDRESS);
    addAddress(this.peer, PEER_ADDRESS);
    for (const ifindex of [this.primary, this.peer]) switchOn(ifindex);
    this.#collection = loadCollectionSync(CollectionSpec.parse(readFileSync(object)));
  }

  static createOrSkip(context: TestContext): Pair {
    const device = createDevice("netkit", DEVICE);
    if (device === undefined) context.skip("this kernel has no netkit devices");
    return new Pair(device);
  }

  program(name: string): Program {
    return this.#collection.programs.get(name)!;
  }

  /** Which programs ran for a packet that the device with this address sends: a digit each. */
  async ran(address: string): Promise<string> {
    const variable = this.#collection.variables.get("ran")!;
    variable.set(0n);
    const socket = createSocket("udp4").bind(0, address);
    await once(socket, "listening");
    socket.setMulticastInterface(address);
    await new Promise((resolve) => socket.send(new Uint8Array(800), 9, "224.0.0.77", resolve));
    socket.close();
    // A packet is through when it is sent.
    return String(variable.get());
  }

  /** Takes the devices away; what is attached to them stays open. */
  deleteDevices(): void {
    this.#device?.[Symbol.dispose]();
    this.#device = undefined;
  }

  [Symbol.dispose](): void {
    this.#collection.close();
    this.deleteDevices();
  }
}

test("programs are refused by other devices", (context) => {
  using fixture = AttachFixture.loadOrSkip(context, "on_netkit");
  // The one failure is a reason to skip, the other is what is tested.
  let message: string | undefined;
  attachOrSkip(context, () => {
    try {
      fixture.program("on_netkit").attach({ interface: "lo" }).close();
    } catch (error) {
      if (error instanceof NotSupportedError) throw error;
      message = String(error);
    }
  });
  expect(message).toMatch(/interface "lo" is no netkit device/);
});

test("programs run in their order on what the primary device sends, and can be replaced", async (context) => {
  const before = openKernelObjects();
  {
    using pair = Pair.createOrSkip(context);
    const [first, second, dropping] = ["first", "second", "dropping"].map((name) => pair.program(name)) as [
      Program,
      Program,
      Program,
    ]; // as many as names
    using link = first.attach({ interface: DEVICE });
    expect(await pair.ran(PRIMARY_ADDRESS)).toBe("1");
    expect(() => first.attach({ interface: pair.primary })).toThrow("the same program is attached there already");
    expect(() => second.attach({ interface: DEVICE, before: dropping })).toThrow("is not attached there");
    {
      using _ = second.attach({ interface: pair.primary, before: link });
      expect(await pair.ran(PRIMARY_ADDRESS)).toBe("21");
    }
    {
      using _ = second.attach({ interface: DEVICE, after: "all" });
      expect(await pair.ran(PRIMARY_ADDRESS)).toBe("12");
      link.update(dropping);
      expect(await pair.ran(PRIMARY_ADDRESS)).toBe("3");
    }
    // What the peer sends is another list.
    expect(await pair.ran(PEER_ADDRESS)).toBe("0");
    link.close();
    expect(await pair.ran(PRIMARY_ADDRESS)).toBe("0");
  }
  expect(openKernelObjects()).toEqual(before);
});

test("programs of the peer are attached through the primary device", async (context) => {
  using pair = Pair.createOrSkip(context);
  const program = pair.program("on_peer");
  expect(() => program.attach({ interface: pair.peer })).toThrow(
    "is the peer of its pair; attach to the primary device",
  );
  using link = program.attach({ interface: DEVICE });
  expect(await pair.ran(PEER_ADDRESS)).toBe("4");
  expect(await pair.ran(PRIMARY_ADDRESS)).toBe("0");
  expect(link.info()).toMatchObject({ kind: "netkit", ifindex: pair.peer, attachType: AttachType.NETKIT_PEER });
});

test("links tell of themselves, and outlive their device", (context) => {
  using pair = Pair.createOrSkip(context);
  using link = pair.program("first").attach({ interface: DEVICE });
  const { id } = link;
  const info = {
    type: LinkType.NETKIT,
    id,
    programId: pair.program("first").id,
    kind: "netkit",
    ifindex: pair.primary,
    attachType: AttachType.NETKIT_PRIMARY,
  };
  expect(link.info()).toEqual(info);
  expect([...links()].find((other) => other.id === id)).toEqual(info);
  expect(bpfJson(["show", "link", String(id)])).toMatchObject({ kind: "netkit", ifindex: pair.primary });
  expect(runBpf(["show", "link", String(id)]).stdout).toContain(`netkit_primary ${DEVICE}`);
  pair.deleteDevices();
  expect(link.info()).toEqual({ ...info, ifindex: 0 });
  expect(() => link.update(pair.program("second"))).toThrow(/ENOLINK/);
});

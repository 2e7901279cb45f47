import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { LoadableSpec } from "../collection/index.ts";
import { NotSupportedError } from "../errors/index.ts";
import { has } from "../sys/index.ts";
import { xdpContexts, xdpLiveFrames } from "../features/index.ts";
import type { Program } from "./program.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const spec = LoadableSpec.parse(readFileSync(new URL("./fixtures/run-kinds.el.o", import.meta.url)), "run-kinds");

/** Skips where the kernel lacks the type of program, or runs none of it on request. */
async function use(
  context: TestContext,
  name: string,
  test: (program: Program) => void | Promise<void>,
): Promise<void> {
  using collection = await spec.load({ programs: [name], optionalPrograms: "all" });
  const program = collection.programs.get(name);
  if (program === undefined) return context.skip(collection.skipped.get(name)?.message);
  try {
    await test(program);
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
    context.skip(error.message);
  }
}

/** 14 bytes of Ethernet that say IPv4, 20 of IPv4, 20 more. */
const packet = new Uint8Array(54);
packet.set([0x08, 0x00, 0x45], 12);

describe("a test run of an XDP program", () => {
  it("has an interface, and metadata in front of the frame", (context) =>
    use(context, "interface_of", (program) => {
      const data = new Uint8Array(64);
      const run = program.run({ data, context: { ingressIfindex: 1, data: 4 } });
      expect(run.action).toBe("pass");
      expect(run.data?.[0]).toBe(0xee);
      expect(run.data).toHaveLength(64);
      expect(run.context).toEqual({
        data: 4,
        dataEnd: 64,
        dataMeta: 0,
        ingressIfindex: 1,
        rxQueueIndex: 0,
        egressIfindex: 0,
      });
      expect(program.run({ data, context: {} }).action).toBe("aborted");
    }));

  it("sends live frames", (context) =>
    use(context, "live", (program) => {
      const { action, data } = program.run({ data: packet, liveFrames: true, repeat: 200, batchSize: 16 });
      expect(action).toBeUndefined();
      expect(data).toHaveLength(0);
      expect(() => program.run({ data: packet, batchSize: 16 })).toThrow(/batches are for live frames/);
    }));

  it("can be measured", (context) =>
    use(context, "live", async (program) => {
      const { min, median, rounds } = await program.benchmark({ data: packet, rounds: 4, repeat: 1000 });
      expect(rounds).toHaveLength(4);
      expect(min).toBe(Math.min(...rounds));
      expect(median).toBeGreaterThanOrEqual(min);
      expect(median).toBeLessThanOrEqual(Math.max(...rounds));
      await expect(program.benchmark({ data: packet, rounds: 0 })).rejects.toThrow(
        /rounds is 0, and must be 1 or more/,
      );
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(program.benchmark({ data: packet, signal })).rejects.toThrow("enough");
    }));

  it("may happen on the thread pool", (context) =>
    use(context, "live", async (program) => {
      const runs = await Promise.all([program.runAsync({ data: packet }), program.runAsync({ data: packet })]);
      expect(runs.map(({ action }) => action)).toEqual(["drop", "drop"]);
      await expect(program.runAsync({ data: packet, liveFrames: true, batchSize: 1000 })).rejects.toThrow(
        /EINVAL|E2BIG/,
      );
      // Closing does not take it away from a run.
      const running = program.runAsync({ data: packet, repeat: 1000 });
      program.close();
      expect((await running).action).toBe("drop");
      await expect(program.runAsync({ data: packet })).rejects.toThrow(
        expect.objectContaining({ code: "ERR_BPF_CLOSED" }),
      );
    }));

  it("needs a frame, on every kernel", (context) =>
    use(context, "live", (program) => {
      for (const data of [undefined, new Uint8Array(13)]) {
        const options = data === undefined ? {} : { data };
        expect(() => program.run(options)).toThrow(/it needs `data` of at least 14 bytes, an Ethernet header/);
      }
    }));

  it("says what the kernel lacks for a context or for live frames", (context) =>
    use(context, "live", (program) => {
      if (!has(xdpContexts)) {
        expect(() => program.run({ data: packet, context: { dataEnd: 54 } })).toThrow(
          expect.objectContaining({ feature: xdpContexts.name, since: "5.15" }),
        );
      }
      if (!has(xdpLiveFrames)) {
        expect(() => program.run({ data: packet, liveFrames: true })).toThrow(
          expect.objectContaining({ feature: xdpLiveFrames.name, since: "5.18" }),
        );
      }
      context.skip(has(xdpContexts) && has(xdpLiveFrames), "this kernel has both");
    }));

  it("names the field of a context that is wrong", (context) =>
    use(context, "live", (program) => {
      const run = (values: object) => () => program.run({ data: packet, context: values });
      expect(run({ mark: 1 })).toThrow(/struct xdp_md of a test run has no field mark; it has data, dataEnd,/);
      expect(run({ ingressIfindex: -1 })).toThrow("ingressIfindex of struct xdp_md takes a u32, not -1");
      expect(run([1, 2])).toThrow(/EINVAL/);
    }));
});

it("looks sockets up", (context) =>
  use(context, "lookup", (program) => {
    const lookup = {
      family: 2,
      protocol: 6,
      remoteIp4: Uint8Array.of(1, 2, 3, 4),
      remotePort: 40_000,
      localIp4: Uint8Array.of(127, 0, 0, 1),
      localPort: 80,
    };
    const { action, context: after, data } = program.run({ context: lookup });
    expect(action).toBe("pass");
    expect(after).toMatchObject({ ...lookup, cookie: 0n, remoteIp6: new Uint8Array(16) });
    expect(data).toBeUndefined();
    expect(program.run({ context: { ...lookup, remotePort: 1 } }).action).toBe("drop");
    expect(() => program.run()).toThrow(/it needs a `context`/);
    expect(() => program.run({ context: lookup, data: packet })).toThrow(/programs of its type take no `data`/);
  }));

it("gives what a flow dissector found", (context) =>
  use(context, "dissect", (program) => {
    const { flowKeys, action } = program.run({ data: packet });
    expect(action).toBeUndefined();
    expect(flowKeys).toMatchObject({ nhoff: 14, ipProto: 17, dport: 53, addrProto: 0x800, nProto: 0x800 });
  }));

it("tells a netfilter program where the packet is", (context) =>
  use(context, "filter", (program) => {
    expect(program.run({ data: packet, context: { hook: 1, pf: 2 } }).action).toBe("accept");
    expect(program.run({ data: packet, context: { hook: 0, pf: 2 } }).action).toBe("drop");
    expect(program.run({ data: packet.subarray(14) }).action).toBe("drop");
    expect(() => program.run({ data: packet.subarray(0, 19) })).toThrow(/at least 20 bytes, an IP header/);
  }));

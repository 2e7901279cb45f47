/** The example that the documentation opens with, in both of its forms, as it stands there. */
import { ebpf } from "bpf-loader";
import { afterEach, beforeEach, expect, expectTypeOf, it } from "vitest";
import { counter, FlowKey, FlowStats } from "../golden/expected/counter.ts";
import { requireKernel } from "../kernel.ts";
import { openKernelObjects } from "../open-descriptors.ts";

let before: readonly string[] = [];
const packet = { data: new Uint8Array(64) };
const [saddr, daddr] = [1, 2];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});
afterEach(() => expect(openKernelObjects()).toEqual(before));

it("from generated bindings", async () => {
  using objs = await counter.load({ constants: { targetPid: 42 } });
  using link = objs.programs.countPackets.attach({ interface: "lo" });
  expect(link.fd).toBeGreaterThan(0);

  const seen: unknown[] = [];
  objs.programs.countPackets.run(packet);
  for await (const event of objs.maps.events) {
    seen.push(event.pid, event.comm);
    break;
  }
  expect(seen).toEqual([42, "counter"]);
  expect(objs.maps.flows.get({ saddr, daddr })).toEqual({ packets: 1n, bytes: 64n });
  expect(objs.maps.flows.get({ saddr, daddr: 3 })).toBeUndefined();
  expect(objs.variables.dropped).toBe(0n);
  expectTypeOf(objs.maps.flows.get({ saddr, daddr })).toEqualTypeOf<FlowStats | undefined>();
  expectTypeOf(objs.variables.dropped).toEqualTypeOf<bigint>();
  // @ts-expect-error no constant of that name
  await expect(counter.load({ constants: { targetPidd: 42 } })).rejects.toThrow('has no constant "targetPidd"');
  // @ts-expect-error a string for a number
  await expect(counter.load({ constants: { targetPid: "42" } })).rejects.toThrow("targetPid");
});

it("from the spec, in the words of the Go library", async () => {
  using others = await counter.load();
  const existing = others.maps.flows;

  const spec = await counter.spec();
  spec.rewriteConstants({ target_pid: 42 });
  using objs = await spec.loadAndAssign(
    {
      prog: ebpf.program("count_packets"),
      flows: ebpf.map("flows", FlowKey, FlowStats),
    },
    { mapReplacements: { flows: existing } },
  );
  expect(objs.prog.run(packet).returnValue).toBe(2);
  expect(existing.get({ saddr, daddr })).toEqual({ packets: 1n, bytes: 64n });
  expect(objs.flows.id).toBe(existing.id);
  expectTypeOf(objs.flows.get({ saddr, daddr })).toEqualTypeOf<FlowStats | undefined>();
});

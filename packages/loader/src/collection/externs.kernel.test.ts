import { readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { kernelIsAtLeast, kernelVersionCode } from "../sys/index.ts";
import { kernelConfigSource } from "./kernel-config-source.ts";
import { LoadableSpec } from "./loadable-spec.ts";

beforeEach(requireKernel);

const spec = (): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL("./fixtures/externs.el.o", import.meta.url)), "externs");

it("gives programs the kernel's configuration and symbols", async () => {
  const hz = Number(/^CONFIG_HZ=(\d+)$/m.exec(kernelConfigSource.config())?.[1]);
  using collection = await spec().load({
    constants: { version: kernelVersionCode(), hz, wrapper: kernelConfigSource.hasSyscallWrapper() },
  });
  expect(collection.programs.get("check")?.run({ data: new Uint8Array(64) }).returnValue).toBe(0);
  expect(collection.variables.get("address")?.get()).toBeGreaterThan(0xffff_0000_0000_0000n);
  expect(collection.maps.get(".kconfig")?.valueSize).toBeGreaterThan(0);
});

it("links kernel functions", async (context) => {
  context.skip(!kernelIsAtLeast("6.2"), "bpf_task_from_pid came with Linux 6.2");
  using collection = await spec().load({ programs: ["kernel_function"], maps: [] });
  expect(collection.programs.get("kernel_function")?.run().returnValue).toBe(0);
});

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { Btf } from "bpf-loader/btf";
import { CollectionSpec, minCoreBtf } from "bpf-loader/spec";
import { loadCollectionSync } from "../../packages/loader/src/index.ts";
import { requireKernel } from "../kernel.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";

beforeEach(requireKernel);

it("an object loads with nothing but the types that it needs", (context) => {
  context.skip(!existsSync(KERNEL), `the running kernel has no BTF: ${KERNEL} is missing`);
  const path = fileURLToPath(new URL("../../examples/execsnoop/execsnoop.bpf.o", import.meta.url));
  const spec = CollectionSpec.parse(new Uint8Array(readFileSync(path)), "execsnoop");
  const whole = Btf.parse(new Uint8Array(readFileSync(KERNEL)));
  const minimal = Btf.parse(minCoreBtf([spec], whole).bytes);
  using collection = loadCollectionSync(spec, { kernelTypes: minimal });
  expect(collection.programs.size).toBe(spec.programs.size);
  const empty = minCoreBtf([], whole);
  expect(() => loadCollectionSync(spec, { kernelTypes: empty }).close()).toThrow(/task_struct/);
});

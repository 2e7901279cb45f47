/** Structures of functions that modules define (since Linux 6.9), with the module in test/vm/module, which is loaded in machines only. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bpfJson } from "../../../../test/bpf-command.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { NotSupportedError } from "../errors/index.ts";
import { links } from "../info/index.ts";
import { StructOpsMap } from "../maps/index.ts";
import { LinkType } from "../uapi/index.ts";
import type { Collection } from "./collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";

const {
  TEST_MODULE = "",
  WHY_NO_TEST_MODULE = "it needs a module in the kernel, which npm run test:vm builds and loads",
} = process.env;
const spec = (): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL("./fixtures/module-structure.el.o", import.meta.url)), "module-structure");

let before: readonly string[] | undefined;

beforeEach((context) => {
  requireKernel(context);
  context.skip(TEST_MODULE === "", WHY_NO_TEST_MODULE);
  before = openKernelObjects();
  execFileSync("insmod", [TEST_MODULE]);
});

afterEach(async () => {
  if (before === undefined) return;
  expect(openKernelObjects()).toEqual(before);
  // Nothing of what was loaded holds on to the module.
  if (!isLoaded()) return;
  await expect.poll(() => readFileSync("/sys/module/bpf_loader_test/refcnt", "utf8")).toBe("0\n");
  execFileSync("rmmod", ["bpf_loader_test"]);
});

const isLoaded = (): boolean => existsSync("/sys/module/bpf_loader_test");
/** Has the kernel call what is registered. */
const answer = (): string => readFileSync("/sys/module/bpf_loader_test/parameters/answer", "utf8").trim();

function structure(collection: Collection, name: string): StructOpsMap {
  const map = collection.maps.get(name);
  if (!(map instanceof StructOpsMap)) throw new Error(`there is no structure ${name}`);
  return map;
}

it("are called once they are linked, with functions of the module that they call, and replaced", async () => {
  using collection = await spec().load();
  expect(answer()).toBe("nobody");
  const doubling = structure(collection, "doubling");
  {
    using link = doubling.attach();
    expect(answer()).toBe("41");
    expect(collection.variables.get("questions")?.get()).toBe(1);
    expect(link.info()).toMatchObject({ type: LinkType.STRUCT_OPS, kind: "structOps", mapId: doubling.id });
    expect([...links()].map(({ id }) => id)).toContain(link.id);
    // Its type is found among those of the module.
    expect(bpfJson(["dump", "map", String(doubling.id)])).toMatchObject([
      { value: { common: { state: 3 }, data: { weight: 20 } } },
    ]);
    expect(() => structure(collection, "negating").attach()).toThrow("there can be one only");
    link.replace(structure(collection, "negating"));
    expect(answer()).toBe("-7");
  }
  expect(answer()).toBe("nobody");
});

it("are registered by their value when they are not to be linked", async () => {
  using collection = await spec().load({ maps: ["registered"], programs: [] });
  expect([...collection.programs.keys()]).toEqual(["answer"]);
  using _ = structure(collection, "registered").attach();
  expect(answer()).toBe("7");
});

it("are kept by links that are pinned, and keep the module", async () => {
  const path = "/sys/fs/bpf/module-structure";
  using collection = await spec().load();
  using link = structure(collection, "doubling").attach();
  link.pin(path);
  collection.close();
  link.close();
  expect(answer()).toBe("41");
  expect(() => execFileSync("rmmod", ["bpf_loader_test"], { stdio: "pipe" })).toThrow("in use");
  link.unpin();
  // What was pinned goes a while after its name.
  await expect.poll(answer).toBe("nobody");
});

it("are not there without the module", async () => {
  execFileSync("rmmod", ["bpf_loader_test"]);
  await expect(spec().load()).rejects.toThrow(NotSupportedError);
  await expect(spec().load()).rejects.toThrow(
    'this kernel has no struct "loader_test_ops" that programs can implement',
  );
});
